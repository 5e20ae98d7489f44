"""Small text files that go with a letter, such as the entry for a calendar."""

import base64
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from icrtop.mail.headers import InvalidMessage, folded

# All of them together: each recipient gets them, and the outbox keeps them.
MAX_BYTES = 200_000
FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
# PostgreSQL has no NUL, and UTF-8 no half of a character.
UNWRITABLE = re.compile(r"[\0\ud800-\udfff]")
CONTENT_TYPE = re.compile(r"text/[a-z0-9.+-]+(; [a-z]+=[A-Za-z0-9-]+)*")


@dataclass(frozen=True)
class Attachment:
    """A text, the same for every recipient, that is sent in UTF-8 as it stands.

    `content_type` is written whole: `text/calendar; charset=utf-8; method=PUBLISH`.
    """

    filename: str
    content_type: str
    content: str

    @property
    def size(self) -> int:
        """How many bytes it has before it is encoded for the letter."""
        return len(self.content.encode())


def as_rows(attachments: Sequence[Attachment]) -> list[dict[str, Any]]:
    """What a message keeps of its attachments.

    Raises InvalidMessage for a name or a type that could break a header, and for more than 200 KB.
    """
    for one in attachments:
        if not (FILENAME.fullmatch(one.filename) and CONTENT_TYPE.fullmatch(one.content_type)):
            raise InvalidMessage(_("The attachment %r cannot be sent.") % one.filename)
        if UNWRITABLE.search(one.content):
            raise InvalidMessage(
                _("The attachment %r contains a character that cannot be written.") % one.filename
            )
    if sum(one.size for one in attachments) > MAX_BYTES:
        raise InvalidMessage(_("The attachments have more than %d bytes.") % MAX_BYTES)
    return [asdict(one) for one in attachments]


def from_rows(rows: Sequence[dict[str, Any]]) -> list[Attachment]:
    """The attachments that a message keeps."""
    return [Attachment(**row) for row in rows]


def encoded(attachment: Attachment) -> bytes:
    """The part of a letter that an attachment is, with its headers (RFC 2183, RFC 2045)."""
    head = [
        folded("Content-Type", attachment.content_type),
        folded("Content-Disposition", f'attachment; filename="{attachment.filename}"'),
        "Content-Transfer-Encoding: base64\r\n\r\n",
    ]
    content = base64.encodebytes(attachment.content.encode()).replace(b"\n", b"\r\n")
    return "".join(head).encode() + content
