"""Reading a mailbox behind IMAP (RFC 3501), with as little of it as every server understands."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from newsletter.bounces.mailboxes import Address, MailboxAway
from newsletter.bounces.parsing import MOST_BYTES

TIMEOUT_SECONDS = 20.0
BATCH = 50


class ImapMailbox:
    """All mails of one mailbox on a server. It belongs to the site: what is read is removed."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.removed: list[str] = []

    def __enter__(self) -> Self:
        with self._errors():
            self.client = self._connect()
            try:
                self._log_in()
            except BaseException:
                self._hang_up()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            # After an error of the connection, nothing more can be said over it.
            if kind is None or not issubclass(kind, MailboxAway):
                with self._errors():
                    self._expunge()
                    self.client.logout()
        finally:
            self._hang_up()

    def mails(self) -> Iterator[tuple[str, bytes]]:
        seen: set[str] = set()
        kept = 0
        while True:
            with self._errors():
                number = self._select()
                first, last = kept + 1, min(kept + BATCH, number)
                # By their numbers, so that a full mailbox is not listed as a whole. The oldest
                # mail has the lowest.
                uids = self._search(f"{first}:{last}") if first <= last else []
            if not uids:
                return
            if seen.issuperset(uids):
                raise MailboxAway(f"{self.address.host} keeps mails that were deleted.")
            seen.update(uids)
            for uid in uids:
                with self._errors():
                    content = self._fetch(uid)
                if content is not None:
                    yield uid, content
            kept += len(uids) - len(set(uids) & set(self.removed))
            with self._errors():
                self._expunge()

    def remove(self, key: str) -> None:
        with self._errors():
            self._ok(self.client.uid("STORE", key, "+FLAGS.SILENT", r"(\Deleted)"))
        self.removed.append(key)

    def _connect(self) -> imaplib.IMAP4:
        host, port = self.address.host, self.address.port
        if self.address.scheme == "imap":
            return imaplib.IMAP4(host, port, timeout=TIMEOUT_SECONDS)
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=TIMEOUT_SECONDS)

    def _hang_up(self) -> None:
        with suppress(OSError):  # It may have been closed by the other side, or by logging out.
            self.client.shutdown()

    def _log_in(self) -> None:
        user, password = self.address.user, self.address.password
        if user.isascii() and password.isascii():
            self._ok(self.client.login(_quoted(user), password))
        else:
            plain = f"\0{user}\0{password}".encode()
            self._ok(self.client.authenticate("PLAIN", lambda _challenge: plain))

    def _select(self) -> int:
        """Open the mailbox, and learn how many mails are in it now."""
        data = self._ok(self.client.select(_quoted(self.address.path)))
        return int(data[0] or 0)

    def _search(self, numbers: str) -> list[str]:
        data = self._ok(self.client.uid("SEARCH", numbers))
        return [uid for line in data if line for uid in line.decode("ascii").split()]

    def _fetch(self, uid: str) -> bytes | None:
        """The beginning of a mail, without marking it as read. None: it is gone."""
        data = self._ok(self.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
        return next((bytes(one[1]) for one in data if isinstance(one, tuple)), None)

    def _expunge(self) -> None:
        if not self.removed:
            return
        uids, self.removed = ",".join(self.removed), []
        if "UIDPLUS" in self.client.capabilities:
            self._ok(self.client.uid("EXPUNGE", uids))
        else:
            self._ok(self.client.expunge())

    def _ok(self, answer: tuple[str, Any]) -> Any:
        status, data = answer
        if status != "OK":
            raise imaplib.IMAP4.error(re.sub(rb"[^ -~]", b"?", data[0] or b"").decode())
        return data

    def _errors(self) -> "_Errors":
        return _Errors(self.address.host)


def _quoted(text: str) -> str:
    """As imaplib writes a password, but neither a user nor a mailbox."""
    return '"{}"'.format(text.replace("\\", r"\\").replace('"', r"\""))


class _Errors:
    """Whatever goes wrong on the way to a server is one thing for who reads a mailbox."""

    def __init__(self, host: str) -> None:
        self.host = host

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A server that breaks the protocol is one whose answers imaplib trips over.
        away = (imaplib.IMAP4.error, OSError, ValueError, TypeError, IndexError, AttributeError)
        if isinstance(error, away) and not isinstance(error, MailboxAway):
            raise MailboxAway(f"{self.host}: {str(error) or type(error).__name__}") from error
