"""A PostgreSQL and a Valkey of these tests alone, which they may stop, kill and start again."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from icrtop.local.folders import make_folder, outside_folder
from icrtop.local.postgres import Postgres
from icrtop.local.supervisor import Child, Supervisor
from icrtop.local.valkey import start_valkey

STOP_SECONDS = 60


class Children(Supervisor):
    """A supervisor that leaves signals to pytest."""

    def __enter__(self) -> "Children":
        return self

    def _sleep(self, seconds: float | None) -> None:
        time.sleep(seconds or 0.1)


class Servers:
    """Both servers; PostgreSQL as in production, which loses nothing that it has committed."""

    def __init__(self, children: Children, var: Path) -> None:
        self.children = children
        self.var = var
        self.postgres = Postgres(children, var)
        self.database_url = ""
        self.redis_url = ""

    def start(self) -> None:
        """Start those of the two that do not run."""
        if not self._running("PostgreSQL"):
            self.start_postgres()
        if not self._running("Valkey"):
            self.start_valkey()

    def start_postgres(self) -> None:
        self.database_url = self.postgres.start()

    def stop_postgres(self) -> None:
        """End it in order, whoever is connected."""
        self._end("PostgreSQL", signal.SIGINT)

    def kill_postgres(self) -> None:
        self._end("PostgreSQL", signal.SIGKILL)

    def start_valkey(self) -> None:
        self.redis_url = start_valkey(self.children, self.var)

    def kill_valkey(self) -> None:
        self._end("Valkey", signal.SIGKILL)

    def _running(self, name: str) -> bool:
        return any(child.name == name and child.running for child in self.children.children)

    def _end(self, name: str, number: signal.Signals) -> None:
        child = self._child(name)
        # Of a server that is killed, its parts are killed too, as when a machine loses its power.
        if number == signal.SIGKILL:
            os.killpg(child.process.pid, number)
        else:
            child.process.send_signal(number)
        child.process.wait(STOP_SECONDS)
        self.children.children.remove(child)

    def _child(self, name: str) -> Child:
        return next(child for child in self.children.children if child.name == name)


@contextmanager
def running_servers() -> Iterator[Servers]:
    # A place that PostgreSQL can reach when root has it run as somebody else.
    var = Path(tempfile.mkdtemp(prefix="icrtop-faults-"))
    var.chmod(0o755)
    try:
        with Children(make_folder(var / "log")) as children:
            servers = Servers(children, var)
            servers.start()
            yield servers
    finally:
        shutil.rmtree(var, ignore_errors=True)
        shutil.rmtree(outside_folder(var), ignore_errors=True)
