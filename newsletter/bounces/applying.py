"""What follows from a report: an address that is written to no more, a list that is left."""

import logging
from collections.abc import Iterator
from contextlib import suppress

from django.db import transaction

from icrtop.mail import control
from icrtop.mail.composing import sign
from icrtop.mail.erasing import is_erased
from icrtop.mail.models import Delivery, Suppression
from newsletter import links
from newsletter.bounces.reports import Report
from newsletter.bounces.scoring import DAYS, is_given_up
from newsletter.list_letters import LEAVE_FIELD
from newsletter.models.bounces import Bounce
from newsletter.models.records import HistoryEntry
from newsletter.models.subscribers import Subscriber, Subscription
from newsletter.services.history import note
from newsletter.services.leaving import unsubscribe

logger = logging.getLogger(__name__)

Kind = Bounce.Kind


@transaction.atomic
def apply(report: Report, digest: str) -> Bounce:
    """Keep a report and do what follows from it, in one transaction.

    `digest` is that of the mail. Raises IntegrityError if a mail with this one was applied before.
    """
    delivery, subscription = report.delivery, report.subscription
    address = _address_of(delivery, subscription)
    bounce = Bounce.objects.create(
        kind=report.kind,
        delivery=delivery,
        message_id=delivery.message_id if delivery else None,
        normalised=address,
        status=report.status[:12],
        # Of an address that was erased, no word is kept.
        detail=report.detail if address or not delivery else "",
        excerpt=report.excerpt,
        digest=digest,
    )
    match report.kind if address else None:
        case Kind.HARD:
            _suppress(bounce, Suppression.Reason.BOUNCED, f"letters come back: {report.status}")
        case Kind.SOFT if is_given_up(address):
            _suppress(bounce, Suppression.Reason.BOUNCED, f"letters of {DAYS} days came back")
        case Kind.COMPLAINT:
            for subscriber in _complaining(delivery, subscription):
                unsubscribe(subscriber, how="report of spam")
            _suppress(bounce, Suppression.Reason.COMPLAINED, "report of spam")
        case Kind.UNSUBSCRIBE if subscription:
            unsubscribe(
                subscription.subscriber, subscription.mailing_list, how="letter to unsubscribe"
            )
    return bounce


def _address_of(delivery: Delivery | None, subscription: Subscription | None) -> str:
    """Which address a report is about; empty if that is not known, or was erased."""
    if delivery and not is_erased(delivery):
        return delivery.normalised
    return subscription.subscriber.normalised if subscription else ""


def _suppress(bounce: Bounce, reason: Suppression.Reason, how: str) -> None:
    """Write to the address no more. Its subscriptions stay: staff who lift it need do no more."""
    if Suppression.objects.filter(normalised=bounce.normalised).exists():
        return
    control.suppress(bounce.normalised, reason, bounce.detail)
    for subscriber in Subscriber.objects.filter(normalised=bounce.normalised):
        note(subscriber, HistoryEntry.Kind.SUPPRESSED, how.rstrip(": "))
    logger.info("Bounce %d: the address is not written to any more", bounce.pk)


def _complaining(
    delivery: Delivery | None, subscription: Subscription | None
) -> Iterator[Subscriber]:
    """Whose letter it was: also if they have changed their address since it was sent."""
    found = {subscription.subscriber_id} if subscription else set()
    if delivery:
        same_address = Subscriber.objects.filter(normalised=delivery.normalised)
        found.update(same_address.values_list("pk", flat=True))
        # What the letter's link to leave is made from.
        if key := delivery.merge.get(LEAVE_FIELD):
            with suppress(links.LinkInvalid, links.LinkOfTest):
                found.add(links.subscription_of(sign(key, links.LEAVE)).subscriber_id)
    yield from Subscriber.objects.filter(pk__in=found)
