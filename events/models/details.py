"""What the page of one event shows: how it stands, its dates, and what it leads to."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from events.models.organisers import EventOrganiser
from events.models.recurrence import YearException
from members.models import Organisation
from members.public import public_members
from pages.models import PublicationPage, SituationPage
from pages.models.base import from_rows, rows_of

if TYPE_CHECKING:
    from events.models.events import EventPage, EventQuerySet
    from events.models.occurrences import Occurrence
    from events.models.timed import Timed

# More dates of an event of every year than anyone plans for.
MOST_DATES = 6


class State(models.TextChoices):
    """How an event stands at this moment."""

    PLANNED = "planned", _("Takes place")
    ON = "on", _("On now")
    OVER = "over", _("Is over")
    POSTPONED = "postponed", _("Postponed")
    CANCELLED = "cancelled", _("Cancelled")


@dataclass(frozen=True)
class Organiser:
    """Who holds an event. A member has a profile on this site; either address may be empty."""

    name: str
    profile: str = ""
    website: str = ""


@dataclass(frozen=True)
class YearlyDate:
    """What becomes of an event of every year in one year; no occurrence if it is left out."""

    year: int
    occurrence: Occurrence | None


class EventDetails:
    """Everything on the page of an event, published or as it is being written."""

    def __init__(self, event: EventPage) -> None:
        self.event = event
        if "exception_rows" in vars(event):
            event.exceptions.set(from_rows(YearException, event.exception_rows))

    @cached_property
    def shown(self) -> Timed:
        """What has the days and times to show; of an event of every year, one occurrence."""
        return self.event.occurrence or self.event

    @cached_property
    def state(self) -> State:
        if not self.shown.takes_place:
            return State(self.shown.status)
        if self.shown.is_over:
            return State.OVER
        return State.ON if self.shown.is_on else State.PLANNED

    @cached_property
    def dates(self) -> list[YearlyDate]:
        """The years to come of an event of every year, with those in which it is not held."""
        if not self.event.yearly:
            return []
        today = timezone.localdate(timezone=ZoneInfo(self.event.time_zone))
        found = {one.original_date.year: one for one in self.event.all_occurrences}
        to_come = [
            YearlyDate(year, found.get(year))
            for year in self.event.years
            if (not found[year].is_over if year in found else self._day_in(year) >= today)
        ]
        return to_come[:MOST_DATES]

    @cached_property
    def organisers(self) -> list[Organiser]:
        """In the order that staff chose; members only as they wish to be seen. One query."""
        rows = self._organiser_rows()
        slugs = {row["slug"] for row in rows} - {None}
        members = public_members(Organisation.objects.filter(slug__in=slugs)) if slugs else []
        named = {
            one.slug: Organiser(one.display_name, one.url, one.website)
            for one in members
            if one.is_named
        }
        return [
            named[row["slug"]] if row["slug"] else Organiser(row["name"], website=row["website"])
            for row in rows
            if not row["slug"] or row["slug"] in named
        ]

    @cached_property
    def situations(self) -> list[SituationPage]:
        """Related situations that everybody may read, by title. One query."""
        keys = self._keys("situations")
        found = SituationPage.objects.live().public().filter(pk__in=keys).order_by("title")
        return list(found.defer_streamfields()) if keys else []

    @cached_property
    def documents(self) -> list[PublicationPage]:
        """Related documents that everybody may read, newest first. One query."""
        keys = self._keys("documents")
        found = PublicationPage.objects.live().newest_first().filter(pk__in=keys)
        return list(found) if keys else []

    def _day_in(self, year: int) -> datetime.date:
        return self.event.start_date.replace(year=year)

    def _organiser_rows(self) -> list[dict[str, Any]]:
        if "organiser_rows" in vars(self.event):
            return sorted(self.event.organiser_rows, key=lambda row: row["order"] or 0)
        return [
            {
                "name": one.name,
                "website": one.website,
                "slug": one.organisation.slug if one.organisation else None,
            }
            for one in self.event.organisers.all()
        ]

    def _keys(self, relation: str) -> list[int]:
        """The keys of related pages; of a page being written, they are only in memory."""
        found: list[int] | None = vars(self.event).get(f"{relation}_keys")
        if found is None:
            found = [one.pk for one in getattr(self.event, relation).all()]
        return found


def with_details(events: EventQuerySet) -> EventQuerySet:
    """Events with what `EventDetails` needs of their own tables, in the same query."""
    mine = {"event": models.OuterRef("pk")}
    organiser = JSONObject(
        name="name", website="website", slug="organisation__slug", order="sort_order"
    )
    related = {
        f"{name}_keys": ArraySubquery(
            through.objects.filter(eventpage=models.OuterRef("pk")).values(f"{key}_id")
        )
        for name, through, key in (
            ("situations", events.model.situations.through, "situationpage"),
            ("documents", events.model.documents.through, "publicationpage"),
        )
    }
    return events.select_related("country", "share_image").annotate(
        exception_rows=rows_of(YearException.objects.filter(**mine), "year", "what", "start_date"),
        organiser_rows=ArraySubquery(EventOrganiser.objects.filter(**mine).values(row=organiser)),
        **related,
    )
