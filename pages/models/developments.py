"""Developments: what happened, at which level, and who says so."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager
from wagtail.search import index

from icrtop.places.models import Country
from pages.blocks import BodyBlock
from pages.dates import PartialDateField, display_partial_date
from pages.models.announced import Announced
from pages.models.base import BasePage, BasePageQuerySet, Filter, ListingPage


class Level(models.TextChoices):
    """Where a development took place, as the Coalition's brochure divides them."""

    UN = "un", _("United Nations")
    REGIONAL = "regional", _("Regional")
    SUB_REGIONAL = "sub_regional", _("Sub-regional")
    NATIONAL = "national", _("National")
    CIVIL_SOCIETY = "civil_society", _("Civil society")


class DevelopmentQuerySet(BasePageQuerySet):
    def newest_first(self) -> Self:
        return self.public().order_by("-date", "title").defer_streamfields()


class DevelopmentIndexPage(ListingPage):
    """All developments, with filters by level and country."""

    page_description = _("Lists developments.")
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.DevelopmentPage"]
    max_count = 1

    class Meta:
        verbose_name = _("developments index")

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        countries = (
            Country.objects.filter(developments__live=True).distinct().values_list("code", "name")
        )
        return [
            Filter(request, "level", _("Level"), Level.choices),
            Filter(request, "country", _("Country"), countries),
        ]

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> DevelopmentQuerySet:
        items = DevelopmentPage.objects.child_of(self).live().newest_first()
        chosen = {one.name: one.chosen for one in filters}
        if chosen["level"]:
            items = items.filter(level=chosen["level"])
        if chosen["country"]:
            items = items.filter(countries=chosen["country"])
        return items.prefetch_related("countries")


class DevelopmentPage(Announced, BasePage):
    """One development."""

    level = models.CharField(_("level"), max_length=20, choices=Level.choices)
    date = PartialDateField(_("date"))
    countries = ParentalManyToManyField(
        Country, blank=True, related_name="developments", verbose_name=_("countries")
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))
    source_title = models.CharField(_("source"), max_length=255, blank=True)
    source_url = models.URLField(_("address of the source"), blank=True)

    search_kind = ("development", _("Developments"))
    page_description = _(
        "Something that happened at the UN, in a region, a country or civil society."
    )
    parent_page_types = ["pages.DevelopmentIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *BasePage.content_panels,
        FieldRowPanel([FieldPanel("level"), FieldPanel("date")]),
        FieldPanel("countries"),
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldPanel("source_title"), FieldPanel("source_url")], heading=_("Source")
        ),
        *Announced.alert_panels,
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("body"),
        index.SearchField("source_title"),
        index.AutocompleteField("date_display"),
        index.AutocompleteField("get_level_display"),
        index.RelatedFields("countries", [index.SearchField("name"), index.FilterField("code")]),
    ]

    objects = PageManager.from_queryset(DevelopmentQuerySet)()

    class Meta:
        verbose_name = _("development")

    @property
    def date_display(self) -> str:
        return display_partial_date(self.date)
