"""Letters to a mailing list: each can be left by its links, and by a mail program's button."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import JSONArray
from django.utils import timezone

from icrtop.mail import control
from icrtop.mail.audiences import Audience
from icrtop.mail.composing import sign
from icrtop.mail.lists import MailingListHeaders
from icrtop.mail.models import OPEN, Delivery, Message, Priority
from icrtop.mail.services import queue_message
from newsletter import links
from newsletter.models.lists import MailingList
from newsletter.models.subscribers import Subscription

# In a letter to a list, these stand for the reader's own: see `links`.
LEAVE_FIELD, PREFERENCES_FIELD = "leave", "preferences"
# Longer than it takes to write a million recipients.
WRITTEN_WITHIN = timedelta(hours=1)
SIGNED = {LEAVE_FIELD: links.LEAVE, PREFERENCES_FIELD: links.PREFERENCES}


def letter_context(mailing_list: MailingList, language: str) -> dict[str, Any]:
    """What templates that extend mail/newsletter/list_letter.html need, merge fields included."""
    return {
        "mailing_list": mailing_list,
        "leave_url": links.address("unsubscribe", f"[[{LEAVE_FIELD}]]", language),
        "preferences_url": links.address("preferences", f"[[{PREFERENCES_FIELD}]]", language),
    }


def nobodys_fields() -> dict[str, Any]:
    """Values of the merge fields for a letter that is only a test: its links are nobody's."""
    return {
        LEAVE_FIELD: links.NOBODY,
        PREFERENCES_FIELD: [links.NOBODY, timezone.localdate().toordinal()],
    }


def sample_fields() -> dict[str, Any]:
    """What stands in a letter in place of its merge fields where it is only shown."""
    return {name: sign(value, SIGNED[name]) for name, value in nobodys_fields().items()}


def queue_for_list(
    mailing_list: MailingList,
    subscriptions: QuerySet[Subscription],
    *,
    subject: str,
    html: str,
    text: str,
    purpose: str,
    language: str,
    key: str,
    priority: Priority = Priority.BULK,
    send_at: datetime | None = None,
) -> Message:
    """Put a letter to some of a list's subscriptions into the outbox, in the caller's transaction.

    Raises InvalidMessage, also where nobody is left to write to.
    """
    today = timezone.localdate().toordinal()
    return queue_message(
        to=Audience(
            subscriptions,
            address="subscriber__email",
            normalised="subscriber__normalised",
            merge={
                LEAVE_FIELD: "pk",
                PREFERENCES_FIELD: JSONArray(F("subscriber_id"), Value(today)),
            },
        ),
        subject=subject,
        html=html,
        text=text,
        purpose=purpose,
        signed=SIGNED,
        mailing_list=headers_of(mailing_list, language),
        priority=priority,
        language=language,
        send_at=send_at,
        key=key,
    )


def withdraw_leavers(message: Message, mailing_list: MailingList) -> int:
    """Take back the letters to those who left the list while its recipients were being written.

    To be called once that is committed; returns how many they were.
    """
    left = Subscription.objects.unconfirmed().filter(
        mailing_list=mailing_list, unsubscribed_at__gt=message.created - WRITTEN_WITHIN
    )
    waiting = Delivery.objects.filter(
        message=message,
        state__in=OPEN,
        normalised__in=left.values("subscriber__normalised"),
    )
    addresses = list(waiting.values_list("address", flat=True))
    for address in addresses:
        control.withdraw(address, mailing_list.slug)
    return len(addresses)


def headers_of(mailing_list: MailingList, language: str) -> MailingListHeaders:
    """What letters of a list tell mail programs about it."""
    return MailingListHeaders(
        list_id=mailing_list.slug,
        name=mailing_list.name,
        unsubscribe_url=links.address("one_click", f"[[{LEAVE_FIELD}]]", language),
        unsubscribe_mailto=links.leave_by_mail(f"[[{LEAVE_FIELD}]]"),
        archive_url=links.archive_url(language) if mailing_list.is_public else "",
    )
