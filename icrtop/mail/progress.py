"""How far a message has got."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone

from icrtop.mail.models import OPEN, Delivery, Message, State

RATE_OVER = timedelta(minutes=1)


@dataclass(frozen=True)
class Progress:
    """Letters of a message by state, and how many of them left in the last minute."""

    tally: Mapping[str, int]
    per_second: float = 0.0

    def __getitem__(self, state: str) -> int:
        return self.tally.get(state, 0)

    @property
    def total(self) -> int:
        return sum(self.tally.values())

    @property
    def open(self) -> int:
        """Letters that something is still going to happen to."""
        return sum(self[state] for state in OPEN)

    @property
    def done(self) -> int:
        return self.total - self.open

    @property
    def time_left(self) -> timedelta | None:
        """At the rate of the last minute; None where there is none, or nothing is left."""
        if not self.open or not self.per_second:
            return None
        return timedelta(seconds=round(self.open / self.per_second))


def progress(message: Message) -> Progress:
    """Count the letters of a message, or recall the count if it is finished."""
    if message.finished_at:
        return Progress(message.tally)
    lately = Q(state=State.SENT, changed__gt=Now() - RATE_OVER)
    rows = (
        Delivery.objects.filter(message=message)
        .order_by()
        .values_list("state")
        .annotate(letters=Count("pk"), lately=Count("pk", filter=lately))
    )
    tally = {state: letters for state, letters, _lately in rows}
    sent_lately = sum(lately for _state, _letters, lately in rows)
    return Progress(tally, sent_lately / _seconds_of_rate(message.started_at))


def _seconds_of_rate(started: datetime | None) -> float:
    since = timezone.now() - started if started else RATE_OVER
    return max(min(since, RATE_OVER).total_seconds(), 1.0)
