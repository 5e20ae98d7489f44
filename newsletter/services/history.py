"""The history of subscriptions: what happened, when, and by whom."""

from icrtop.accounts.models import User
from newsletter.models.lists import MailingList
from newsletter.models.records import HistoryEntry
from newsletter.models.subscribers import Subscriber


def note(
    subscriber: Subscriber,
    kind: HistoryEntry.Kind,
    how: str,
    *lists: MailingList,
    by: User | None = None,
) -> None:
    """Add to a subscriber's history, once for each list, or once if it is about none.

    `how` is kept when the subscriber is erased: never put an address or a name into it.
    """
    HistoryEntry.objects.bulk_create(
        HistoryEntry(subscriber=subscriber, mailing_list=each, kind=kind, how=how, by=by)
        for each in (lists or (None,))
    )
