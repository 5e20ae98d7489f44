"""Reading a Maildir, into which a mail server on this machine delivers."""

import logging
import mailbox
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from newsletter.bounces.mailboxes import MailboxAway
from newsletter.bounces.parsing import MOST_BYTES

logger = logging.getLogger(__name__)


class MaildirMailbox:
    """All mails of a Maildir, new and seen. It belongs to the site: what is read is removed."""

    def __init__(self, path: str) -> None:
        """Raises MailboxAway where there is none."""
        self.path = path
        try:
            self.maildir = mailbox.Maildir(path, create=False)
        except mailbox.NoSuchMailboxError as error:
            # The first mail that is delivered makes it.
            raise MailboxAway(f"There is no Maildir {path} yet.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to close."""

    def mails(self) -> Iterator[tuple[str, bytes]]:
        try:
            keys = sorted(self.maildir.keys(), key=_age)
        except OSError as error:
            raise MailboxAway(f"{self.path}: {error.strerror}") from error
        for key in keys:
            try:
                with self.maildir.get_file(key) as file:
                    content = file.read(MOST_BYTES)
            except (KeyError, FileNotFoundError):  # Somebody else has removed it.
                continue
            except OSError as error:
                logger.error("%s in %s cannot be read: %s", key, self.path, error.strerror)
                continue
            yield key, content

    def remove(self, key: str) -> None:
        try:
            self.maildir.discard(key)
        except OSError as error:
            raise MailboxAway(f"{self.path}: {error.strerror}") from error


def _age(key: str) -> tuple[int, str]:
    """When a mail was delivered: the name of its file begins with the second."""
    second = Path(key).name.partition(".")[0]
    return (int(second) if second.isdecimal() and len(second) < 20 else 0, key)
