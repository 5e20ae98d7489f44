"""The times at which events take place: one for most events, one a year for commemorations."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models.recurrence import YearException, years_of
from events.models.timed import Status, Timed

if TYPE_CHECKING:
    from events.models.events import EventPage, EventQuerySet

STATUS = {
    YearException.What.CANCELLED: Status.CANCELLED,
    YearException.What.POSTPONED: Status.POSTPONED,
}
# What an occurrence has from its event unless an exception says else.
SHARED = ("status", "time_zone", "all_day", "start_time", "end_time")


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def of(self, events: EventQuerySet) -> Self:
        """Occurrences of these events, each with its event and the event's country."""
        return (
            self.filter(event__in=events.order_by().values("pk"))
            .select_related("event__country")
            .defer("event__body")
        )

    def not_over(self) -> Self:
        """Those that are on or to come, the next one first."""
        return self.filter(ends_at__gt=timezone.now()).order_by("starts_at", "event__title", "pk")

    def next_of_each(self) -> Self:
        """Of each event the first one that is not over, the next one first."""
        sooner = Occurrence.objects.filter(
            event=models.OuterRef("event"),
            ends_at__gt=timezone.now(),
            starts_at__lt=models.OuterRef("starts_at"),
        )
        return self.not_over().filter(~models.Exists(sooner))

    def over(self) -> Self:
        """Those that are over, the latest first."""
        return self.filter(ends_at__lte=timezone.now()).order_by("-starts_at", "event__title", "pk")

    def one_of_each(self) -> Self:
        """Of each event the one to show where there is room for one: on or next, else the last."""
        others = Occurrence.objects.filter(event=models.OuterRef("event"))
        begins = models.OuterRef("starts_at")
        now = timezone.now()
        sooner = others.filter(ends_at__gt=now, starts_at__lt=begins)
        later = others.filter(starts_at__gt=begins)
        return self.filter(
            models.Q(~models.Exists(sooner), ends_at__gt=now)
            | models.Q(~models.Exists(later), ends_at__lte=now)
        )

    def upcoming_first(self) -> Self:
        """Those that are not over, the first day first, then the others, the latest first.

        Days are those at the venues, so that the months of a list follow each other. Each has
        `is_upcoming`.
        """
        upcoming = models.Q(ends_at__gt=timezone.now())
        return self.annotate(
            is_upcoming=models.ExpressionWrapper(upcoming, models.BooleanField())
        ).order_by(
            "-is_upcoming",
            models.Case(models.When(upcoming, then="start_date")),
            models.Case(models.When(upcoming, then="starts_at")),
            "-start_date",
            "-starts_at",
            "event__title",
            "pk",
        )

    def between(self, first: datetime.date, last: datetime.date) -> Self:
        """Those with a day from first to last, as the calendars at the venues show it."""
        return self.filter(start_date__lte=last, end_date__gte=first).order_by(
            "start_date", "starts_at", "event__title", "pk"
        )


class Occurrence(Timed):
    """One time that a live event takes place, or would have.

    They are worked out from the event whenever it is published, and are what lists, tables and
    feeds show. `end_date` is always there.
    """

    event = models.ForeignKey(
        "events.EventPage", models.CASCADE, related_name="occurrences", verbose_name=_("event")
    )
    # The first day that it has by the rule, also if it was moved (RFC 5545, RECURRENCE-ID).
    original_date = models.DateField(_("first day by the rule"))

    objects = OccurrenceQuerySet.as_manager()

    # Annotated by `OccurrenceQuerySet.upcoming_first`.
    is_upcoming: bool

    class Meta:
        default_permissions = ()
        ordering = ["starts_at", "pk"]
        verbose_name = _("occurrence")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "original_date"], name="one_occurrence_per_event_and_date"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.date_display}"

    @property
    def is_moved(self) -> bool:
        """Whether it is on another day than the rule says."""
        return self.start_date != self.original_date


def occurrences_of(event: EventPage) -> list[Occurrence]:
    """The occurrences that an event has by its dates, its rule and its exceptions, in order.

    They are not saved. None for an event whose first day is unknown.
    """
    exceptions = {one.year: one for one in event.exceptions.all()} if event.yearly else {}
    found = []
    for year in years_of(event):
        exception = exceptions.get(year)
        if exception and exception.what == YearException.What.LEFT_OUT:
            continue
        day = event.start_date.replace(year=year)
        found.append(_occurrence(event, day, exception))
    return sorted(found, key=lambda one: one.starts_at)


def save_occurrences(event: EventPage) -> None:
    """Have exactly those occurrences of an event in the database that it has; none if a draft."""
    event.occurrences.all().delete()
    if event.live:
        Occurrence.objects.bulk_create(occurrences_of(event))


def _occurrence(
    event: EventPage, day: datetime.date, exception: YearException | None
) -> Occurrence:
    first = (exception and exception.start_date) or day
    one = Occurrence(
        event=event,
        original_date=day,
        start_date=first,
        end_date=first + (event.last_date - event.start_date),
        **{name: getattr(event, name) for name in SHARED},
    )
    if exception and event.takes_place:
        one.status = STATUS.get(YearException.What(exception.what), one.status)
    one.starts_at, one.ends_at = one.instants()
    return one
