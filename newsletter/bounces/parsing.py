"""From the bytes of any mail to headers and text that can be worked with, in bounded time."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser

from icrtop.mail.addresses import CONTROL_CHARACTER

# Of a mail, no more is read: what a report says stands before the copy of the letter.
MOST_BYTES = 256 * 1024
# RFC 5322, 2.1.1 allows 998; searching a line takes time by the square of its length.
LONGEST_LINE = 1_000
MOST_FOLDS = 60
# Each level costs the parser time for every line, and Python has an end of levels.
MOST_LEVELS = 50
MOST_EXCERPT = 10_000
MOST_DETAIL = 500
MOST_HEADER = 2_000

_TOO_LONG = re.compile(rb"([^\n]{%d})[^\n]+" % LONGEST_LINE)
_TOO_FOLDED = re.compile(rb"((?:\n[ \t][^\n]*){%d})(?:\n[ \t][^\n]*)+" % MOST_FOLDS)
_TOO_EMPTY = re.compile(rb"(\r?\n[ \t]*){4,}")
_LEVELS = re.compile(rb"boundary\s*=|message/(?!delivery-status)", re.IGNORECASE)


def parse(raw: bytes) -> Message:
    """The mail, whatever is wrong with it. Of one with parts within parts, only the headers."""
    raw = _TOO_EMPTY.sub(b"\n\n", raw[:MOST_BYTES])
    raw = _TOO_FOLDED.sub(rb"\1", _TOO_LONG.sub(rb"\1", raw))
    levels = sum(1 for _found in _LEVELS.finditer(raw))
    if levels > MOST_LEVELS:
        return BytesHeaderParser().parsebytes(raw)
    return message_from_bytes(raw)


def header_of(message: Message, name: str) -> str:
    """A header's first value in plain letters; empty if there is none."""
    value = message[name]
    return "" if value is None else decoded(value)


def headers_of(message: Message, name: str) -> Iterator[str]:
    """All values of a header, the topmost first, which the last server wrote."""
    yield from (decoded(value) for value in message.get_all(name, []))


def decoded(value: object) -> str:
    text = str(value)[:MOST_HEADER]
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text


def parts_of(message: Message) -> list[Message]:
    """The parts at the top level: those of a mail that somebody attached say nothing."""
    payload = message.get_payload()
    if not isinstance(payload, list):
        return []
    return [part for part in payload if isinstance(part, Message)]


def text_of(message: Message) -> str:
    """The first plain text of a mail, or else its first part, without control characters."""
    leaves = [part for part in message.walk() if not part.is_multipart()]
    plain = [part for part in leaves if part.get_content_type() == "text/plain"]
    for part in [*plain, *leaves][:1]:
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            return clean(_as_text(payload, part.get_content_charset("utf-8")))
    return ""


def clean(text: str, most: int = MOST_EXCERPT) -> str:
    """Text that can be stored and shown: cut, in whole characters, with line ends but no others."""
    text = text[: 2 * most].encode("utf-8", "replace").decode()
    lines = (CONTROL_CHARACTER.sub(" ", line) for line in re.split(r"\r\n|\r|\n", text))
    return "\n".join(line.rstrip() for line in lines).strip()[:most]


def one_line(text: str, most: int = MOST_DETAIL) -> str:
    """What a server said, on one line."""
    return " ".join(clean(text).split())[:most]


def _as_text(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, "replace")
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")
