"""Whether a file is a Word document (ECMA-376) that unpacks within bounds, without programs in it.

A DOCX is a ZIP archive, and what its headers say of sizes may be a lie: every part is unpacked
once, piece by piece, and forgotten; it ends where the bounds are reached.
"""

import struct
import zipfile
import zlib
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from members.documents.refusing import DAMAGED, TOO_MUCH, TWO_THINGS, Refused

MOST_PARTS = 2000
MOST_DIRECTORY_BYTES = 512 * 1024
MOST_UNPACKED_BYTES = 100 * 1024 * 1024
# Text that repeats itself shrinks to a fiftieth at most; smaller parts may shrink as they like.
MOST_RATIO = 200
RATIO_COUNTS_FROM = 1024 * 1024
TYPES_PART = "[Content_Types].xml"
MOST_TYPES_BYTES = 1024 * 1024
PIECE = 64 * 1024
PROGRAMS = (".exe", ".dll", ".bat", ".js", ".vbs", ".html", ".jar", ".zip")

DOCUMENT = b"wordprocessingml.document.main+xml"
MACROS = _(
    "This Word document contains macros, which are programs. Save it as a PDF or as a DOCX without "
    "macros, and send that."
)
EMBEDDED = _("This Word document has other files inside it. Save it as a PDF, and send that.")
NOT_WORD = _(
    "This file is a ZIP archive or another Office document, not a Word document. Save the document "
    "as a PDF, and send that; of an archive, send the documents one by one."
)
PROTECTED = _("Parts of this document are encrypted. Save it as a PDF without a password.")

END_RECORD = struct.Struct("<4s4H2LH")
END_SIGNATURE = b"PK\x05\x06"


def check_word(file: BinaryIO) -> None:
    """Raises Refused."""
    _check_outline(file)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_parts(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, KeyError) as error:
        raise Refused(DAMAGED) from error


def _check_outline(file: BinaryIO) -> None:
    """Nothing before, between and behind the archive and its directory, which is not too long.

    Looked at before the directory is read as a whole: a few bytes of it make an object each.
    """
    size = file.seek(0, 2)
    if size < END_RECORD.size:
        raise Refused(DAMAGED)
    file.seek(-END_RECORD.size, 2)
    end = END_RECORD.unpack(file.read(END_RECORD.size))
    signature, parts, length, offset = end[0], end[4], end[5], end[6]
    if signature != END_SIGNATURE:
        # Cut off, or with something behind it.
        raise Refused(TWO_THINGS if zipfile.is_zipfile(file) else DAMAGED)
    if parts > MOST_PARTS or length > MOST_DIRECTORY_BYTES:
        raise Refused(TOO_MUCH)
    if offset + length + END_RECORD.size != size:
        raise Refused(TWO_THINGS)
    file.seek(0)


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise Refused(TOO_MUCH)
    types = _types(archive)
    if b"macroEnabled" in types or b"vbaProject" in types:
        raise Refused(MACROS)
    if DOCUMENT not in types:
        raise Refused(NOT_WORD)
    room = MOST_UNPACKED_BYTES
    for part in parts:
        _check_name(part.filename)
        room -= _unpacked_bytes(archive, part, room)


def _check_name(name: str) -> None:
    lowered = name.lower()
    if "vbaproject" in lowered or "vbadata" in lowered or "/activex/" in lowered:
        raise Refused(MACROS)
    if "/embeddings/" in lowered or lowered.endswith(PROGRAMS):
        raise Refused(EMBEDDED)


def _types(archive: zipfile.ZipFile) -> bytes:
    """What kind of part each is, as the document says itself."""
    try:
        part = archive.getinfo(TYPES_PART)
    except KeyError as error:
        raise Refused(NOT_WORD) from error
    _check_packing(part)
    with archive.open(part) as stream:
        types = stream.read(MOST_TYPES_BYTES + 1)
    if len(types) > MOST_TYPES_BYTES:
        raise Refused(TOO_MUCH)
    # It may be in UTF-16, of which the letters in question are ASCII with NULs between.
    return types.replace(b"\0", b"")


def _check_packing(part: zipfile.ZipInfo) -> None:
    """Only what the standard allows: of other packings no piece is small."""
    if part.flag_bits & 0x1:
        raise Refused(PROTECTED)
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(DAMAGED)


def _unpacked_bytes(archive: zipfile.ZipFile, part: zipfile.ZipInfo, room: int) -> int:
    """Unpack a part and forget it; return how many bytes it has. Raises Refused beyond `room`."""
    _check_packing(part)
    most = min(room, max(RATIO_COUNTS_FROM, part.compress_size * MOST_RATIO))
    count = 0
    start = b""
    with archive.open(part) as stream:
        while piece := stream.read(PIECE):
            start = start or piece[:4]
            count += len(piece)
            if count > most:
                raise Refused(TOO_MUCH)
    if start in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") or start[:2] == b"MZ":
        raise Refused(EMBEDDED)
    return count
