"""What there is to tell of a published page, as it stands now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from icrtop.mail.letters import absolute
from icrtop.places.models import Country
from newsletter.models import Alert, Topic
from pages.dates import display_partial_date
from pages.models import (
    Assessment,
    DevelopmentPage,
    Level,
    PublicationPage,
    SituationPage,
)
from pages.models.base import without_private

type AnnouncedPage = DevelopmentPage | PublicationPage | SituationPage

TYPES: tuple[type[AnnouncedPage], ...] = (DevelopmentPage, PublicationPage, SituationPage)

TOPIC_OF_LEVEL = {
    Level.UN: Topic.UN,
    Level.REGIONAL: Topic.REGIONAL,
    Level.SUB_REGIONAL: Topic.REGIONAL,
    Level.NATIONAL: Topic.NATIONAL,
    Level.CIVIL_SOCIETY: Topic.CIVIL_SOCIETY,
}


@dataclass(frozen=True)
class Change:
    """One thing that can be told of a page. `key` is the same however often it is published."""

    key: str
    page: AnnouncedPage
    date: str
    topic: Topic
    countries: list[Country]
    assessment: Assessment | None = None
    before: Assessment | None = None

    @property
    def places(self) -> list[str]:
        """The names of the countries."""
        return [country.name for country in self.countries]

    @property
    def regions(self) -> list[str]:
        """The codes of the sub-regions and regions that the countries lie in, each once."""
        places = [country.sub_region for country in self.countries]
        return sorted({code for each in places for code in (each.pk, each.parent_id) if code})

    @property
    def url(self) -> str:
        return absolute(self.page.get_url() or "/")

    @property
    def kind(self) -> str:
        """What sort of thing it is, in the words of the site."""
        if isinstance(self.page, DevelopmentPage):
            return _("Development: %s") % self.page.get_level_display()
        if isinstance(self.page, PublicationPage):
            return _("Publication: %s") % self.page.get_kind_display()
        return _("Country situation: new assessment")

    @property
    def date_display(self) -> str:
        return display_partial_date(self.date)

    @property
    def summary(self) -> str:
        return self.assessment.summary if self.assessment else self.page.introduction

    @property
    def source(self) -> tuple[str, str]:
        """Who says so, and where: either may be empty."""
        if isinstance(self.page, DevelopmentPage):
            return self.page.source_title, self.page.source_url
        if isinstance(self.page, PublicationPage):
            symbols = self.page.symbol_list
            names = [self.page.issuing_body, *(str(each) for each in symbols)]
            url = symbols[0].url if symbols else self.page.external_url
            return ", ".join(filter(None, names)), url
        return "", ""


def change_of(page: AnnouncedPage) -> Change | None:
    """What publishing a page may tell: the page itself, or a situation's latest assessment.

    None for a situation that was never assessed, or whose latest assessment is a sample: that is
    made up, and never goes out as if it were true.
    """
    if isinstance(page, SituationPage):
        latest = page.latest_assessment
        if latest is None or latest.is_sample:
            return None
        return _assessment(page, latest.date, _countries([page])[page.pk])
    return _whole_page(page, _countries([page])[page.pk])


def changes_of(alerts: Iterable[Alert]) -> dict[int, Change]:
    """What there is to tell of alerts, by their keys, newest first; as the pages are now.

    Missing are those whose page is gone, unpublished or private, or whose assessment was deleted.
    """
    alerts = list(alerts)
    keys = [alert.page_id for alert in alerts]
    pages: dict[int, AnnouncedPage] = {
        page.pk: page
        for model in TYPES
        for page in without_private(model.objects.filter(pk__in=keys).live())
    }
    countries = _countries(pages.values())
    found = {}
    for alert in sorted(alerts, key=lambda alert: alert.pk, reverse=True):
        page = pages.get(alert.page_id or 0)
        if isinstance(page, SituationPage):
            change = _assessment(page, date.fromisoformat(alert.date), countries[page.pk])
        else:
            change = page and _whole_page(page, countries[page.pk])
        if change:
            found[alert.pk] = change
    return found


def _whole_page(page: DevelopmentPage | PublicationPage, countries: list[Country]) -> Change:
    is_development = isinstance(page, DevelopmentPage)
    topic = TOPIC_OF_LEVEL[Level(page.level)] if is_development else Topic.PUBLICATIONS
    return Change(f"page-{page.pk}", page, page.date, topic, countries)


def _assessment(page: SituationPage, day: date, countries: list[Country]) -> Change | None:
    """The assessment of a day, with the one before; None if there is none, or it is a sample."""
    history = [each for each in page.history if each.date <= day]
    if not history or history[0].date != day or history[0].is_sample:
        return None
    return Change(
        # By its day, of which a situation has one: Wagtail may give the row a new number.
        f"assessment-{page.pk}-{day.isoformat()}",
        page,
        day.isoformat(),
        Topic.SITUATIONS,
        countries,
        assessment=history[0],
        before=history[1] if history[1:] and not history[1].is_sample else None,
    )


def _countries(pages: Iterable[AnnouncedPage]) -> dict[int, list[Country]]:
    """The countries of each page, by its key, with the regions that they lie in."""
    codes = {
        page.pk: [page.country_id]
        if isinstance(page, SituationPage)
        else [country.pk for country in page.countries.all()]
        for page in pages
    }
    wanted = {code for each in codes.values() for code in each}
    rows = Country.objects.filter(pk__in=wanted).select_related("sub_region")
    return {key: [row for row in rows if row.pk in each] for key, each in codes.items()}
