"""What a mail in the mailbox of bounces is, and which letter or subscription it is about."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import Message
from email.utils import getaddresses

from icrtop.mail.models import Delivery
from icrtop.mail.verp import bounced_delivery
from newsletter import links
from newsletter.bounces import complaints, failures
from newsletter.bounces.auto_replies import (
    has_no_sender,
    is_from_server,
    looks_so,
    says_so,
)
from newsletter.bounces.parsing import header_of, headers_of, one_line, parse, text_of
from newsletter.models.bounces import RETURNED, Bounce
from newsletter.models.subscribers import Subscription

Kind = Bounce.Kind

# Where servers write the recipient of the envelope, the most reliable first: what the last server
# wrote, what a server before it wrote, and what anybody may have written.
RECIPIENT_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
# RFC 2369, 3.2: the subject that our List-Unsubscribe asks for, and no other word in it.
UNSUBSCRIBE = re.compile(r"\s*unsubscribe\s+(?P<token>[\w:.-]+)\s*\Z", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Report:
    """What one mail means. `delivery` and `subscription` are found by our own signatures only."""

    kind: Bounce.Kind
    status: str = ""
    detail: str = ""
    delivery: Delivery | None = None
    subscription: Subscription | None = None
    excerpt: str = ""


def understand(raw: bytes) -> Report:
    """Say what a mail is. Changes nothing; takes any bytes."""
    message = parse(raw)
    report = _wish_to_leave(message) or _complaint(message) or _answer(message, raw)
    if report.delivery is None and report.subscription is None:
        report = replace(report, delivery=_first_letter(recipients_of(message)))
    if report.kind in RETURNED and report.delivery is None:
        report = replace(report, kind=Kind.UNMATCHED)
    if report.kind in (Kind.UNMATCHED, Kind.UNKNOWN):
        report = replace(report, excerpt=excerpt_of(message))
    return report


def recipients_of(message: Message) -> Iterator[str]:
    """The addresses that a mail came to, those from the most reliable header first."""
    for name in RECIPIENT_HEADERS:
        for _name, address in getaddresses(headers_of(message, name)):
            yield address


def excerpt_of(message: Message) -> str:
    """Who wrote, when and about what, and the beginning of the text: for a person to judge."""
    shown = ((name, one_line(header_of(message, name))) for name in ("From", "Date", "Subject"))
    head = "\n".join(f"{name}: {value}" for name, value in shown if value)
    return f"{head}\n\n{text_of(message)}".strip()


def _wish_to_leave(message: Message) -> Report | None:
    found = UNSUBSCRIBE.match(header_of(message, "subject"))
    if not found:
        return None
    subscription = _first_subscription([found["token"]])
    if subscription is None:
        return Report(Kind.UNMATCHED, detail="Asks to unsubscribe, without our signature.")
    return Report(Kind.UNSUBSCRIBE, subscription=subscription)


def _complaint(message: Message) -> Report | None:
    complaint = complaints.read(message)
    if complaint is None:
        return None
    delivery = _first_letter([*complaint.senders, *recipients_of(message)])
    subscription = _first_subscription(complaint.tokens)
    kind = Kind.COMPLAINT if complaint.counts else Kind.NOTICE
    if delivery is None and subscription is None:
        kind = Kind.UNMATCHED
    return Report(kind, detail=complaint.detail, delivery=delivery, subscription=subscription)


def _answer(message: Message, raw: bytes) -> Report:
    """A report of a server, an automatic reply, or neither; whoever it is about."""
    if failure := failures.machine_readable(message):
        return Report(failure.kind, failure.status, failure.detail)
    if message.get_param("report-type") == "disposition-notification":
        return Report(Kind.NOTICE, detail="A notice of receipt.")
    # Exim's reports call themselves automatic replies, too.
    if "x-failed-recipients" not in message and says_so(message):
        return Report(Kind.AUTO_REPLY)
    # Words that only look like a report are taken for one where no person can have written them.
    impersonal = has_no_sender(message) or is_from_server(message)
    if impersonal and (failure := failures.in_words(raw)):
        return Report(failure.kind, failure.status, failure.detail)
    if looks_so(message) or (has_no_sender(message) and not is_from_server(message)):
        return Report(Kind.AUTO_REPLY)
    return Report(Kind.UNKNOWN)


def _first_letter(addresses: Iterable[str]) -> Delivery | None:
    """The letter that the first address with our mark stands for."""
    return next(filter(None, map(bounced_delivery, dict.fromkeys(addresses))), None)


def _first_subscription(tokens: Iterable[str]) -> Subscription | None:
    for token in tokens:
        try:
            return links.subscription_of(token)
        except (links.LinkInvalid, links.LinkOfTest):
            continue
    return None
