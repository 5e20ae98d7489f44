"""The mailbox that reports come to, as BOUNCE_MAILBOX names it: a Maildir, or one behind IMAP."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit

SCHEMES = ("maildir", "imaps", "imap")
HERE = ("localhost", "127.0.0.1", "::1")
PORTS = {"imaps": 993, "imap": 143}


class WrongMailbox(ValueError):
    """BOUNCE_MAILBOX names no mailbox that can be read; the message says why."""


class MailboxAway(Exception):
    """The mailbox cannot be read now. What is in it stays, for the next time."""


class Mailbox(AbstractContextManager["Mailbox"], Protocol):
    """Mails that are waiting. Both methods raise MailboxAway."""

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """Each mail with its key, oldest first; of a long one, the beginning."""

    def remove(self, key: str) -> None:
        """Remove a mail that `mails` has just given."""


@dataclass(frozen=True)
class Address:
    """What BOUNCE_MAILBOX says. `path` is a folder, or the name of a mailbox on the server."""

    scheme: str
    path: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> Self:
        """Read an address such as imaps://user:password@host:993/INBOX. Raises WrongMailbox."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            # Not what the error says: that may be a part of the password.
            raise WrongMailbox(
                "It cannot be read. Characters such as @, / or : in a password are to be "
                "percent-encoded."
            ) from error
        if parts.scheme not in SCHEMES:
            raise WrongMailbox(f"It begins with none of {', '.join(f'{s}:' for s in SCHEMES)}.")
        path = unquote(parts.path)
        if parts.scheme == "maildir":
            if parts.netloc or not path.startswith("/") or not path.strip("/"):
                raise WrongMailbox("Write a Maildir as maildir:///absolute/path.")
            return cls("maildir", path)
        if not (parts.hostname and parts.username and parts.password):
            raise WrongMailbox("A host, a user and a password are needed.")
        if parts.scheme == "imap" and parts.hostname not in HERE and not _insecure(parts.query):
            raise WrongMailbox(
                "imap: sends the password in the clear. Use imaps:, or add ?insecure=1 if the "
                "network is your own."
            )
        name = path.removeprefix("/") or "INBOX"
        if not name.isascii() or not name.isprintable():
            raise WrongMailbox("The name of the mailbox has letters that IMAP writes otherwise.")
        return cls(
            parts.scheme,
            name,
            parts.hostname,
            port or PORTS[parts.scheme],
            unquote(parts.username),
            unquote(parts.password),
        )


def open_mailbox(url: str) -> Mailbox:
    """Open the mailbox of an address. Raises WrongMailbox, MailboxAway."""
    from newsletter.bounces.imap import ImapMailbox
    from newsletter.bounces.maildir import MaildirMailbox

    address = Address.of(url)
    if address.scheme == "maildir":
        return MaildirMailbox(address.path)
    return ImapMailbox(address)


def _insecure(query: str) -> bool:
    return parse_qs(query).get("insecure") == ["1"]
