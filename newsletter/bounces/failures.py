"""Reading who did not get a letter, and why, from what servers report."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from newsletter.bounces.parsing import header_of, one_line, parse, parts_of, text_of
from newsletter.bounces.statuses import REPLY_CODE, STATUS, code_in, judge
from newsletter.models.bounces import Bounce

Kind = Bounce.Kind

REPORTS = ("message/delivery-status", "message/global-delivery-status")  # RFC 3464, RFC 6533
MOST_BLOCKS = 100
# Where reports without structure say it; what follows is the copy of our letter.
MOST_TEXT_BYTES = 32 * 1024
COPY_OF_LETTER = re.compile(
    r"^(-+ ?(original message|this is a copy|below this line|the attached|included is a copy|"
    r"this is the original)|received: |return-path: )",
    re.IGNORECASE | re.MULTILINE,
)
ADDRESS, ANYTHING = re.compile(r"\S@\S"), re.compile(r"")
# Of several recipients behind one of our addresses, whoever is worst off counts.
GRAVEST = (Kind.HARD, Kind.BLOCKED, Kind.SOFT, Kind.NOTICE)


@dataclass(frozen=True)
class Failure:
    """What a server says of a letter."""

    kind: Bounce.Kind
    status: str
    detail: str


def machine_readable(message: Message) -> Failure | None:
    """What a delivery status notification (RFC 3464) says. None: this is none, or an empty one."""
    reports = [part for part in parts_of(message) if part.get_content_type() in REPORTS]
    if not reports:
        return None
    said = _around_code(text_of(message))
    found = [_of_recipient(fields, said) for report in reports for fields in _blocks(report)]
    failures = [failure for failure in found if failure]
    return min(failures, key=lambda failure: GRAVEST.index(failure.kind), default=None)


def in_words(raw: bytes) -> Failure | None:
    """What a report without structure says, if flufl.bounce knows its kind. None if it does not."""
    head = parse(raw[:MOST_TEXT_BYTES])
    temporary, permanent = all_failures(head)
    if not (temporary or permanent):
        return None
    said = COPY_OF_LETTER.split(text_of(head), maxsplit=1)[0]
    if not permanent:
        return Failure(Kind.NOTICE, code_in(said), one_line(_around_code(said)))
    kind, status = judge("", said)
    return Failure(kind, status, one_line(_around_code(said)))


def _blocks(report: Message) -> Iterator[Message]:
    """The groups of fields in a report; the first is about the report itself."""
    yield from parts_of(report)[:MOST_BLOCKS]


def _of_recipient(fields: Message, otherwise: str) -> Failure | None:
    """What a report says of one recipient; in its text, if it does not say what the server said."""
    action = header_of(fields, "action").strip().lower()
    said = header_of(fields, "diagnostic-code") or otherwise
    found = STATUS.match(header_of(fields, "status").strip())
    status = found[0] if found else ""
    detail = one_line(said)
    if not action:
        return None
    # OpenSMTPD says "error"; others add a comment.
    if not action.startswith(("fail", "error")):
        return Failure(Kind.NOTICE, status, detail)
    kind, status = judge(status, said)
    return Failure(kind, status, detail)


def _around_code(said: str) -> str:
    """The paragraph with a code, or with the address, as there is much courtesy around it."""
    paragraphs = [each for each in re.split(r"\n\s*\n", said) if each.strip()]
    for mark in (STATUS, REPLY_CODE, ADDRESS, ANYTHING):
        if found := next(filter(mark.search, paragraphs), ""):
            return found
    return ""
