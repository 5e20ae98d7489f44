"""The directory of members and the committee, and the page by which organisations join."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from members.directory.listing import FACETS, Directory
from members.directory.open_data import FIELDS
from members.models.organisations import Category
from members.public import PublicMember, public_members
from pages.blocks import BodyBlock
from pages.models import BasePage, Filter, ListingPage
from pages.models.base import without_private


class DirectoryPage(ListingPage):
    """Who belongs to the Coalition: everyone, one category, or the Steering Committee."""

    class Shows(models.TextChoices):
        EVERYONE = "everyone", _("Members and NGO Supporters: the directory")
        MEMBERS = "members", _("Members")
        SUPPORTERS = "supporters", _("NGO Supporters")
        STEERING_COMMITTEE = "steering_committee", _("Steering Committee")

    shows = models.CharField(
        _("what is listed"), max_length=20, choices=Shows.choices, default=Shows.EVERYONE
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("text below the list"))

    search_kind = ("members", _("Members"))
    page_description = _("Lists Members, NGO Supporters or the Steering Committee.")
    parent_page_types = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: list[str] = []
    content_panels = [*ListingPage.content_panels, FieldPanel("shows"), FieldPanel("body")]
    search_fields = [
        *ListingPage.search_fields,
        index.SearchField("body"),
        index.SearchField("names"),
    ]
    per_page = 50

    # What `get_filters` made of the request, for the rest of the page.
    directory: Directory | None

    class Meta:
        verbose_name = _("directory page")

    @classmethod
    def of_everyone(cls) -> DirectoryPage | None:
        """The directory, where everybody may read it: what profiles and exports belong to."""
        pages = without_private(cls.objects.live().filter(shows=cls.Shows.EVERYONE))
        page: DirectoryPage | None = pages.order_by("path").defer_streamfields().first()
        return page

    @property
    def is_of_everyone(self) -> bool:
        return self.shows == self.Shows.EVERYONE

    @property
    def is_of_committee(self) -> bool:
        return self.shows == self.Shows.STEERING_COMMITTEE

    @cached_property
    def members(self) -> list[PublicMember]:
        """Everything this page can list: as many as a coalition has, so that one query will do."""
        everyone = public_members()
        if self.is_of_committee:
            return [one for one in everyone if one.on_steering_committee]
        wanted = ONE_CATEGORY.get(self.shows)
        return [one for one in everyone if wanted in (None, one.category)]

    @property
    def balance(self) -> list[tuple[str, int]]:
        """The regions of those that it lists, by name, with how many are from each."""
        return sorted(Counter(one.region.name for one in self.members).items())

    @property
    def names(self) -> str:
        """The names of all that it lists, by which the search finds the page."""
        return "\n".join(one.display_name for one in self.members if one.is_named)

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        if self.is_of_committee:  # A dozen organisations need no filters.
            self.directory = None
            return []
        facets = [one for one in FACETS if one != "category" or self.is_of_everyone]
        self.directory = Directory(self.members, request, facets)
        return self.directory.filters

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> list[PublicMember]:
        return self.directory.named if self.directory else self.members

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["directory"] = self.directory
        context["fields"] = FIELDS
        return context

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        """Its own address; the directory's also those of all profiles."""
        urls: list[dict[str, Any]] = super().get_sitemap_urls(request)
        named = [one for one in self.members if one.is_named] if self.is_of_everyone else []
        return [*urls, *({"location": one.url} for one in named)]


ONE_CATEGORY: dict[str, Category] = {
    DirectoryPage.Shows.MEMBERS: Category.MEMBER,
    DirectoryPage.Shows.SUPPORTERS: Category.NGO_SUPPORTER,
}


class JoinPage(BasePage):
    """Who can join, and how: the criteria, the categories, and the form to apply."""

    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))
    purposes_page = models.ForeignKey(
        Page,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("page with the founding purposes"),
    )
    understanding_page = models.ForeignKey(
        Page,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("page with the common understanding"),
    )
    thanks = models.TextField(
        _("shown after sending"),
        blank=True,
        max_length=1000,
        help_text=_("What happens next, and how long it takes."),
    )

    page_description = _("Says who can join, and leads to the form to apply.")
    parent_page_types = ["pages.HomePage"]
    subpage_types: list[str] = []
    max_count = 1
    content_panels = [
        *BasePage.content_panels,
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldPanel("purposes_page"), FieldPanel("understanding_page")],
            heading=_("What applicants endorse"),
        ),
        FieldPanel("thanks"),
    ]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("page to join")
