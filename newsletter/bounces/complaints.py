"""Reports of feedback loops: somebody pressed the button "spam" on a letter of ours (RFC 5965)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from email.utils import parseaddr

from newsletter.bounces.parsing import header_of, headers_of, one_line, parts_of

# RFC 5965, 7.3, and what was in use before it. "not-spam" takes a complaint back; "virus" and
# "auth-failure" (RFC 6591) are what a machine thinks.
COMPLAINTS = frozenset({"abuse", "fraud", "other", "opt-out", "opt-out-list"})
LETTERS = ("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers")
# Our two ways to leave, in the letter's List-Unsubscribe: see `newsletter.links`.
TOKEN = re.compile(r"(?:/one-click/|unsubscribe%20)([\w:.-]+)", re.ASCII)
MOST_TOKENS = 10


@dataclass(frozen=True)
class Complaint:
    """One report: whether it counts, and by which marks of ours the letter may be known."""

    counts: bool
    detail: str
    senders: tuple[str, ...]
    tokens: tuple[str, ...]


def read(message: Message) -> Complaint | None:
    """What a mail says if it is a report of a feedback loop. None: it is none."""
    parts = parts_of(message)
    report = next((p for p in parts if p.get_content_type() == "message/feedback-report"), None)
    if report is None:
        return None
    fields = _fields(report)
    kind = header_of(fields, "feedback-type").strip().lower()
    agent = header_of(fields, "user-agent")
    letters = [_fields(part) for part in parts if part.get_content_type() in LETTERS]
    senders = [header_of(fields, "original-mail-from")]
    senders += [header_of(letter, "return-path") for letter in letters]
    return Complaint(
        counts=kind in COMPLAINTS,
        detail=one_line(f"feedback-type: {kind}; {agent}"),
        senders=tuple(parseaddr(sender)[1] or sender.strip(" <>") for sender in senders),
        tokens=tuple(token for letter in letters for token in _tokens(letter))[:MOST_TOKENS],
    )


def _fields(part: Message) -> Message:
    """The headers within a part: parsed with it, or standing there as text."""
    inner = parts_of(part)
    if inner:
        return inner[0]
    payload = part.get_payload(decode=True)
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return Parser().parsestr(text.lstrip(), headersonly=True)


def _tokens(letter: Message) -> Iterator[str]:
    for value in headers_of(letter, "list-unsubscribe"):
        yield from TOKEN.findall("".join(value.split()))
