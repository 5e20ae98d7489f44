"""The page that lists the events."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.listing import EventFilters
from events.models.occurrences import Occurrence, OccurrenceQuerySet
from events.months import Month
from pages.models import Filter, ListingPage
from pages.models.base import without_private


class EventIndexPage(ListingPage):
    """All events, each once: those to come by month, then past ones by year.

    An event of every year stands under the next day on which it is, and under its last one when no
    more will come. Where a month or a year is chosen, all days in it are listed.
    """

    page_description = _("Lists the events, upcoming ones first.")
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["events.EventPage"]
    max_count = 1

    # What `get_filters` made of the request, for the rest of the page.
    choice: EventFilters

    class Meta:
        verbose_name = _("events index")

    @classmethod
    def public_one(cls) -> EventIndexPage | None:
        """The index, where everybody may read it: what months and feeds belong to."""
        page: EventIndexPage | None = without_private(cls.objects.live()).order_by("path").first()
        return page

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        self.choice = EventFilters(request)
        return self.choice.filters

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> OccurrenceQuerySet:
        found = self.choice.occurrences()
        return (found if self.choice.period else found.one_of_each()).upcoming_first()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        now = Month.of(timezone.localdate())
        for one in context["items"]:
            one.heading = _heading(one, now)
        chosen = Month.parse(self.choice.chosen.get("month", ""))
        context["month"] = chosen if chosen in self.choice.months else now
        context["choice"] = self.choice
        return context


def _heading(occurrence: Occurrence, now: Month) -> str:
    """What it is listed under: the month it begins in, or this one if it is on; a past one's year.

    What is on came in an earlier month perhaps, but stands before what is to come.
    """
    if occurrence.is_upcoming:
        return max(Month.of(occurrence.start_date), now).label
    return str(occurrence.start_date.year)
