"""What staff do in a subscriber's name, and with suppressed addresses. Each leaves a trace."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models.functions import Now
from wagtail.log_actions import log

from icrtop.accounts.models import User
from icrtop.mail import control
from icrtop.mail.addresses import normalise
from icrtop.mail.models import Suppression
from newsletter.models.lists import MailingList
from newsletter.models.records import Consent, HistoryEntry
from newsletter.models.subscribers import Subscriber, Subscription
from newsletter.services.history import note

BY_STAFF = "by staff"
WORDING_VERSION = "staff"
SUPPRESS, LIFT = "newsletter.suppress", "newsletter.lift"
# What the audit log calls them: it outlives an erasure, and so holds no address.
LOG_TITLE = "A suppressed address"


@transaction.atomic
def put_on_lists(
    subscriber: Subscriber, mailing_lists: Iterable[MailingList], *, source: str, by: User
) -> list[MailingList]:
    """Put a subscriber on lists without a letter to confirm; return those they were not on.

    `source` says how staff know that the subscriber wants it, and is kept as their consent.
    """
    # Two clicks at once are one.
    Subscriber.objects.select_for_update(no_key=True).get(pk=subscriber.pk)
    confirmed = set(subscriber.subscriptions.confirmed().values_list("mailing_list", flat=True))
    joining = [each for each in mailing_lists if each.pk not in confirmed]
    if not joining:
        return []
    Subscription.objects.bulk_create(
        [
            Subscription(
                subscriber=subscriber,
                mailing_list=each,
                state=Subscription.State.CONFIRMED,
                confirmed_at=Now(),
            )
            for each in joining
        ],
        update_conflicts=True,
        unique_fields=["subscriber", "mailing_list"],
        update_fields=["state", "confirmed_at", "unsubscribed_at"],
    )
    consent = Consent.objects.create(
        subscriber=subscriber,
        wording=source,
        wording_version=WORDING_VERSION,
        how=BY_STAFF,
        confirmed_at=Now(),
    )
    consent.mailing_lists.set(joining)
    note(subscriber, HistoryEntry.Kind.JOINED, BY_STAFF, *joining, by=by)
    return joining


@transaction.atomic
def suppress(address: str, *, reason: str, by: User) -> tuple[Suppression, bool]:
    """Never write to an address again; return its suppression, and whether that is a new one.

    `reason` is what staff note about it. What waits for the address is not sent. Raises
    InvalidAddress.
    """
    known = Suppression.objects.filter(normalised=normalise(address)).first()
    if known:
        return known, False
    suppression = control.suppress(address, Suppression.Reason.STAFF, reason)
    _note(suppression, HistoryEntry.Kind.SUPPRESSED, by)
    log(suppression, SUPPRESS, title=LOG_TITLE, data={"reason": suppression.reason})
    return suppression, True


@transaction.atomic
def lift(suppression: Suppression, *, by: User) -> bool:
    """Let an address be written to again. False: somebody else has lifted it already.

    What was not sent to it stays unsent.
    """
    held = Suppression.objects.select_for_update().filter(pk=suppression.pk)
    if not held.first():
        return False
    _note(suppression, HistoryEntry.Kind.LIFTED, by)
    log(suppression, LIFT, title=LOG_TITLE, data={"reason": suppression.reason})
    held.delete()
    return True


def _note(suppression: Suppression, kind: HistoryEntry.Kind, by: User) -> None:
    subscriber = Subscriber.objects.filter(normalised=suppression.normalised).first()
    if subscriber:
        note(subscriber, kind, BY_STAFF, by=by)
