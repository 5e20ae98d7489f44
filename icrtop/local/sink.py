"""A mail server that delivers nothing: it keeps every letter as a file, to be read at /dev/mail/.

Run by the supervisor as `python -m icrtop.local.sink FOLDER FD`, with a bound socket as FD.
"""

import asyncio
import os
import secrets
import signal
import socket
import sys
import time
from email.header import Header
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

KEPT_LETTERS = 1000
LARGEST_LETTER = 32 * 1024 * 1024


class Keeper:
    """Writes each accepted letter into a folder, and drops the oldest beyond KEPT_LETTERS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 # aiosmtpd's name
        try:
            name = keep(
                self.folder,
                envelope.mail_from or "",
                [str(address) for address in envelope.rcpt_tos],
                envelope.original_content or b"",
            )
        except OSError as error:
            return f"452 4.3.1 The letter could not be kept: {error.strerror}"
        return f"250 2.0.0 Kept as {name}"


def keep(folder: Path, sender: str, recipients: list[str], content: bytes) -> str:
    """Write a letter, headed by its envelope, at once and whole; return the name of its file."""
    envelope = [("X-Envelope-From", sender), *(("X-Envelope-To", to) for to in recipients)]
    head = "".join(f"{name}: {_header(value)}\r\n" for name, value in envelope)
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
    temporary = folder / f".{name}.part"
    temporary.write_bytes(head.encode("ascii") + content)
    temporary.rename(folder / name)
    for old in sorted(folder.glob("*.eml"))[:-KEPT_LETTERS]:
        old.unlink(missing_ok=True)
    return name


def _header(value: str) -> str:
    return value if value.isascii() else Header(value, "utf-8", maxlinelen=10_000).encode()


async def serve(folder: Path, listener: socket.socket) -> None:
    """Receive letters until SIGTERM."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(
            Keeper(folder),
            data_size_limit=LARGEST_LETTER,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="local letters",
            loop=loop,
        ),
        sock=listener,
    )
    await stopped.wait()
    server.close()


def main() -> None:
    folder = Path(sys.argv[1])
    os.umask(0o077)
    listener = socket.socket(fileno=int(sys.argv[2]))
    asyncio.run(serve(folder, listener))


if __name__ == "__main__":
    main()
