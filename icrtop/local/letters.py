"""The letters that the local mail sink has kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from pathlib import Path

NAME = re.compile(r"\d{20}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Entry:
    """One line of the list."""

    name: str
    received: datetime
    sender: str
    recipients: list[str]
    subject: str


@dataclass(frozen=True)
class Letter:
    """A letter to read: its headers as (name, value), and its parts; None for one it has not."""

    entry: Entry
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    attachments: list[str]


def entries(folder: Path, address: str = "") -> Iterator[Entry]:
    """The letters in a folder, newest first; by or to an address with these words."""
    wanted = address.strip().casefold()
    for path in sorted(folder.glob("*.eml"), reverse=True):
        try:
            with path.open("rb") as file:
                entry = _entry(path, BytesHeaderParser().parse(file))
        except OSError:  # Dropped as the oldest, just now.
            continue
        if wanted in " ".join([entry.sender, *entry.recipients]).casefold():
            yield entry


def read(folder: Path, name: str) -> Letter:
    """One letter with its parts. Raises FileNotFoundError if there is none of this name."""
    content = raw(folder, name)
    message = message_from_bytes(content, policy=policy.default)
    plain = message_from_bytes(content, policy=policy.compat32)
    return Letter(
        entry=_entry(folder / f"{name}.eml", plain),
        headers=[(header, _decoded(value)) for header, value in plain.items()],
        text=_part(message, "plain"),
        html=_part(message, "html"),
        attachments=[
            str(part.get_filename() or part.get_content_type())
            for part in message.iter_attachments()
        ]
        if message.is_multipart()
        else [],
    )


def raw(folder: Path, name: str) -> bytes:
    """The bytes of a letter, as received under its envelope."""
    if not NAME.fullmatch(name):
        raise FileNotFoundError(name)
    return (folder / f"{name}.eml").read_bytes()


def _entry(path: Path, headers: Message) -> Entry:
    return Entry(
        name=path.stem,
        received=datetime.fromtimestamp(int(path.stem[:20]) / 1e9, UTC),
        sender=_decoded(headers.get("X-Envelope-From", "")),
        recipients=[_decoded(value) for value in headers.get_all("X-Envelope-To", [])],
        subject=_decoded(headers.get("Subject", "")),
    )


def _decoded(value: object) -> str:
    """A header's value in plain letters, as it stands if it is malformed."""
    try:
        return str(make_header(decode_header(str(value))))
    except (ValueError, LookupError):
        return str(value)


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # A character set that nobody knows.
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
