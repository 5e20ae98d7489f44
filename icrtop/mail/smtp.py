"""One connection to the mail server, with every step of a letter apart.

smtplib's own `sendmail` hides at which step a letter was refused, or the connection lost; and that
is what decides whether it may be sent again.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.core.mail.utils import DNS_NAME

TIMEOUT_SECONDS = 10
# RFC 5321, 4.5.3.2.6: a server may look at a letter for a while before it answers. Hanging up too
# early is how letters come twice.
FINAL_REPLY_SECONDS = 60

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


class ServerUnavailable(Exception):
    """The server is away, or does not want this connection. Nothing was said about a recipient."""


class LetterCutShort(ServerUnavailable):
    """The line dropped inside the letter: the server has not seen its end, and cannot accept it."""


class OutcomeUnknown(Exception):
    """The letter has left completely, and no answer came: the server may have accepted it."""


class Connection:
    """A connection ready for letters. Raises ServerUnavailable, also on 421 at any step."""

    def __init__(self, url: str | None = None) -> None:
        self._smtp = _connect(url or settings.SMTP_URL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Only a connection that nothing happened to is worth the farewell; any other may hang.
        if error is None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._smtp.close()

    def mail(self, sender: str) -> Reply:
        """Begin a letter, naming where reports about it go."""
        return self._command("MAIL", f"FROM:<{sender}>")

    def recipient(self, address: str) -> Reply:
        return self._command("RCPT", f"TO:<{address}>")

    def data(self) -> Reply:
        """Ask to send the letter itself; the server agrees with 354."""
        return self._command("DATA")

    def reset(self) -> None:
        """Forget the letter that was begun."""
        self._command("RSET")

    def send(self, letter: bytes) -> Reply:
        """Send the letter after the server agreed to DATA, and return its judgement.

        Raises LetterCutShort while the letter's end has not left, and OutcomeUnknown from then on.
        """
        # RFC 5321, 4.5.2: a line that begins with a dot gets another one.
        letter = letter.replace(b"\r\n.", b"\r\n..")
        if not letter.endswith(b"\r\n"):
            letter += b"\r\n"
        try:
            self._socket.sendall(letter)
        except (smtplib.SMTPException, OSError) as error:
            raise LetterCutShort(str(error)) from error
        try:
            self._socket.settimeout(FINAL_REPLY_SECONDS)
            self._socket.sendall(b".\r\n")
            reply = _reply(self._smtp.getreply())
            self._socket.settimeout(TIMEOUT_SECONDS)
        except (smtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown(str(error)) from error
        if not (reply.accepted or reply.temporary or reply.permanent):
            raise OutcomeUnknown(str(reply))
        return reply

    @property
    def _socket(self) -> socket.socket:
        if self._smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("The connection is closed.")
        return self._smtp.sock

    def _command(self, name: str, argument: str = "") -> Reply:
        with _as_unavailable():
            reply = _reply(self._smtp.docmd(name, argument))
        # RFC 5321, 3.8: 421 announces that the server closes the connection.
        if reply.code == 421 or reply.code < 200:
            raise ServerUnavailable(str(reply))
        return reply


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ServerUnavailable(f"SMTP_URL begins with none of {', '.join(SCHEMES)}.")
    host, port = parts.hostname or "localhost", parts.port or SCHEMES[parts.scheme]
    tls = ssl.create_default_context()
    with _as_unavailable():
        if parts.scheme == "smtps":
            return _log_in(smtplib.SMTP_SSL(host, port, context=tls, **_options()), parts)
        server = smtplib.SMTP(host, port, **_options())
        if parts.scheme == "smtp+tls":
            server.starttls(context=tls)
        return _log_in(server, parts)


def _log_in(server: smtplib.SMTP, parts: SplitResult) -> smtplib.SMTP:
    server.ehlo_or_helo_if_needed()
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
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
    except (smtplib.SMTPException, OSError) as error:
        raise ServerUnavailable(str(error) or type(error).__name__) from error


def _bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text
