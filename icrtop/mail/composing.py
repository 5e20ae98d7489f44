"""From rows to the bytes that are sent: merge fields filled, parts encoded, headers before them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping, Set
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Any

from django.core import signing
from django.utils.crypto import salted_hmac

from icrtop.mail.addresses import deliverable
from icrtop.mail.attachments import encoded, from_rows
from icrtop.mail.headers import folded, header, one_line, phrase
from icrtop.mail.models import Delivery, Message

MERGE_FIELD = re.compile(r"\[\[([a-z_]+)\]\]")
# A signed field whose salt begins so stands for a short code, see `short_code`.
CODE = "code:"


def merge_fields(message: Message) -> set[str]:
    """The names of the fields, written [[name]], that the letter wants filled per recipient."""
    parts = [message.subject, message.html, message.text, *message.headers.values()]
    return {name for part in parts for name in MERGE_FIELD.findall(part)}


def sign(value: Any, salt: str) -> str:
    """What stands in a letter for a signed merge field. The same on every try: it has no date."""
    return signing.Signer(salt=salt).sign_object(value)


def short_code(value: Any, salt: str) -> str:
    """Eight digits, as in 4821 7730, that only this site can tell from a value and a salt.

    What people type from a letter is so secret that no row may hold it, neither the letter's nor
    the one it is compared with: both hold the value.
    """
    digest = salted_hmac(salt, str(value), algorithm="sha256").digest()
    digits = f"{int.from_bytes(digest) % 10**8:08}"
    return f"{digits[:4]} {digits[4:]}"


def fill_text(text: str, values: Mapping[str, Any]) -> str:
    """Fill the merge fields of a text; what a value contains is not filled again."""
    return Pattern(text).fill(values)


def fill_html(html: str, values: Mapping[str, Any]) -> str:
    """Fill the merge fields of an HTML document, with the values escaped."""
    return Pattern(html).fill(values, escape)


def values_for(delivery: Delivery, signed: Mapping[str, str]) -> dict[str, Any]:
    """What goes into the merge fields of one recipient's letter."""
    signatures = {
        name: (short_code if salt.startswith(CODE) else sign)(delivery.merge[name], salt)
        for name, salt in signed.items()
        if name in delivery.merge
    }
    return {**delivery.merge, **signatures}


def values_to_show(delivery: Delivery, signed: Mapping[str, str]) -> dict[str, Any]:
    """The same for staff: what stands for a signature is shown unsigned, and a code not at all."""
    codes = {name: "•••• ••••" for name, salt in signed.items() if salt.startswith(CODE)}
    return {**delivery.merge, **codes}


class Pattern:
    """A text cut at its merge fields once, to be filled for many recipients."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Text and names of fields in turn.
        self.pieces = MERGE_FIELD.split(text)

    @property
    def fields(self) -> list[str]:
        return self.pieces[1::2]

    def fill(self, values: Mapping[str, Any], encode: Callable[[str], str] = str) -> str:
        # Without merge data, brackets are what somebody wrote, perhaps a visitor in a form.
        if not (values and self.fields):
            return self.text
        filled = self.pieces.copy()
        filled[1::2] = [encode(str(values[name])) for name in self.fields]
        return "".join(filled)


class Body:
    """One form of the letter, plain or HTML. What is the same for everybody is encoded once."""

    def __init__(self, subtype: str, content: str, escape: Callable[[str], str] = str) -> None:
        content = f"{_unix(content)}\n"
        self.escape = escape
        # Quoted-printable triples what is not ASCII, base64 adds a third to everything.
        if (len(content.encode()) - len(content)) * 10 > len(content):
            encoding, self.encode = "base64", _base64
            runs = [content]
        else:
            # Quoted-printable goes line by line. Lines with fields are runs of their own, as one
            # match never equals another.
            encoding, self.encode = "quoted-printable", _quoted_printable
            lines = re.findall(r"[^\n]*\n", content)
            runs = ["".join(run) for _same, run in groupby(lines, MERGE_FIELD.search)]
        head = (
            f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
            f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
        )
        self.runs: list[bytes | Pattern] = [head.encode()]
        for run in runs:
            pattern = Pattern(run)
            self.runs.append(pattern if pattern.fields else self._encoded(run))

    def fill(self, values: Mapping[str, Any]) -> bytes:
        return b"".join(
            run if isinstance(run, bytes) else self._encoded(run.fill(values, self.escape))
            for run in self.runs
        )

    def _encoded(self, text: str) -> bytes:
        # In seven bits, as not every server on the way takes eight.
        return self.encode(_unix(text).encode()).replace(b"\n", b"\r\n")


class Blueprint:
    """A message, worked out as far as it is the same for every recipient.

    Raises ValueError for what no letter can carry.
    """

    def __init__(self, message: Message) -> None:
        self.message = message
        sender_name = parseaddr(message.sender)[0]
        self.sender = sender_address(message.sender)
        content_type = self._lay_out(message)
        same = [
            folded("From", f"{phrase(sender_name)} <{self.sender}>".lstrip()),
            folded("Date", format_datetime(message.scheduled_for or message.created)),
            "MIME-Version: 1.0\r\n",
            content_type,
        ]
        self.headers: list[tuple[str, Pattern]] = []
        for name, value in {"Subject": message.subject, **message.headers}.items():
            pattern = Pattern(value)
            if pattern.fields:
                self.headers.append((name, pattern))
            else:
                same.append(header(name, value))
        self.same = "".join(same)
        self.text = Body("plain", message.text)
        self.html = Body("html", message.html, escape)

    def _lay_out(self, message: Message) -> str:
        """Work out what stands before, between and after the two forms; return the letter's type.

        With attachments the two forms together are the first part (RFC 2046, section 5.1).
        """
        # No encoding of a part can contain these.
        forms, parts = f"=_{message.uid.hex}", f"=.{message.uid.hex}"
        content_type = f'Content-Type: multipart/alternative;\r\n boundary="{forms}"\r\n'
        self.before = self.between = f"--{forms}\r\n".encode()
        self.after = f"--{forms}--\r\n".encode()
        if not message.attachments:
            return content_type
        begin = f"--{parts}\r\n".encode()
        self.before = begin + content_type.encode() + b"\r\n" + self.before
        files = [begin + encoded(one) for one in from_rows(message.attachments)]
        self.after = b"".join([self.after, *files, f"--{parts}--\r\n".encode()])
        return f'Content-Type: multipart/mixed;\r\n boundary="{parts}"\r\n'

    def letter(self, delivery: Delivery) -> bytes:
        """The letter to one recipient, always with a plain-text part before the HTML.

        Every try gives the same bytes. Raises ValueError for what no letter can carry.
        """
        values = values_for(delivery, self.message.signed)
        address = deliverable(delivery.address)
        name = phrase(one_line(delivery.name))
        head = [
            self.same,
            folded("To", f"{name} <{address}>" if name else address),
            folded("Message-ID", message_id(self.message, delivery.normalised)),
            *(header(name, value.fill(values)) for name, value in self.headers),
            "\r\n",
        ]
        text, html = self.text.fill(values), self.html.fill(values)
        return b"".join(
            ["".join(head).encode("ascii"), self.before, text, self.between, html, self.after]
        )


class Blueprints:
    """The messages of one batch after another: there may be many, and long ones."""

    def __init__(self) -> None:
        self.messages: dict[int, Message] = {}
        self._blueprints: dict[int, Blueprint] = {}

    def prepare(self, keys: Set[int]) -> None:
        """Have these messages at hand, and no others."""
        self.messages = {key: self.messages[key] for key in keys & self.messages.keys()}
        self.messages |= Message.objects.in_bulk(keys - self.messages.keys())
        self._blueprints = {key: self._blueprints[key] for key in keys & self._blueprints.keys()}

    def __getitem__(self, key: int) -> Blueprint:
        """Raises ValueError for a message that no letter can carry."""
        if key not in self._blueprints:
            self._blueprints[key] = Blueprint(self.messages[key])
        return self._blueprints[key]


def compose(delivery: Delivery) -> bytes:
    """The letter of one delivery. Raises ValueError for what no letter can carry."""
    return Blueprint(delivery.message).letter(delivery)


@lru_cache(maxsize=64)
def sender_address(sender: str) -> str:
    """The address in a From header, as SMTP wants it. Raises InvalidAddress."""
    return deliverable(parseaddr(sender)[1])


def message_id(message: Message, normalised: str) -> str:
    """The Message-ID of a message to an address: the same on every try, without showing either."""
    digest = hashlib.sha256(f"{message.uid}:{normalised}".encode()).hexdigest()[:32]
    return f"<{digest}@{sender_address(message.sender).rpartition('@')[2]}>"


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data)


def _quoted_printable(data: bytes) -> bytes:
    return binascii.b2a_qp(data, istext=True)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
