"""Headers of a letter: what may stand in them, and how they are written (RFC 5322, RFC 2047)."""

import re
from collections.abc import Mapping
from email.header import Header

from django.utils.translation import gettext as _

from icrtop.mail.addresses import has_control_characters

# Written by the composer alone, for every letter alike.
OWN_HEADERS = frozenset(
    {
        "bcc",
        "cc",
        "date",
        "from",
        "message-id",
        "mime-version",
        "return-path",
        "sender",
        "subject",
        "to",
    }
)
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}\Z")
LINE_LENGTH = 76  # RFC 2047, 2, of lines with encoded words; RFC 5322 gives the others two more.
LONGEST_LINE = 998  # RFC 5322, 2.1.1
PLAIN_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+\Z")  # RFC 5322, 3.2.3
ADDRESSES_AT_END = re.compile(r"(?: <[!-;=?-~]*>,?)*\Z")
# Control characters that are no white space.
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


class InvalidMessage(ValueError):
    """A letter that cannot be sent as it is; the message says what to change."""


def one_line(value: str) -> str:
    """Text from anywhere, made safe for a header: no line breaks, no control characters."""
    return " ".join(UNSEEN.sub("", str(value)).split())


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise InvalidMessage for a header that is not the caller's to set, or that has two lines."""
    for name, value in headers.items():
        if not HEADER_NAME.match(name) or name.lower() in OWN_HEADERS:
            raise InvalidMessage(_("The header %r cannot be set.") % name)
        if name.lower().startswith("content-"):
            raise InvalidMessage(_("The header %r cannot be set.") % name)
        if has_control_characters(value):
            raise InvalidMessage(_("The header %r contains a line break.") % name)


def phrase(name: str) -> str:
    """A name as it stands before an address in angle brackets: quoted or encoded if need be."""
    if _needs_encoding(name):
        return _encoded_words(name, "Reply-To")
    if not name or PLAIN_PHRASE.match(name):
        return name
    return '"{}"'.format(name.replace("\\", r"\\").replace('"', r"\""))


def header(name: str, value: str) -> str:
    """A header of the caller's. A subject is text that anybody may have typed, others are not."""
    value = one_line(value)
    if name == "Subject":
        has_long_word = max(map(len, value.split()), default=0) > LONGEST_LINE // 2
        text, addresses = value, ""
        needs_encoding = has_long_word or _needs_encoding(value)
    else:
        # Encoded, an address would be none: only words are.
        found = ADDRESSES_AT_END.search(value)
        addresses = found[0] if found else ""
        text = value.removesuffix(addresses)
        needs_encoding = not text.isascii()
    return folded(name, (_encoded_words(text, name) if needs_encoding else text) + addresses)


def _needs_encoding(text: str) -> bool:
    # What looks encoded would be decoded.
    return not text.isascii() or "=?" in text


def _encoded_words(text: str, header_name: str) -> str:
    # Its name takes room in the first line: a long one more than there is for an encoded word.
    words = Header(text, "utf-8", maxlinelen=LINE_LENGTH, header_name=header_name[:30])
    return words.encode(linesep="")


def folded(name: str, value: str) -> str:
    """A header with its line ends, cut where it is long.

    It is cut at spaces only: an address in List-Unsubscribe must stay in one piece.
    """
    line = f"{name}: {value}"
    if len(line) <= LINE_LENGTH:
        return f"{line}\r\n"
    first, *words = value.split(" ")
    lines = [f"{name}: {first}"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > LINE_LENGTH:
            lines.append(f" {word}")
        else:
            lines[-1] += f" {word}"
    if max(map(len, lines)) > LONGEST_LINE:
        raise InvalidMessage(
            _("The header %(name)s has a word of more than %(limit)d letters.")
            % {"name": name, "limit": LONGEST_LINE}
        )
    return "\r\n".join(lines) + "\r\n"
