"""The page of one member: what it says, and what it leads to."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils.functional import Promise, cached_property
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from wagtail.models import Page

from icrtop.places.models import Country
from members.models import DirectoryPage
from members.models.works import LISTED_PAGES
from members.public import PublicMember
from pages.models import BasePage, SituationPage
from pages.models.base import without_private
from pages.withheld import without_withheld

# Longer texts are cut by search engines, and where a link is shared.
DESCRIPTION_LENGTH = 300


@dataclass(frozen=True)
class WorkGroup:
    """Pages of one kind that a member had a part in, newest first."""

    label: str | Promise
    pages: list[Any]


@dataclass(frozen=True)
class CountryOfWork:
    country: Country
    situation: SituationPage | None


class Profile:
    """A member's page, with what the frame of every page asks of one: title, description, way.

    `member` has a name. Without the directory it has no way back, as in a preview.
    """

    pk = share_image_id = None
    seo_title = introduction = ""

    def __init__(self, member: PublicMember, directory: DirectoryPage | None = None) -> None:
        self.member = member
        self.title = member.display_name
        self.breadcrumbs: list[Page] = [*directory.breadcrumbs, directory] if directory else []

    @property
    def description(self) -> str:
        """For search engines and for those with whom a link is shared."""
        if self.member.about:
            return str(Truncator(" ".join(self.member.about.split())).chars(DESCRIPTION_LENGTH))
        return _("%(name)s, %(country)s: %(category)s of the Coalition.") % {
            "name": self.member.display_name,
            "country": self.member.country,
            "category": self.member.category_label,
        }

    @cached_property
    def works_in(self) -> list[CountryOfWork]:
        """The countries it works in, each with the situation there. One query."""
        countries = self.member.works_in
        if not countries:
            return []
        codes = [country.code for country in countries]
        found = SituationPage.objects.live().public().filter(country__in=codes)
        situations = {page.country_id: page for page in found.defer_streamfields()}
        return [CountryOfWork(one, situations.get(one.code)) for one in countries]

    @cached_property
    def works(self) -> list[WorkGroup]:
        """What it did on RtoP, events apart, as far as visitors may read it. A query a kind."""
        groups = [self._of_kind(apps.get_model(label)) for label in LISTED_PAGES]
        return [group for group in groups if group.pages]

    def _of_kind(self, model: type[BasePage]) -> WorkGroup:
        mine = model.objects.live().filter(organisation_works__organisation__slug=self.member.slug)
        pages = without_withheld(without_private(mine)).defer_streamfields()
        return WorkGroup(
            model.search_kind[1], sorted(pages, key=lambda page: (page.date, page.pk), reverse=True)
        )
