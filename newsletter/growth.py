"""How mailing lists grow: who joined and left, month by month."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils import timezone

from newsletter.models import HistoryEntry, MailingList, Subscription

Kind = HistoryEntry.Kind


@dataclass(frozen=True)
class Month:
    """What happened to a list in a month, and how many were on it at its end (or are now)."""

    start: date
    joined: int
    left: int
    on_list: int


def growth(lists: Collection[MailingList], months: int) -> dict[int, list[Month]]:
    """The last so many months of each list, by its key, this month last: two queries.

    How many are on a list now is counted. What was before is reckoned back from there, so that
    subscribers from before there was a history are not missing.
    """
    starts = _starts(months)
    counts: defaultdict[tuple[int, date], dict[str, int]] = defaultdict(dict)
    rows = (
        HistoryEntry.objects.filter(
            mailing_list__in=lists, kind__in=(Kind.JOINED, Kind.LEFT), at__gte=_moment(starts[0])
        )
        .order_by()
        .annotate(month=TruncMonth("at"))
        .values_list("mailing_list", "month", "kind")
        .annotate(number=Count("pk"))
    )
    for key, month, kind, number in rows:
        counts[key, month.date()][kind] = number
    now = on_lists()
    return {each.pk: _months_of(each.pk, starts, counts, now.get(each.pk, 0)) for each in lists}


def on_lists() -> dict[int, int]:
    """How many are on each list, by its key; lists without anybody are not in it."""
    confirmed = Subscription.objects.confirmed().order_by().values_list("mailing_list")
    return dict(confirmed.annotate(number=Count("pk")))


def _months_of(
    key: int, starts: list[date], counts: dict[tuple[int, date], dict[str, int]], now: int
) -> list[Month]:
    months = []
    for start in reversed(starts):
        of_month = counts.get((key, start), {})
        joined, left = of_month.get(Kind.JOINED, 0), of_month.get(Kind.LEFT, 0)
        months.append(Month(start, joined, left, now))
        # Who was erased has left no name, but may have been counted: never below nobody.
        now = max(now - joined + left, 0)
    return months[::-1]


def _starts(months: int) -> list[date]:
    today = timezone.localdate()
    current = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(current - months + 1, current + 1)]


def _moment(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))
