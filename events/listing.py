"""Which events a request asks for: the same choices for the index, the month, and all feeds.

An address stays what it was: a value that exists is chosen although no event has it now, so that
a feed of the events in Ghana is empty without one, instead of turning into the feed of all. What
cannot be (a month 13, a country ZZ) counts as not chosen.
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from django.db.models import Q
from django.db.models.functions import TruncMonth
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from events.models.events import EventPage, Kind
from events.models.occurrences import Occurrence
from events.months import Month, is_year
from icrtop.places.models import Country
from pages.models import Filter

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from events.models.events import EventQuerySet
    from events.models.occurrences import OccurrenceQuerySet

# In the order in which they are offered, and stand in addresses.
NAMES = ("kind", "country", "region", "online", "month", "year")
# Those that there are beside a month.
IN_A_MONTH = NAMES[:4]
ONLINE = "1"
A_YEAR = datetime.timedelta(days=366)


class Place(NamedTuple):
    """A country, and the M49 region that it is in (Antarctica is in none)."""

    code: str
    name: str
    region: str | None
    region_name: str | None


class EventFilters:
    """What a request chooses among the events that visitors may read.

    `names` are the choices that count; others in the address are left alone.
    """

    def __init__(self, request: HttpRequest, names: tuple[str, ...] = NAMES) -> None:
        self.request = request
        self.names = names

    @cached_property
    def chosen(self) -> dict[str, str]:
        """What was chosen, by name; one query for a country or a region."""
        wanted = {name: self.request.GET.get(name, "") for name in self.names}
        return {name: value for name, value in wanted.items() if self._exists(name, value)}

    @property
    def is_filtered(self) -> bool:
        return bool(self.chosen)

    @property
    def query(self) -> str:
        """The choices as in an address, always in the same order; empty without any."""
        return urlencode(self.chosen)

    @property
    def query_without_period(self) -> str:
        """As `query`, for the table of a month, which is a period of its own."""
        return urlencode({name: self.chosen[name] for name in IN_A_MONTH if name in self.chosen})

    @cached_property
    def period(self) -> tuple[datetime.date, datetime.date] | None:
        """The first and the last day that were asked for, if a month or a year was.

        The last is before the first if both were, and the month is in another year.
        """
        spans = []
        if month := Month.parse(self.chosen.get("month", "")):
            spans.append((month.first_day, month.last_day))
        if year := int(self.chosen.get("year", 0)):
            spans.append((datetime.date(year, 1, 1), datetime.date(year, 12, 31)))
        if not spans:
            return None
        return max(first for first, _last in spans), min(last for _first, last in spans)

    def events(self) -> EventQuerySet:
        """The events that are left, each once; in a period, those with a day in it."""
        events = self._in_any_period()
        if self.period is not None:
            events = events.filter(pk__in=self.occurrences().order_by().values("event"))
        return events

    def occurrences(self) -> OccurrenceQuerySet:
        """All times at which the events that are left take place; in a period, those in it."""
        occurrences = Occurrence.objects.of(self._in_any_period())
        return occurrences.between(*self.period) if self.period else occurrences

    def _in_any_period(self) -> EventQuerySet:
        events: EventQuerySet = EventPage.objects.shown()
        chosen = self.chosen
        if "kind" in chosen:
            events = events.filter(kind=chosen["kind"])
        if "country" in chosen:
            events = events.filter(country=chosen["country"])
        if "region" in chosen:
            events = events.in_region(chosen["region"])
        if "online" in chosen:
            events = events.online()
        return events

    @cached_property
    def filters(self) -> list[Filter]:
        """What is offered: what events have, and what is chosen. Three queries."""
        choices = {
            "kind": self._kinds,
            "country": self._countries,
            "region": self._regions,
            "online": self._online,
            "month": self._months,
            "year": self._years,
        }
        labels: dict[str, StrOrPromise] = {
            "kind": _("Kind"),
            "country": _("Country"),
            "region": _("Region"),
            "online": _("Online"),
            "month": _("Month"),
            "year": _("Year"),
        }
        return [Filter(self.request, name, labels[name], choices[name]()) for name in self.names]

    @cached_property
    def months(self) -> list[Month]:
        """The months with a day of any event, in order.

        Of an event of every year those until a year from now, as there might be a hundred.
        """
        return _months_of(EventPage.objects.shown())

    @cached_property
    def months_left(self) -> list[Month]:
        """As `months`, of the events that the choices leave."""
        return _months_of(self._in_any_period()) if self.chosen else self.months

    @cached_property
    def _rows(self) -> set[tuple[str, bool, str | None]]:
        """Kind, whether it can be attended online, and country of the events."""
        events = EventPage.objects.shown().order_by()
        return set(events.values_list("kind", "online", "country").distinct())

    @cached_property
    def _known_places(self) -> dict[str, Place]:
        """Every country, by its code."""
        rows = Country.objects.values_list(
            "code", "name", "sub_region__parent__code", "sub_region__parent__name"
        )
        return {row[0]: Place(*row) for row in rows}

    def _exists(self, name: str, value: str) -> bool:
        match name:
            case "kind":
                return value in Kind.values
            case "country":
                return bool(re.fullmatch(r"[A-Z]{2}", value)) and value in self._known_places
            case "region":
                known = (place.region for place in self._known_places.values())
                return bool(re.fullmatch(r"[0-9]{3}", value)) and value in known
            case "online":
                return value == ONLINE
            case "month":
                return Month.parse(value) is not None
            case _:
                return bool(re.fullmatch(r"[0-9]{4}", value)) and is_year(int(value))

    def _kinds(self) -> list[tuple[str, StrOrPromise]]:
        there = {kind for kind, _online, _country in self._rows} | {self.chosen.get("kind")}
        return [choice for choice in Kind.choices if choice[0] in there]

    def _countries(self) -> list[tuple[str, StrOrPromise]]:
        there = {country for _kind, _online, country in self._rows} | {self.chosen.get("country")}
        return [(one.code, one.name) for one in self._known_places.values() if one.code in there]

    def _regions(self) -> list[tuple[str, StrOrPromise]]:
        there = {country for _kind, _online, country in self._rows}
        chosen = self.chosen.get("region")
        return sorted(
            {
                (one.region, one.region_name or "")
                for one in self._known_places.values()
                if one.region and (one.code in there or one.region == chosen)
            },
            key=lambda choice: choice[1],
        )

    def _online(self) -> list[tuple[str, StrOrPromise]]:
        there = any(online or kind == Kind.ONLINE for kind, online, _country in self._rows)
        offered = there or "online" in self.chosen
        return [(ONLINE, _("Can be attended online"))] if offered else []

    def _months(self) -> list[tuple[str, StrOrPromise]]:
        now = Month.of(timezone.localdate())
        there = {month for month in self.months if month >= now}
        if chosen := Month.parse(self.chosen.get("month", "")):
            there.add(chosen)
        return [(str(month), month.label) for month in sorted(there)]

    def _years(self) -> list[tuple[str, StrOrPromise]]:
        there = {str(month.year) for month in self.months} | {self.chosen.get("year", "")}
        return [(year, year) for year in sorted(there - {""}, reverse=True)]


def _months_of(events: EventQuerySet) -> list[Month]:
    soon = timezone.localdate() + A_YEAR
    spans = (
        Occurrence.objects.of(events)
        .filter(Q(event__yearly=False) | Q(start_date__lte=soon))
        .order_by()
        .values_list(TruncMonth("start_date"), TruncMonth("end_date"))
        .distinct()
    )
    found = set()
    for first, last in spans:
        month = Month.of(first)
        while month <= Month.of(last):
            found.add(month)
            month = month.next
    return sorted(found)
