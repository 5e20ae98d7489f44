"""Making letters without a database, and reading them as mail programs and servers do."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

from icrtop.mail.composing import Blueprint
from icrtop.mail.models import Delivery, Message
from tests.factories.mail import DeliveryFactory, MessageFactory

WRITTEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
LONGEST_LINE = 998  # RFC 5322, 2.1.1
ENCODED_WORD = re.compile(rb"=\?[\w-]+\?[bqBQ]\?[^?\s]*\?=")


def delivery(message: Message | None = None, **values: object) -> Delivery:
    """A letter that is in no database."""
    of_message = {
        name.removeprefix("message__"): values.pop(name)
        for name in list(values)
        if name.startswith("message__")
    }
    message = message or MessageFactory.build(**{"created": WRITTEN, **of_message})
    return DeliveryFactory.build(message=message, **values)


def written(letter: Delivery) -> bytes:
    """The letter as it is sent, after looking at every line of it."""
    content = Blueprint(letter.message).letter(letter)
    check_lines(content)
    return content


def read(letter: Delivery) -> EmailMessage:
    """The letter as a mail program reads it."""
    parsed = message_from_bytes(written(letter), policy=policy.default)
    assert not parsed.defects
    return parsed


def part(letter: Delivery, kind: str = "plain") -> str:
    """One form of the letter, as its reader sees it, with the line ends of Python."""
    return read(letter).get_body((kind,)).get_content().replace("\r\n", "\n")


def header_lines(content: bytes) -> list[bytes]:
    return content.partition(b"\r\n\r\n")[0].split(b"\r\n")


def header(content: bytes, name: str) -> bytes:
    """The value of a header as it is written, its folds undone."""
    head = b"\r\n".join(header_lines(content)).replace(b"\r\n ", b" ")
    (line,) = [
        line
        for line in head.split(b"\r\n")
        if line.lower().startswith(f"{name.lower()}: ".encode())
    ]
    return line.partition(b": ")[2]


def shown(content: bytes, name: str) -> str:
    """A header as its reader sees it: what is encoded decoded, also within quotation marks.

    Not by the parser of `policy.default`, which shows the spaces between two encoded words.
    """
    return str(make_header(decode_header(header(content, name).decode("ascii"))))


def mailbox(content: bytes, name: str) -> tuple[str, str]:
    """The name and the address in a header that holds one address."""
    display_name, address = parseaddr(header(content, name).decode("ascii"))
    return str(make_header(decode_header(display_name))), address


def check_lines(content: bytes) -> None:
    """What any server may count on (RFC 5321, 5322 and 2047)."""
    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
    assert b"\0" not in content
    assert max(len(line) for line in content.split(b"\r\n")) <= LONGEST_LINE
    for line in header_lines(content):
        assert re.match(rb"[A-Za-z][A-Za-z0-9-]*:($| )| +\S", line), line
        # Longer than 78 only where there is no space to cut at.
        assert len(line) <= 78 or b" " not in line.strip().partition(b": ")[2], line
        for word in ENCODED_WORD.findall(line):
            assert len(word) <= 75, word
