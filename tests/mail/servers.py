"""Mail servers for what `sink` cannot do: any reply at any moment, and TLS."""

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

# It tells of every line otherwise, and of every handshake that fails.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

HANG_UP = "hang up"
SILENCE = "silence"
USUAL = {
    "GREETING": "220 raw.test ready",
    "EHLO": "250 raw.test",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 Go ahead",
    "END": "250 2.0.0 Kept",
    "RSET": "250 OK",
    "QUIT": "221 Bye",
}
PIPELINING = "250-raw.test\r\n250-PIPELINING\r\n250 SIZE"


@dataclass
class RawServer:
    """Says at each point what it is told to, whether or not it makes sense.

    `says` are replies by command, or GREETING, BODY (inside the letter) and END (the dot); HANG_UP
    closes the connection instead, SILENCE says nothing until the test ends. With `byte_by_byte`
    each byte is a packet. `chunks` are what the client wrote at once; `letters` what it sent.
    """

    says: dict[str, str]
    byte_by_byte: bool = False
    port: int = 0
    chunks: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def commands(self) -> list[str]:
        return [line.partition(" ")[0] for line in "".join(self.chunks).splitlines()]

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            self.connections += 1
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client, self._buffer = client, b""
            with client, suppress(ConnectionError, OSError):
                self._talk()

    def stop(self) -> None:
        self.over.set()
        with suppress(AttributeError, OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def _talk(self) -> None:
        self._say("GREETING")
        while True:
            line = self._read_until(b"\r\n", note=True)
            command = line.decode().split(" ")[0].upper()
            self._say(command)
            if command == "DATA" and self.says["DATA"].startswith("354"):
                if "BODY" in self.says:
                    self._client.recv(1)
                    return
                self.letters.append(self._read_until(b"\r\n.\r\n") + b"\r\n")
                self._say("END")

    def _read_until(self, end: bytes, *, note: bool = False) -> bytes:
        while end not in self._buffer:
            if not (chunk := self._client.recv(65536)):
                raise ConnectionError
            if note:
                self.chunks.append(chunk.decode())
            self._buffer += chunk
        read, _end, self._buffer = self._buffer.partition(end)
        return read

    def _say(self, moment: str) -> None:
        reply = self.says.get(moment, "502 5.5.2 What?")
        if reply == SILENCE:
            self.over.wait(20)
        if reply in (HANG_UP, SILENCE):
            raise ConnectionError
        data = reply.encode() + b"\r\n"
        size = 1 if self.byte_by_byte else len(data)
        for start in range(0, len(data), size):
            self._client.sendall(data[start : start + size])


@contextmanager
def raw_server(*, byte_by_byte: bool = False, **says: str) -> Iterator[RawServer]:
    server = RawServer({**USUAL, **says}, byte_by_byte)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=[listener], daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            # Closing it does not wake up who waits for a connection.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(20)


class Keeper:
    """What a real server got: letters, and the names and passwords that it was told."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.refusal: str | None = None

    def authenticate(
        self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=not self.refusal, handled=False, message=self.refusal)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(envelope.original_content)
        return "250 Kept"


@contextmanager
def real_server(
    *, implicit_tls: ssl.SSLContext | None = None, **options: Any
) -> Iterator[SimpleNamespace]:
    """aiosmtpd with the options given, and what it keeps; `implicit_tls` is for smtps."""
    keeper, loop = Keeper(), asyncio.new_event_loop()
    make: Callable[[], SMTP] = lambda: SMTP(  # noqa: E731
        keeper, hostname="real.test", loop=loop, authenticator=keeper.authenticate, **options
    )
    # A handshake that fails is what these tests are about.
    loop.set_exception_handler(lambda loop, context: None)
    server = loop.run_until_complete(loop.create_server(make, "127.0.0.1", 0, ssl=implicit_tls))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield SimpleNamespace(port=server.sockets[0].getsockname()[1], keeper=keeper)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.run_until_complete(_end_talks())
        loop.close()


async def _end_talks() -> None:
    talks = asyncio.all_tasks() - {asyncio.current_task()}
    for talk in talks:
        talk.cancel()
    await asyncio.gather(*talks, return_exceptions=True)
