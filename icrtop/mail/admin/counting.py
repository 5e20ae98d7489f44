"""Counting letters for those who watch: not more often than numbers can be read."""

from collections import defaultdict
from collections.abc import Collection

from django.core.cache import cache
from django.db.models import Count

from icrtop.mail.models import Delivery, Message
from icrtop.mail.progress import Progress, progress

# Everyone who looks at a message within this time sees the same count.
SHARED_SECONDS = 2
# While one counts anew, the others see the count before.
KEPT_SECONDS = 30


def shared_progress(message: Message) -> Progress:
    """How far a message has got, at most a few seconds ago."""
    if message.finished_at:
        return progress(message)
    key = _key(message.pk)
    kept = cache.get(key)
    if kept and not cache.add(f"{key}:fresh", True, SHARED_SECONDS):
        return Progress(*kept)
    counted = progress(message)
    # Plain values: what one release of the site kept, the next can read.
    cache.set(key, (dict(counted.tally), counted.per_second), KEPT_SECONDS)
    cache.add(f"{key}:fresh", True, SHARED_SECONDS)
    return counted


def forget(message: Message) -> None:
    """Count anew: somebody has just done something with this message, and wants to see it."""
    cache.delete(_key(message.pk))


def progress_of(messages: Collection[Message]) -> dict[int, Progress]:
    """How far these messages have got, by their keys: one query, of the open ones alone."""
    tallies: defaultdict[int, dict[str, int]] = defaultdict(dict)
    rows = (
        Delivery.objects.filter(message__in=[each.pk for each in messages if not each.finished_at])
        .order_by()
        .values_list("message", "state")
        .annotate(letters=Count("pk"))
    )
    for key, state, letters in rows:
        tallies[key][state] = letters
    return {
        each.pk: Progress(each.tally if each.finished_at else tallies[each.pk]) for each in messages
    }


def _key(pk: int) -> str:
    return f"mail-progress:{pk}"
