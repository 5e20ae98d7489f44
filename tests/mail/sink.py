"""A mail server that keeps what it accepts, and misbehaves on command."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP

HANG_UP = "hang up"


@dataclass(frozen=True)
class Received:
    sender: str
    recipient: str
    content: bytes

    @property
    def letter(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class Sink:
    """`letters` are those accepted, in order.

    `answer(step, ...)` sets the next answers at a step: BANNER, MAIL, RCPT, DATA (the command),
    BODY (inside the letter, HANG_UP only) or END (the dot). `refused` are answers to addresses.
    """

    port: int = 0
    letters: list[Received] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    # For tests that look at the other side, or kill it, while the dot is unanswered.
    hold_end: bool = False
    at_end: threading.Event = field(default_factory=threading.Event)
    _script: dict[str, deque[str | None]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [received.recipient for received in self.letters]

    def answer(self, step: str, *answers: str | None) -> None:
        self._script.setdefault(step, deque()).extend(answers)

    def next(self, step: str) -> str | None:
        answers = self._script.get(step)
        return answers.popleft() if answers else None

    def let_go(self) -> None:
        """Answer the dot that was held."""
        loop, held = self._held
        loop.call_soon_threadsafe(held.set_result, None)

    async def _released(self, loop: asyncio.AbstractEventLoop) -> None:
        self._held = (loop, loop.create_future())
        # Only now: whoever waits for it may let go at once.
        self.at_end.set()
        await self._held[1]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return await server.scripted("MAIL") or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = await server.scripted("RCPT") or self.refused.get(address)
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        received = Received(envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content)
        if self.hold_end:
            # Kept, but the other side never hears of it.
            self.letters.append(received)
            await self._released(asyncio.get_running_loop())
            return "250 Kept"
        answer = self.next("END")
        if answer is None or answer == HANG_UP:
            self.letters.append(received)
        if answer == HANG_UP:
            server.transport.abort()
        return answer or "250 Kept"


class Server(SMTP):
    event_handler: Sink

    async def scripted(self, step: str) -> str | None:
        answer = self.event_handler.next(step)
        if answer == HANG_UP:
            self.transport.abort()
        return answer

    async def _handle_client(self) -> None:
        self.event_handler.connections += 1
        if answer := await self.scripted("BANNER"):
            if answer != HANG_UP:
                await self.push(answer)
                self.transport.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if answer := await self.scripted("DATA"):
            if answer != HANG_UP:
                await self.push(answer)
            return
        if self.event_handler.next("BODY"):
            await self.push("354 Go ahead")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


@contextmanager
def running_sink() -> Iterator[Sink]:
    """Serve on a free port until the block ends."""
    sink = Sink()
    loop = asyncio.new_event_loop()
    # aiosmtpd's own Controller greets itself first, which a scripted banner would be spent on.
    server = loop.run_until_complete(
        loop.create_server(
            lambda: Server(sink, hostname="sink.test", data_size_limit=2**26, loop=loop),
            "127.0.0.1",
            0,
        )
    )
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
