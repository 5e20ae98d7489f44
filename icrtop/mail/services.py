"""What puts letters into the outbox."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from icrtop.mail import nudging
from icrtop.mail.addresses import InvalidAddress, deliverable, has_control_characters, normalise
from icrtop.mail.attachments import Attachment, as_rows
from icrtop.mail.audiences import Audience, freeze
from icrtop.mail.composing import merge_fields
from icrtop.mail.headers import InvalidMessage, check_headers, one_line, phrase
from icrtop.mail.letters import render_letter
from icrtop.mail.lists import MailingListHeaders
from icrtop.mail.markup import check_html
from icrtop.mail.models import Delivery, Message, Priority, State, Suppression

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
    to: str | Recipient | Iterable[str | Recipient] | Audience,
    subject: str,
    purpose: str,
    template: str | None = None,
    context: Mapping[str, Any] | None = None,
    html: str = "",
    text: str = "",
    attachments: Sequence[Attachment] = (),
    headers: Mapping[str, str] | None = None,
    mailing_list: MailingListHeaders | None = None,
    signed: Mapping[str, str] | None = None,
    sender: str | None = None,
    priority: Priority = Priority.TRANSACTIONAL,
    language: str | None = None,
    send_at: datetime | None = None,
    key: str | None = None,
) -> Message:
    """Write a letter into the outbox, in the caller's transaction: it is sent if that commits.

    The letter is `template` (see `render_letter`) or `html` and `text`, which must both be there.
    An address given twice gets it once; a suppressed address gets a row that says so. In `subject`
    and names line breaks become spaces, since they often contain what a visitor typed.

    `attachments` are small texts that every recipient gets, without merge fields.
    `headers` are what this letter needs beyond the usual ones; letters say that a machine wrote
    them (RFC 3834) unless they bring their own Auto-Submitted or come from a `mailing_list`. Merge
    fields in `signed` (field → salt) stand for a signature of the recipient's value, see `sign`, or
    where the salt begins with `CODE` for a code that people type, see `short_code`.
    `send_at` is the earliest moment to send at. A second call with the same `key` writes nothing,
    and returns the message of the first.

    Raises InvalidAddress for an address that no letter can be sent to (validate forms with
    `validate_deliverable`), InvalidMessage for anything else that could not be sent as it is: no
    subject or text, a subject of more than 200 characters, HTML that does not parse, a header that
    is not the caller's to set, an attachment with another name or type than mail can carry or of
    more than 200 KB, a merge field without a value, no recipient.
    """
    if template:
        html, text = render_letter(template, context or {}, language)
    message = Message(
        purpose=purpose,
        sender=sender or settings.DEFAULT_FROM_EMAIL,
        subject=one_line(subject),
        html=html,
        text=text,
        attachments=as_rows(attachments),
        headers=_headers(headers or {}, mailing_list),
        signed=dict(signed or {}),
        list_id=mailing_list.list_id if mailing_list else "",
        priority=priority,
        scheduled_for=send_at,
        key=key,
    )
    _check(message)
    if key and (queued := _already_queued(key)):
        return queued
    if isinstance(to, Audience):
        _queue_for_audience(message, to)
    else:
        recipients = [to] if isinstance(to, str | Recipient) else list(to)
        deliveries = _deliveries(message, recipients)
        message.candidates = len(recipients)
        message.duplicates = len(recipients) - len(deliveries)
        message.save()
        Delivery.objects.bulk_create(deliveries)
    transaction.on_commit(nudging.nudge)
    return message


def _already_queued(key: str) -> Message | None:
    """The message of this key, also if another transaction is writing it at this moment."""
    with connection.cursor() as cursor:
        # Until the caller's transaction ends, whoever else comes with this key waits here.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mail:{key}"])
    return Message.objects.filter(key=key).first()


def _queue_for_audience(message: Message, audience: Audience) -> None:
    message.save()
    frozen = freeze(message, audience, merge_fields(message))
    counts = {
        "candidates": frozen.candidates,
        "duplicates": frozen.duplicates,
        "unusable": frozen.unusable,
    }
    Message.objects.filter(pk=message.pk).update(**counts)
    for name, number in counts.items():
        setattr(message, name, number)


def _headers(headers: Mapping[str, str], mailing_list: MailingListHeaders | None) -> dict[str, str]:
    usual = mailing_list.as_headers() if mailing_list else {"Auto-Submitted": "auto-generated"}
    # Of two headers that differ in capitals only, mail programs would see two.
    replaced = {name.lower() for name in headers}
    written = {name: value for name, value in usual.items() if name.lower() not in replaced}
    for header, value in headers.items():
        if header.lower() == "reply-to":
            name, address = parseaddr(value)
            address = deliverable(address)
            value = f"{phrase(one_line(name))} <{address}>" if name else address
        written[header] = value
    return written


def _check(message: Message) -> None:
    if not message.subject:
        raise InvalidMessage(_("The letter has no subject."))
    if len(message.subject) > MAX_SUBJECT:
        raise InvalidMessage(_("The subject is longer than %d characters.") % MAX_SUBJECT)
    if not message.text.strip() or not message.html.strip():
        raise InvalidMessage(_("The letter needs both an HTML and a plain-text part."))
    if "\0" in message.text or "\0" in message.html:
        raise InvalidMessage(_("The letter contains a NUL character."))
    try:
        f"{message.subject}{message.text}{message.html}".encode()
    except UnicodeEncodeError as error:
        raise InvalidMessage(
            _("The letter contains half a character: it cannot be written.")
        ) from error
    if has_control_characters(message.sender):
        raise InvalidMessage(_("The sender contains a line break."))
    try:
        deliverable(parseaddr(message.sender)[1])
    except InvalidAddress as error:
        raise InvalidMessage(
            _("%(sender)r cannot be the sender. %(error)s")
            % {"sender": message.sender, "error": error}
        ) from error
    check_headers(message.headers)
    check_html(message.html)


def _deliveries(message: Message, to: Sequence[str | Recipient]) -> list[Delivery]:
    """One row for each different address, suppressed ones included."""
    recipients: dict[str, Recipient] = {}
    for each in to:
        recipient = Recipient(each) if isinstance(each, str) else each
        recipients.setdefault(normalise(recipient.address), recipient)
    if not recipients:
        raise InvalidMessage(_("The letter has no recipient."))
    wanted = merge_fields(message) if any(each.merge for each in recipients.values()) else set()
    suppressions = Suppression.objects.filter(normalised__in=recipients)
    reasons = {each.normalised: each.get_reason_display() for each in suppressions}
    deliveries = []
    for normalised, recipient in recipients.items():
        values = {name: value for name, value in recipient.merge.items() if value is not None}
        if missing := wanted - values.keys():
            raise InvalidMessage(
                _("The merge field %(field)s has no value for %(address)s.")
                % {"field": min(missing), "address": recipient.address}
            )
        if "\0" in "".join(map(str, values.values())):
            raise InvalidMessage(
                _("A merge field for %s contains a NUL character.") % recipient.address
            )
        deliveries.append(
            Delivery(
                message=message,
                address=recipient.address.strip(),
                normalised=normalised,
                name=one_line(recipient.name)[:200],
                merge=dict(recipient.merge),
                state=State.SUPPRESSED if normalised in reasons else State.PENDING,
                reason=reasons.get(normalised, ""),
            )
        )
    return deliveries
