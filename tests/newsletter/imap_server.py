"""A small real IMAP server, which can also hang, hang up and break its word.

It knows what is needed to read a mailbox: LOGIN, AUTHENTICATE PLAIN, SELECT, UID SEARCH, UID FETCH
of a beginning, UID STORE of \\Deleted, EXPUNGE and UID EXPUNGE (RFC 3501, RFC 4315).
"""

import asyncio
import base64
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote

USER, PASSWORD = 'bounces of "us"@icrtop.example', 'pass "word" \\ 1'
SELECTED = {"UID SEARCH", "UID FETCH", "UID STORE", "EXPUNGE", "UID EXPUNGE"}
FETCH = re.compile(r"\(BODY\.PEEK\[\]<0\.(\d+)>\)\Z", re.IGNORECASE)


@dataclass
class Server:
    """What is in the mailbox, by UID, and how the server behaves."""

    mails: dict[int, bytes] = field(default_factory=dict)
    mailbox: str = "INBOX"
    uidplus: bool = True
    # Before the answer to this command it falls silent, or closes the connection; then never again.
    hangs_at: str = ""
    hangs_up_at: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    keeps_deleted: bool = False
    deleted: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    passwords: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0
    password: str = PASSWORD

    def put(self, *contents: bytes) -> None:
        for content in contents:
            uid = max(self.mails, default=100) + 1
            self.mails[uid] = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def url(self, *, user: str = USER, password: str = PASSWORD, scheme: str = "imap") -> str:
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"{scheme}://{login}@localhost:{self.port}/{quote(self.mailbox)}"


class Connection:
    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.logged_in = self.selected = False

    def say(self, line: str | bytes) -> None:
        self.writer.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    async def serve(self) -> None:
        await self.stumble("GREETING")
        self.say(self.server.answers.get("GREETING", "* OK ready"))
        while line := await self.reader.readline():
            tag, _space, rest = line.decode().strip().partition(" ")
            words = rest.split(" ", 2)
            name = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
            self.server.commands.append(name)
            await self.stumble(name)
            if name in self.server.answers:
                self.say(self.server.answers[name].replace("TAG", tag))
            else:
                result = await self.obey(name, rest)
                self.say(f"{tag} {result}")
            await self.writer.drain()
            if name == "LOGOUT":
                return

    async def stumble(self, name: str) -> None:
        server = self.server
        if server.hangs_at == name:
            server.hangs_at = ""
            await asyncio.Event().wait()
        if server.hangs_up_at == name:
            server.hangs_up_at = ""
            raise ConnectionAbortedError

    async def obey(self, name: str, rest: str) -> str:
        argument = rest.split(" ", 2 if name.startswith("UID") else 1)[-1]
        command = getattr(self, f"on_{name.lower().replace(' ', '_')}", None)
        if command is None or (name in SELECTED and not self.selected):
            return "BAD not now"
        return await command(argument) or "OK done"

    async def on_capability(self, _argument: str) -> None:
        extension = " UIDPLUS" if self.server.uidplus else ""
        self.say(f"* CAPABILITY IMAP4rev1 AUTH=PLAIN{extension}")

    async def on_login(self, argument: str) -> str:
        quoted = re.fullmatch(r'"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"', argument)
        return self.log_in(*(re.sub(r"\\(.)", r"\1", each) for each in quoted.groups()))

    async def on_authenticate(self, _argument: str) -> str:
        self.say("+ ")
        await self.writer.drain()
        plain = base64.b64decode(await self.reader.readline())
        return self.log_in(*plain.decode().split("\0")[1:])

    async def on_logout(self, _argument: str) -> None:
        self.say("* BYE")

    async def on_select(self, argument: str) -> str | None:
        if not self.logged_in or argument.strip('"') != self.server.mailbox:
            return "NO there is no such mailbox"
        self.selected = True
        self.say(f"* {len(self.server.mails)} EXISTS")
        return None

    async def on_uid_search(self, argument: str) -> str | None:
        first, last = (int(number) for number in argument.split(":"))
        if last > len(self.server.mails):
            return "BAD there are not so many"
        found = sorted(self.server.mails)[first - 1 : last]
        self.say(f"* SEARCH {' '.join(map(str, found))}".rstrip())
        return None

    async def on_uid_fetch(self, argument: str) -> None:
        uid, what = argument.split(" ", 1)
        if (content := self.server.mails.get(int(uid))) is None:
            return
        head = content[: int(FETCH.match(what)[1])]
        self.say(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(head)}}}".encode() + b"\r\n" + head + b")")

    async def on_uid_store(self, argument: str) -> None:
        self.server.deleted.add(int(argument.split()[0]))

    async def on_expunge(self, _argument: str) -> None:
        self.expunge(self.server.deleted)

    async def on_uid_expunge(self, argument: str) -> str | None:
        if not self.server.uidplus:
            return "BAD no such command"
        self.expunge({int(uid) for uid in argument.split(",")})
        return None

    def log_in(self, user: str, password: str) -> str:
        self.server.passwords.append((user, password))
        self.logged_in = password == self.server.password
        return "OK welcome" if self.logged_in else "NO [AUTHENTICATIONFAILED] who are you"

    def expunge(self, uids: set[int]) -> None:
        for uid in uids & self.server.deleted:
            if not self.server.keeps_deleted:
                self.server.mails.pop(uid, None)
                self.say("* 1 EXPUNGE")
        self.server.deleted -= uids


@contextmanager
def running(*, tls: ssl.SSLContext | None = None, **options: object) -> Iterator[Server]:
    """Serve on a free port of this machine until the block ends."""
    server, loop = Server(**options), asyncio.new_event_loop()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await Connection(server, reader, writer).serve()
        writer.close()

    listening = loop.run_until_complete(asyncio.start_server(connected, "localhost", 0, ssl=tls))
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
