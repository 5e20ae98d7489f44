"""Making one subscriber of two who are the same person."""

from collections.abc import Iterable
from dataclasses import replace

from django.db import connection

from newsletter.choices import Choices
from newsletter.models.lists import MailingList
from newsletter.models.records import Consent, HistoryEntry
from newsletter.models.subscribers import FormerSubscription, Subscriber, Subscription
from newsletter.services.choosing import apply_choices

State = Subscription.State


def unite(subscriber: Subscriber, *, into: Subscriber) -> None:
    """Give all that one subscriber has to another, and delete the first.

    In the caller's transaction, which holds both rows. Whoever is on a list by either is on it, but
    for lists that were left at the address that stays. Old letters to both can still be left by
    their links. Consents and history are moved as they are.
    """
    choices = _united_choices(subscriber, into)
    kept = {each.mailing_list_id: each for each in into.subscriptions.all()}
    for theirs in subscriber.subscriptions.all():
        ours = kept.get(theirs.mailing_list_id)
        if ours is None:
            Subscription.objects.filter(pk=theirs.pk).update(subscriber=into)
            continue
        if (theirs.state, ours.state) == (State.CONFIRMED, State.PENDING):
            Subscription.objects.filter(pk=ours.pk).update(
                state=State.CONFIRMED, asked_at=theirs.asked_at, confirmed_at=theirs.confirmed_at
            )
        FormerSubscription.objects.filter(subscription=theirs).update(subscription=ours)
        FormerSubscription.objects.create(key=theirs.pk, subscription=ours)
    apply_choices(into, choices)
    _move_records(subscriber, into)
    subscriber.delete()


def left_at(subscriber: Subscriber, mailing_lists: Iterable[MailingList]) -> list[MailingList]:
    """Those of some lists that a subscriber has left."""
    left = set(
        subscriber.subscriptions.filter(state=State.UNSUBSCRIBED).values_list(
            "mailing_list", flat=True
        )
    )
    return [each for each in mailing_lists if each.pk in left]


def _united_choices(subscriber: Subscriber, into: Subscriber) -> Choices:
    """Everything that either follows; the rest from the one who confirmed theirs."""
    theirs, ours = Choices.of(subscriber), Choices.of(into)
    confirmed = into.subscriptions.confirmed()
    if not confirmed.exists():
        return theirs.added_to(ours)
    # How often was said by whoever gets alerts.
    gets_alerts = confirmed.filter(mailing_list__sends_alerts=True).exists()
    frequency = ours.frequency if gets_alerts else theirs.frequency
    return replace(ours.added_to(theirs), frequency=frequency)


def _move_records(subscriber: Subscriber, into: Subscriber) -> None:
    """Records are not changed: the triggers of their tables let this pass where it is announced."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL newsletter.uniting = 'on'")
    Consent.objects.filter(subscriber=subscriber).update(subscriber=into)
    HistoryEntry.objects.filter(subscriber=subscriber).update(subscriber=into)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL newsletter.uniting = 'off'")
