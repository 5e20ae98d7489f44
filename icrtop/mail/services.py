"""What puts letters into the outbox, and takes them out again before they are sent."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from icrtop.mail import nudging
from icrtop.mail.addresses import deliverable, has_control_characters, normalise
from icrtop.mail.composing import InvalidMessage, check_headers, merge_fields, one_line
from icrtop.mail.letters import render_letter
from icrtop.mail.models import WAITING, Delivery, Message, Priority, State, Suppression

logger = logging.getLogger(__name__)

MAX_SUBJECT = 200


@dataclass(frozen=True)
class Recipient:
    """Who a letter goes to: a bare address, a display name, and values for merge fields."""

    address: str
    name: str = ""
    merge: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def queue_message(
    *,
    to: str | Recipient | Iterable[str | Recipient],
    subject: str,
    purpose: str,
    template: str | None = None,
    context: Mapping[str, Any] | None = None,
    html: str = "",
    text: str = "",
    headers: Mapping[str, str] | None = None,
    sender: str | None = None,
    priority: Priority = Priority.TRANSACTIONAL,
    language: str | None = None,
) -> Message:
    """Write a letter into the outbox, in the caller's transaction: it is sent if that commits.

    The letter is `template` (see `render_letter`) or `html` and `text`, which must both be there.
    An address given twice gets it once; a suppressed address gets a row that says so. `headers` are
    what this letter needs beyond the usual ones; letters say that a machine wrote them (RFC 3834)
    unless they bring their own Auto-Submitted. In `subject` and names line breaks become spaces,
    since they often contain what a visitor typed.

    Raises InvalidAddress for an address that no letter can be sent to (validate forms with
    `validate_deliverable`), InvalidMessage for a letter without subject or text, a subject of more
    than 200 characters, a header that is not the caller's to set, or a merge field without a value.
    """
    if template:
        html, text = render_letter(template, context or {}, language)
    message = Message(
        purpose=purpose,
        sender=sender or settings.DEFAULT_FROM_EMAIL,
        subject=one_line(subject),
        html=html,
        text=text,
        headers=_headers(headers or {}),
        priority=priority,
    )
    _check(message)
    deliveries = _deliveries(message, to)
    message.save()
    Delivery.objects.bulk_create(deliveries)
    transaction.on_commit(nudging.nudge)
    return message


@transaction.atomic
def suppress(address: str, reason: Suppression.Reason, note: str = "") -> Suppression:
    """Never write to an address again; what waits for it is not sent.

    An address that is suppressed already keeps its first reason. Raises InvalidAddress.
    """
    normalised = normalise(address)
    suppression, _created = Suppression.objects.get_or_create(
        normalised=normalised, defaults={"reason": reason, "note": note}
    )
    Delivery.objects.filter(normalised=normalised, state__in=WAITING).update(
        state=State.SUPPRESSED, reason=suppression.get_reason_display(), changed=Now()
    )
    return suppression


@transaction.atomic
def cancel(message: Message, reason: str) -> int:
    """Do not send what is still waiting of a message; return how many letters that were.

    What a worker already holds may still leave.
    """
    return message.deliveries.filter(state__in=WAITING).update(
        state=State.CANCELLED, reason=reason, changed=Now()
    )


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    written = {"Auto-Submitted": "auto-generated", **headers}
    if answers_to := written.get("Reply-To"):
        name, address = parseaddr(answers_to)
        written["Reply-To"] = str(Address(one_line(name), addr_spec=deliverable(address)))
    return written


def _check(message: Message) -> None:
    if not message.subject:
        raise InvalidMessage("The letter has no subject.")
    if len(message.subject) > MAX_SUBJECT:
        raise InvalidMessage(f"The subject is longer than {MAX_SUBJECT} characters.")
    if not message.text.strip() or not message.html.strip():
        raise InvalidMessage("The letter needs both an HTML and a plain-text part.")
    if "\0" in message.text or "\0" in message.html:
        raise InvalidMessage("The letter contains a NUL character.")
    if has_control_characters(message.sender):
        raise InvalidMessage("The sender contains a line break.")
    check_headers(message.headers)


def _deliveries(
    message: Message, to: str | Recipient | Iterable[str | Recipient]
) -> list[Delivery]:
    """One row for each different address, suppressed ones included."""
    if isinstance(to, str | Recipient):
        to = [to]
    recipients: dict[str, Recipient] = {}
    for each in to:
        recipient = Recipient(each) if isinstance(each, str) else each
        recipients.setdefault(normalise(recipient.address), recipient)
    if not recipients:
        raise InvalidMessage("The letter has no recipient.")
    wanted = merge_fields(message) if any(each.merge for each in recipients.values()) else set()
    suppressions = Suppression.objects.filter(normalised__in=recipients)
    reasons = {each.normalised: each.get_reason_display() for each in suppressions}
    deliveries = []
    for normalised, recipient in recipients.items():
        if missing := wanted - recipient.merge.keys():
            raise InvalidMessage(
                f"The merge field {min(missing)} has no value for {recipient.address}."
            )
        deliveries.append(
            Delivery(
                message=message,
                address=recipient.address.strip(),
                normalised=normalised,
                name=one_line(recipient.name)[:200],
                merge=dict(recipient.merge),
                priority=message.priority,
                state=State.SUPPRESSED if normalised in reasons else State.PENDING,
                reason=reasons.get(normalised, ""),
            )
        )
    return deliveries
