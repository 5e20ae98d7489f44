"""What a file really is, read from its content.

Nothing is run, drawn or converted: files are only looked at, within bounds. What passes is still a
stranger's file, which is why it is only ever given out as a download.
"""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from members.documents.images import check_jpeg, check_png
from members.documents.pdf import check_pdf
from members.documents.refusing import DAMAGED, TWO_THINGS, Refused, unknown_kind
from members.documents.word import check_word

MOST_BYTES = 10 * 1024 * 1024
START_BYTES = 1024

EMPTY = _("This file is empty: it has 0 bytes. Choose the file again, or save it anew.")
TOO_LARGE = _(
    "This file is larger than 10 MB. Scan it in black and white or at 150 dots per inch, or save "
    "it as a smaller PDF, and send that."
)


@dataclass(frozen=True)
class Kind:
    """A kind of file that is taken, known by how it begins."""

    content_type: str
    extension: str
    signature: bytes
    check: Callable[[BinaryIO], None]


KINDS: tuple[Kind, ...] = (
    Kind("application/pdf", "pdf", b"%PDF-", check_pdf),
    Kind("image/jpeg", "jpg", b"\xff\xd8\xff", check_jpeg),
    Kind("image/png", "png", b"\x89PNG\r\n\x1a\n", check_png),
    Kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
        b"PK\x03\x04",
        check_word,
    ),
)
CONTENT_TYPES = tuple(kind.content_type for kind in KINDS)


def check(file: BinaryIO) -> Kind:
    """Which kind of document an open file is. Raises Refused, whose message says why not.

    The file is left at its beginning.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        raise Refused(EMPTY)
    if size > MOST_BYTES:
        raise Refused(TOO_LARGE)
    start = file.read(START_BYTES)
    kind = next((kind for kind in KINDS if start.startswith(kind.signature)), None)
    if kind is None:
        raise unknown_kind(start)
    try:
        if kind.extension != "docx" and _is_archive_too(file):
            raise Refused(TWO_THINGS)
        if kind.content_type.startswith("image/") and b"%PDF-" in start:
            raise Refused(TWO_THINGS)
        file.seek(0)
        kind.check(file)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        # What the libraries raise for what is not as it should be; Pillow uses SyntaxError.
        raise Refused(DAMAGED) from error
    finally:
        file.seek(0)
    return kind


def _is_archive_too(file: BinaryIO) -> bool:
    """Whether it can be opened as a ZIP archive, and so as a program in Java, as well."""
    file.seek(0)
    return zipfile.is_zipfile(file)
