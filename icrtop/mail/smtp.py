"""One connection to the mail server, with every step of a letter apart.

smtplib's own `sendmail` hides at which step a letter was refused, or the connection lost; and that
is what decides whether it may be sent again. It also asks each question by itself: a server that
offers PIPELINING (RFC 2920) gets those about the envelope together, and answers each.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.core.mail.utils import DNS_NAME

TIMEOUT_SECONDS = 10
# RFC 5321, 4.5.3.2.6: a server may look at a letter for a while before it answers. Hanging up too
# early is how letters come twice.
FINAL_REPLY_SECONDS = 60
# For an answer that may be here already.
SHORTEST_WAIT_SECONDS = 0.1

ENHANCED_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
GO_AHEAD = 354  # The server's answer to DATA.

SCHEMES = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


class Reply(NamedTuple):
    """What the server said: the code of RFC 5321, 4.2, and its text."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        return 500 <= self.code < 600

    @property
    def status(self) -> str:
        """The enhanced status code of RFC 3463, such as 5.7.1, or nothing."""
        match = ENHANCED_STATUS.match(self.text)
        return match[0] if match else ""


class Step(StrEnum):
    """Where in the course of a letter the server said something."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "END"


class Refusal(NamedTuple):
    """A letter that the server does not take, and at which step it said so."""

    step: Step
    reply: Reply


class ServerUnavailable(Exception):
    """The server is away, or does not want this connection. Nothing was said about a recipient."""


class LoginRefused(ServerUnavailable):
    """The server does not accept our name and password: waiting alone does not help."""


class LetterCutShort(ServerUnavailable):
    """The line dropped inside the letter: the server has not seen its end, and cannot accept it."""


class OutcomeUnknown(Exception):
    """The letter has left completely, and no answer came: the server may have accepted it."""


class Connection:
    """A connection ready for letters.

    Raises ServerUnavailable, also on 421 at any step before the end of a letter.
    """

    def __init__(self, url: str | None = None) -> None:
        self._smtp = _connect(url or settings.SMTP_URL)
        self._pipelining = self._smtp.has_extn("pipelining")
        self._unanswered: list[tuple[Step, str]] = []
        self.is_usable = True
        self.judged = 0  # How many letters it has answered for.
        with _as_unavailable():
            # The dot is written by itself, and must not wait until the rest has been acknowledged.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def quit(self) -> None:
        """Take leave. Only of a server that answers: any other may hang."""
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()

    def offer(self, sender: str, recipient: str) -> None:
        """Begin a letter: ask to send one from `sender`, where reports about it go."""
        self._unanswered = [
            (Step.MAIL, f"MAIL FROM:<{sender}>"),
            (Step.RCPT, f"RCPT TO:<{recipient}>"),
            (Step.DATA, "DATA"),
        ]
        if self._pipelining:
            self._write(*(line for _step, line in self._unanswered))

    def answer(self) -> Refusal | None:
        """What the server says to the offer. None: it waits for the letter.

        After a refusal the connection may be of no use any more: see `is_usable`.
        """
        refusal, reply = None, None
        try:
            for step, line in self._unanswered:
                if not self._pipelining:
                    self._write(line)
                reply = self._reply()
                fine = reply.code == GO_AHEAD if step is Step.DATA else reply.accepted
                if not (fine or refusal):
                    if not (reply.temporary or reply.permanent):
                        raise ServerUnavailable(f"No answer to {step}: {reply}")
                    refusal = Refusal(step, reply)
                if refusal and not self._pipelining:
                    break
            if refusal:
                self._forget(reply)
        except ServerUnavailable:
            if refusal is None:
                raise
            self.is_usable = False
        return refusal

    def send(self, letter: bytes, seconds: float = FINAL_REPLY_SECONDS) -> None:
        """Send the letter after the server agreed to it, in `seconds` at most.

        Raises LetterCutShort while the letter's end has not left, and OutcomeUnknown from then on.
        """
        # RFC 5321, 4.5.2: a line that begins with a dot gets another one.
        letter = letter.replace(b"\r\n.", b"\r\n..")
        if not letter.endswith(b"\r\n"):
            letter += b"\r\n"
        try:
            self._socket.settimeout(max(seconds, SHORTEST_WAIT_SECONDS))
            self._socket.sendall(letter)
        except (smtplib.SMTPException, OSError) as error:
            raise LetterCutShort(str(error)) from error
        try:
            self._socket.sendall(b".\r\n")
        except (smtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown(str(error)) from error

    def verdict(self, seconds: float = FINAL_REPLY_SECONDS) -> Reply:
        """The server's judgement of the letter. Raises OutcomeUnknown."""
        try:
            self._socket.settimeout(max(seconds, SHORTEST_WAIT_SECONDS))
            reply = _reply(self._smtp.getreply())
            self._socket.settimeout(TIMEOUT_SECONDS)
        except (smtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown(str(error)) from error
        if not (reply.accepted or reply.temporary or reply.permanent):
            raise OutcomeUnknown(str(reply))
        self.judged += 1
        return reply

    def close(self) -> None:
        """Hang up without a word."""
        self._smtp.close()

    def _forget(self, last: Reply | None) -> None:
        """Have the server forget a letter that it has refused."""
        if last and last.code == GO_AHEAD:
            # RFC 2920, 3.1: it waits for a letter to nobody. It gets none, and no other from us.
            self.is_usable = False
            return
        self._write("RSET")
        self._reply()
        self.judged += 1

    def _write(self, *lines: str) -> None:
        with _as_unavailable():
            self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode("ascii"))

    @property
    def _socket(self) -> socket.socket:
        if self._smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("The connection is closed.")
        return self._smtp.sock

    def _reply(self) -> Reply:
        with _as_unavailable():
            reply = _reply(self._smtp.getreply())
        # RFC 5321, 3.8: 421 announces that the server closes the connection.
        if reply.code == 421 or reply.code < 200:
            raise ServerUnavailable(str(reply))
        return reply


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ServerUnavailable(f"SMTP_URL begins with none of {', '.join(SCHEMES)}.")
    host, port = parts.hostname or "localhost", parts.port or SCHEMES[parts.scheme]
    with _as_unavailable():
        if parts.scheme == "smtps":
            tls = ssl.create_default_context()
            return _log_in(smtplib.SMTP_SSL(host, port, context=tls, **_options()), parts)
        server = smtplib.SMTP(host, port, **_options())
        if parts.scheme == "smtp+tls":
            server.starttls(context=ssl.create_default_context())
        return _log_in(server, parts)


def _log_in(server: smtplib.SMTP, parts: SplitResult) -> smtplib.SMTP:
    server.ehlo_or_helo_if_needed()
    if parts.username:
        try:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        except smtplib.SMTPAuthenticationError as error:
            reply = _reply((error.smtp_code, _bytes(error.smtp_error)))
            if reply.permanent:
                raise LoginRefused(str(reply)) from error
            raise
        except UnicodeError as error:
            raise LoginRefused("The name or the password has letters outside ASCII.") from error
    return server


def _options() -> dict[str, Any]:
    # Looking up this machine's name can take seconds; Django does it once.
    return {"local_hostname": str(DNS_NAME), "timeout": TIMEOUT_SECONDS}


def _reply(answer: tuple[int, bytes]) -> Reply:
    code, text = answer
    return Reply(code, text.decode("utf-8", "replace").replace("\0", ""))


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise ServerUnavailable(str(_reply((error.smtp_code, _bytes(error.smtp_error))))) from error
    # UnicodeError: a host whose name no look-up takes.
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise ServerUnavailable(str(error) or type(error).__name__) from error


def _bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text
