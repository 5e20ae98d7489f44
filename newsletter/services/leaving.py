"""Leaving lists, whoever asks for it: the subscriber, a mail program, a report of spam, staff."""

from contextlib import suppress

from django.db import transaction
from django.db.models.functions import Now

from icrtop.accounts.models import User
from icrtop.mail import control
from icrtop.mail.addresses import InvalidAddress
from newsletter.models.lists import MailingList
from newsletter.models.records import HistoryEntry
from newsletter.models.subscribers import Subscriber, Subscription
from newsletter.services.history import note

KINDS = {
    Subscription.State.CONFIRMED: HistoryEntry.Kind.LEFT,
    Subscription.State.PENDING: HistoryEntry.Kind.WITHDREW,
}


@transaction.atomic
def unsubscribe(
    subscriber: Subscriber,
    mailing_list: MailingList | None = None,
    *,
    how: str,
    by: User | None = None,
) -> int:
    """End one subscription, or all of them; return how many were ended. Done twice, it is done.

    What waits for the subscriber from that list, or from any, is not sent. `how` goes into the
    history.
    """
    # Two clicks at once are one entry in the history. No click waits for an import, which refers to
    # many subscribers at once and changes none.
    held = Subscriber.objects.select_for_update(no_key=True).filter(pk=subscriber.pk).first()
    if held is None:
        return 0
    ongoing = held.subscriptions.ongoing().select_related("mailing_list")
    if mailing_list:
        ongoing = ongoing.filter(mailing_list=mailing_list)
    ending = list(ongoing)
    Subscription.objects.filter(pk__in=[each.pk for each in ending]).update(
        state=Subscription.State.UNSUBSCRIBED, unsubscribed_at=Now()
    )
    for state, kind in KINDS.items():
        if lists := [each.mailing_list for each in ending if each.state == state]:
            note(subscriber, kind, how, *lists, by=by)
    # Nothing can be sent to an address that is none; its owner leaves the list all the same.
    with suppress(InvalidAddress):
        control.withdraw(held.normalised, mailing_list.slug if mailing_list else "")
    return len(ending)
