"""What the blocks of a bulletin show of the site's pages, fetched for all of them at once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

from django.db.models import Exists, OuterRef, Q
from django.utils import formats
from django.utils.translation import gettext as _
from wagtail.models import Page

from events.models import EventPage, Occurrence
from events.models.timed import Timed
from icrtop.places.models import Country
from pages.blocks import EventsBlock
from pages.models import DevelopmentPage, PublicationPage, SituationPage, Status, Trend


@dataclass(frozen=True)
class Material:
    """Pages of their own types by key, and of countries the name and the situation, by code.

    `coming` has the next events, of those countries that blocks of events ask for.
    """

    pages: dict[int, Page] = field(default_factory=dict)
    countries: dict[str, Country] = field(default_factory=dict)
    situations: dict[str, SituationPage] = field(default_factory=dict)
    coming: list[Occurrence] = field(default_factory=list)

    @classmethod
    def of(cls, values: Iterable[Any]) -> Self:
        """What these values of blocks need: a query for each type of page, one for countries.

        One more for the next events, and one for the years that differ of events of every year.
        """
        chosen: dict[type[Page], set[int]] = defaultdict(set)
        codes = set()
        wanted: dict[str, int] = {}
        for value in values:
            if not isinstance(value, dict):
                continue
            if isinstance(getattr(value, "block", None), EventsBlock):
                country = value.get("country") or ""
                wanted[country] = max(wanted.get(country, 0), value.get("number") or 0)
                continue
            page = value.get("page")
            if page and page.specific_class:
                chosen[page.specific_class].add(page.pk)
            if value.get("country"):
                codes.add(value["country"])
        situations = _situations(chosen.pop(SituationPage, set()), codes)
        pages: dict[int, Page] = {page.pk: page for page in situations}
        for model, keys in chosen.items():
            found = model.objects.filter(pk__in=keys)
            if model is EventPage:
                found = found.select_related("country").prefetch_related("exceptions")
            pages |= {page.pk: page for page in found.defer_streamfields()}
        countries = Country.objects.in_bulk(codes) if codes else {}
        public = {page.country_id: page for page in reversed(situations) if page.is_shown}
        return cls(pages, countries, public, _coming(wanted))

    def page(self, chosen: Page | None) -> Page | None:
        """The page that a block chose, as its own type."""
        return self.pages.get(chosen.pk, chosen) if chosen else None

    def next_events(self, number: int, country: str) -> list[Occurrence]:
        """The next ones, in a country or, without its code, anywhere."""
        there = (one for one in self.coming if not country or one.event.country_id == country)
        return list(islice(there, number))


def _coming(wanted: dict[str, int]) -> list[Occurrence]:
    """The next time of as many events of each country as are wanted; one query."""
    coming = Occurrence.objects.of(EventPage.objects.shown()).next_of_each()
    chosen = Q()
    for country, number in wanted.items():
        there = coming.filter(event__country=country) if country else coming
        chosen |= Q(pk__in=there.values("pk")[:number])
    return list(coming.filter(chosen)) if wanted else []


def _situations(keys: set[int], codes: set[str]) -> list[SituationPage]:
    """Situations by key, and those in countries; each with its assessment, and `is_shown`."""
    if not (keys or codes):
        return []
    shown = SituationPage.objects.live().public().filter(pk=OuterRef("pk"))
    wanted = Q(pk__in=keys) | Q(country__in=codes)
    return list(SituationPage.objects.filter(wanted).assessed().annotate(is_shown=Exists(shown)))


def facts_about(page: Page | None) -> list[str]:
    """What stands below the title of a page: of which kind it is, when, how a situation stands."""
    if isinstance(page, SituationPage):
        return standing_of(page)
    if isinstance(page, EventPage):
        return [*when(page.occurrence or page), *where(page)]
    if isinstance(page, DevelopmentPage):
        return [str(page.get_level_display()), page.date_display]
    if isinstance(page, PublicationPage):
        facts = [str(page.get_kind_display()), page.issuing_body or page.authors, page.date_display]
        return [fact for fact in facts if fact]
    return []


def standing_of(situation: SituationPage) -> list[str]:
    """Status and trend of a situation in words, and as of when; it must be `assessed`."""
    if situation.status is None:
        return [_("Not assessed")]
    day = formats.date_format(situation.assessed_on, "j F Y")
    facts = [
        str(Status(situation.status).label),
        str(Trend(situation.trend).label),
        _("As of %(date)s") % {"date": day},
    ]
    # Made up to show how the site works, and labelled as such wherever it is shown.
    return [*facts, _("Sample content")] if situation.is_sample else facts


def when(shown: Timed) -> list[str]:
    """The days and, on the clock of the venue, the time; first what became of the event."""
    facts = [] if shown.takes_place else [str(shown.get_status_display())]
    facts.append(shown.date_display)
    if shown.time_display:
        facts.append(f"{shown.time_display} {shown.zone_display}")
    return facts


def where(event: EventPage) -> list[str]:
    """Place and country of an event, and whether it can be attended online."""
    place = [event.place, event.country.name if event.country else ""]
    there = [", ".join(part for part in place if part)] if any(place) else []
    return [*there, _("Online")] if event.is_online else there
