"""A mail server that keeps what it accepts, and misbehaves on command."""

import asyncio
import logging
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

# It tells of every line, and warns of passwords without TLS.
logging.getLogger("mail.log").setLevel(logging.ERROR)

HANG_UP = "hang up"
USER = "site"
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Received:
    sender: str
    recipient: str
    content: bytes

    @property
    def letter(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def message_id(self) -> str:
        return BytesHeaderParser().parsebytes(self.content)["Message-ID"]


@dataclass
class Hold:
    """Connections that reach this step wait there, once so many letters have been accepted."""

    step: str
    after: int
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Sink:
    """`letters` are those accepted, in order.

    `answer(step, ...)` sets the next answers at a step: BANNER, MAIL, RCPT, DATA (the command),
    BODY (inside the letter, HANG_UP only) or END (the dot). `refused` are answers to addresses.
    After 421 the connection is closed. `hold(step)` leaves whoever gets there without an answer,
    which looks like a server that hangs, until `let_go()`. At END the letter has been accepted
    before; at DOT it has not, and never will be if the other side hangs up meanwhile.
    """

    port: int = 0
    letters: list[Received] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    # How many connections are open, and how many of them wait in a hold.
    open: int = 0
    held: int = 0
    # What the server says of itself, and its limits; None is none.
    pipelining: bool = False
    password: str | None = None
    most_connections: int | None = None
    letters_per_connection: int | None = None
    _script: dict[str, deque[tuple[int, str | None]]] = field(default_factory=dict)
    _hold: Hold | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        login = f"{USER}:{self.password}@" if self.password else ""
        return f"smtp://{login}127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [received.recipient for received in self.letters]

    def answer(self, step: str, *answers: str | None, after: int = 0) -> None:
        """Set the next answers at a step, from when so many letters have been accepted."""
        self._script.setdefault(step, deque()).extend((after, answer) for answer in answers)

    def next(self, step: str) -> str | None:
        answers = self._script.get(step)
        if not answers or answers[0][0] > len(self.letters):
            return None
        return answers.popleft()[1]

    def hold(self, step: str, *, after: int = 0) -> None:
        self.let_go()
        self._hold = Hold(step, after)

    def let_go(self) -> None:
        """Answer everybody who was held, and hold nobody any more."""
        hold, self._hold = self._hold, None
        if hold:
            self._loop.call_soon_threadsafe(hold.over.set)

    def wait_until(
        self, condition: Callable[[], object], seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Wait for a condition of this server, such as `lambda: sink.held == 4`."""
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                raise AssertionError(
                    f"Waited in vain: {len(self.letters)} letters, {self.open} connections open, "
                    f"{self.held} of them held."
                )

    def wait_until_somebody_is_held(self) -> None:
        self.wait_until(lambda: self.held)

    def reset(self, password: str | None = None) -> None:
        """Be as new, at the same address."""
        self.let_go()
        self.password = password
        self.letters, self.refused, self._script = [], {}, {}
        self.connections = 0
        self.pipelining = False
        self.most_connections = self.letters_per_connection = None

    def holds(self, step: str) -> bool:
        hold = self._hold
        return bool(hold and hold.step == step and len(self.letters) >= hold.after)

    async def stay(self, step: str) -> None:
        """Wait here if whoever comes to this step is held."""
        hold = self._hold
        if hold is None or not self.holds(step):
            return
        self._change(held=1)
        try:
            await hold.over.wait()
        finally:
            self._change(held=-1)

    def _change(self, **by: int) -> None:
        with self._changed:
            for name, number in by.items():
                setattr(self, name, getattr(self, name) + number)
            self._changed.notify_all()

    def _accept(self, received: Received) -> None:
        with self._changed:
            self.letters.append(received)
            self._changed.notify_all()

    def authenticate(self, server, session, envelope, mechanism, login) -> AuthResult:
        given = (login.login.decode(), login.password.decode())
        return AuthResult(success=given == (USER, self.password), handled=False)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        return [*responses[:-1], *["250-PIPELINING"] * self.pipelining, responses[-1]]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        answer = await server.scripted("MAIL")
        if not answer:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = await server.scripted("RCPT") or self.refused.get(address)
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        received = Received(envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content)
        answer = self.next("END")
        if answer is None or answer == HANG_UP:
            await self.stay("DOT")
            server.letters += 1
            self._accept(received)
            # From here on the letter is ours, whether the other side hears of it or not.
            await self.stay("END")
        if answer == HANG_UP:
            server.transport.abort()
        return answer or "250 Kept"


class Server(SMTP):
    """One connection."""

    event_handler: Sink

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letters = 0
        self.has_begun = asyncio.Event()

    async def scripted(self, step: str) -> str | None:
        await self.event_handler.stay(step)
        answer = self.event_handler.next(step)
        if answer == HANG_UP:
            self.transport.abort()
        return answer

    async def push(self, status: str | bytes) -> None:
        await super().push(status)
        if status[:3] in ("421", b"421"):
            self.transport.close()
        if status[:3] in ("354", b"354"):
            if self.event_handler.next("BODY"):
                self.transport.abort()
            # No more is read of a letter that has begun, so that the other side is stuck in it.
            self.has_begun = asyncio.Event()
            if self.event_handler.holds("BODY"):
                await self.has_begun.wait()
                await self.event_handler.stay("BODY")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.has_begun.set()

    async def _handle_client(self) -> None:
        sink = self.event_handler
        sink._change(open=1, connections=1)
        try:
            if sink.most_connections is not None and sink.open > sink.most_connections:
                await self.push("421 4.7.0 Too many connections")
            elif (answer := await self.scripted("BANNER")) is None:
                await super()._handle_client()
            elif answer != HANG_UP:
                await self.push(answer)
                self.transport.close()
        finally:
            sink._change(open=-1)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        if self.letters == self.event_handler.letters_per_connection:
            await self.push("421 4.7.0 Enough letters for one connection")
            return
        await super().smtp_MAIL(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.envelope.rcpt_tos and (answer := await self.scripted("DATA")):
            if answer != HANG_UP:
                await self.push(answer)
            return
        await super().smtp_DATA(arg)


@contextmanager
def running_sink(password: str | None = None) -> Iterator[Sink]:
    """Serve on a free port until the block ends; with a password, to who knows it."""
    loop = asyncio.new_event_loop()
    sink = Sink(password=password, _loop=loop)

    def connection() -> Server:
        with warnings.catch_warnings(action="ignore"):  # Of a password without TLS.
            return Server(
                sink,
                hostname="sink.test",
                data_size_limit=2**26,
                loop=loop,
                authenticator=sink.authenticate,
                auth_required=sink.password is not None,
                auth_require_tls=sink.password is None,
            )

    # aiosmtpd's own Controller greets itself first, which a scripted banner would be spent on.
    server = loop.run_until_complete(loop.create_server(connection, "127.0.0.1", 0))
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(_cancel_all(loop))
        loop.close()


async def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    others = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
