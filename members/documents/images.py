"""Whether a file is a whole picture of a sensible size. Only headers are read: none is unpacked."""

import struct
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _
from PIL import Image

from members.documents.refusing import DAMAGED, Refused

MOST_PIXELS = 60_000_000
TOO_MANY_PIXELS = _(
    "This picture has more than 60 million pixels. Make it smaller, or scan it at 300 dots per "
    "inch or less, and send that."
)
START_OF_SCAN, STANDALONE = 0xDA, {0x01, *range(0xD0, 0xD8)}


def check_jpeg(file: BinaryIO) -> None:
    """Raises Refused; or OSError, ValueError or SyntaxError for a file that is damaged."""
    _check_size(file, "JPEG")
    file.seek(0)
    data = file.read()
    # Telephones put more behind a picture, such as a depth map.
    if data.find(b"\xff\xd9", _scan_at(data)) < 0:
        raise Refused(DAMAGED)


def check_png(file: BinaryIO) -> None:
    """As `check_jpeg`; every part of it bears a checksum."""
    _check_size(file, "PNG")
    file.seek(0)
    with Image.open(file, formats=["PNG"]) as picture:
        picture.verify()


def _check_size(file: BinaryIO, kind: str) -> None:
    file.seek(0)
    try:
        with Image.open(file, formats=[kind]) as picture:
            width, height = picture.size
    except Image.DecompressionBombError as error:
        raise Refused(TOO_MANY_PIXELS) from error
    if width * height > MOST_PIXELS:
        raise Refused(TOO_MANY_PIXELS)


def _scan_at(data: bytes) -> int:
    """Where the picture itself begins, behind all headers with their thumbnails (ITU-T T.81)."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == START_OF_SCAN:
            return at
        if marker == 0xFF or marker in STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        at += 2 + length
    raise Refused(DAMAGED)
