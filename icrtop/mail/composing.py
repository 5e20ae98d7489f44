"""From rows to the bytes that are sent: headers, merge fields, MIME."""

import hashlib
import re
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from icrtop.mail.addresses import deliverable, has_control_characters, normalise
from icrtop.mail.models import Delivery, Message

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
# Not every server on the way takes eight bits.
POLICY = SMTP.clone(cte_type="7bit")
MERGE_FIELD = re.compile(r"\[\[([a-z_]+)\]\]")


class InvalidMessage(ValueError):
    """A letter that cannot be sent as it is; the message says what to change."""


def one_line(value: str) -> str:
    """Text from anywhere, made safe for a header: no line breaks, no control characters."""
    words = " ".join(str(value).split())
    return "".join(character for character in words if not has_control_characters(character))


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise InvalidMessage for a header that is not the caller's to set, or that has two lines."""
    for name, value in headers.items():
        if not HEADER_NAME.match(name) or name.lower() in OWN_HEADERS:
            raise InvalidMessage(f"The header {name!r} cannot be set.")
        if name.lower().startswith("content-"):
            raise InvalidMessage(f"The header {name!r} cannot be set.")
        if has_control_characters(value):
            raise InvalidMessage(f"The header {name!r} contains a line break.")


def merge_fields(message: Message) -> set[str]:
    """The names of the fields, written [[name]], that the letter wants filled per recipient."""
    parts = [message.subject, message.html, message.text, *message.headers.values()]
    return {name for part in parts for name in MERGE_FIELD.findall(part)}


def message_id(message: Message, normalised: str) -> str:
    """The Message-ID of a message to an address: the same on every try, without showing either."""
    digest = hashlib.sha256(f"{message.uid}:{normalised}".encode()).hexdigest()[:32]
    return f"<{digest}@{envelope_sender(message).rpartition('@')[2]}>"


def envelope_sender(message: Message) -> str:
    """Where the servers on the way report that a letter could not be delivered."""
    return deliverable(parseaddr(message.sender)[1])


def compose(delivery: Delivery) -> bytes:
    """The letter to one recipient, always with a plain-text part before the HTML.

    Every try gives the same Message-ID and date. Raises ValueError for what no letter can carry.
    """
    message = delivery.message
    sender_name, sender_address = parseaddr(message.sender)
    letter = EmailMessage(policy=POLICY)
    letter["From"] = Address(sender_name, addr_spec=deliverable(sender_address))
    letter["To"] = Address(one_line(delivery.name), addr_spec=deliverable(delivery.address))
    letter["Subject"] = one_line(fill_text(message.subject, delivery.merge))
    letter["Date"] = format_datetime(message.created)
    letter["Message-ID"] = message_id(message, normalise(delivery.address))
    for name, value in message.headers.items():
        letter[name] = one_line(fill_text(value, delivery.merge))
    letter.set_content(fill_text(message.text, delivery.merge))
    letter.add_alternative(fill_html(message.html, delivery.merge), subtype="html")
    return letter.as_bytes()


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """Fill the merge fields of a text; what a value contains is not filled again."""
    return _fill(text, values, str)


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """Fill the merge fields of an HTML document, with the values escaped."""
    return _fill(html, values, escape)


def _fill(text: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    if not values:
        # Without merge data, brackets are what somebody wrote, perhaps a visitor in a form.
        return text
    return MERGE_FIELD.sub(lambda match: encode(values[match[1]]), text)
