"""Country situations: where the four crimes threaten or are committed, and how it develops."""

from __future__ import annotations

import datetime
from typing import Any, Self

from django.db import models
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, PageManager
from wagtail.search import index

from icrtop.places.models import Country, Region
from pages.blocks import BodyBlock
from pages.dates import PartialDateField, display_partial_date
from pages.fields import ChoiceArrayField
from pages.models.announced import Announced
from pages.models.base import (
    BasePage,
    BasePageQuerySet,
    Filter,
    ListingPage,
    from_rows,
    rows_of,
)
from pages.models.developments import DevelopmentPage
from pages.models.publications import PublicationPage
from pages.symbols import symbol_url, symbol_words


class Crime(models.TextChoices):
    """The four crimes of the 2005 World Summit Outcome, A/RES/60/1, paragraph 138."""

    GENOCIDE = "genocide", _("Genocide")
    WAR_CRIMES = "war_crimes", _("War crimes")
    ETHNIC_CLEANSING = "ethnic_cleansing", _("Ethnic cleansing")
    CRIMES_AGAINST_HUMANITY = "crimes_against_humanity", _("Crimes against humanity")


class Status(models.IntegerChoices):
    """How grave a situation is assessed to be; a greater value is graver."""

    CLOSED = 0, _("Closed")
    MONITORING = 1, _("Monitoring")
    SERIOUS_CONCERN = 2, _("Serious concern")
    CURRENT_CRISIS = 3, _("Current crisis")


class Trend(models.IntegerChoices):
    """How a situation changed since the assessment before."""

    DETERIORATED = -1, _("Deteriorated")
    UNCHANGED = 0, _("Unchanged")
    IMPROVED = 1, _("Improved")


class SituationQuerySet(BasePageQuerySet):
    def with_assessment(self) -> Self:
        """With `status`, `trend`, `assessed_on`, `is_sample` of the latest assessment, or None."""
        latest = Assessment.objects.filter(situation=models.OuterRef("pk")).order_by("-date", "-pk")
        return self.annotate(
            status=models.Subquery(latest.values("status")[:1]),
            trend=models.Subquery(latest.values("trend")[:1]),
            assessed_on=models.Subquery(latest.values("date")[:1]),
            is_sample=models.Subquery(latest.values("is_sample")[:1]),
        )

    def assessed(self) -> Self:
        """With their latest assessment, gravest first."""
        return (
            self.with_assessment()
            .select_related("country__sub_region")
            .order_by(Coalesce("status", -1).desc(), "title")
            .defer_streamfields()
        )

    def due_for_assessment(self, before: datetime.date) -> Self:
        """Live situations, not closed, that were last assessed before a day, or never."""
        return (
            self.live()
            .with_assessment()
            .filter(
                models.Q(assessed_on__lt=before) | models.Q(assessed_on=None),
                ~models.Q(status=Status.CLOSED) | models.Q(status=None),
            )
            .order_by(models.F("assessed_on").asc(nulls_first=True), "title")
            .defer_streamfields()
        )

    def needing_attention(self) -> Self:
        """Live situations whose latest assessment is not that they are closed, gravest first."""
        return self.live().public().assessed().exclude(status=Status.CLOSED)

    def in_region(self, code: str) -> Self:
        """Situations in countries of a region or sub-region, by its M49 code."""
        return self.filter(country__in=Country.objects.in_region(code))


class SituationIndexPage(ListingPage):
    """All situations, with filters by region, status and crime."""

    page_description = _("Lists the country situations.")
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.SituationPage"]
    max_count = 1
    per_page = 50

    class Meta:
        verbose_name = _("situations index")

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        regions = Region.objects.top_level().values_list("code", "name")
        statuses = [(str(value), label) for value, label in reversed(Status.choices)]
        return [
            Filter(request, "region", _("Region"), regions),
            Filter(request, "status", _("Status"), statuses),
            Filter(request, "crime", _("Crime"), Crime.choices),
        ]

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> SituationQuerySet:
        items = SituationPage.objects.child_of(self).live().public().assessed()
        chosen = {one.name: one.chosen for one in filters}
        if chosen["region"]:
            items = items.in_region(chosen["region"])
        if chosen["status"]:
            items = items.filter(status=chosen["status"])
        if chosen["crime"]:
            items = items.filter(crimes__contains=[chosen["crime"]])
        return items


class SituationPage(Announced, BasePage):
    """One situation in one country."""

    country = models.ForeignKey(
        Country, models.PROTECT, related_name="situations", verbose_name=_("country")
    )
    crimes = ChoiceArrayField(
        models.CharField(max_length=30, choices=Crime.choices),
        blank=True,
        default=list,
        verbose_name=_("crimes at stake"),
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("analysis"))

    search_kind = ("situation", _("Situations"))
    page_description = _("A country situation: status and trend over time, timeline, analysis.")
    parent_page_types = ["pages.SituationIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *BasePage.content_panels,
        FieldRowPanel([FieldPanel("country"), FieldPanel("crimes")]),
        InlinePanel("assessments", heading=_("Assessments"), label=_("Assessment")),
        InlinePanel("timeline", heading=_("Timeline"), label=_("Dated fact")),
        FieldPanel("body"),
        *Announced.alert_panels,
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("body"),
        index.FilterField("country"),
        index.RelatedFields("country", [index.SearchField("name", boost=3)]),
        index.RelatedFields(
            "timeline",
            [
                index.SearchField("text"),
                index.SearchField("source_symbol"),
                index.AutocompleteField("source_words"),
            ],
        ),
    ]

    objects = PageManager.from_queryset(SituationQuerySet)()

    class Meta:
        verbose_name = _("situation")

    @classmethod
    def for_visitors(cls) -> SituationQuerySet:
        mine = {"situation": models.OuterRef("pk")}
        assessments = Assessment.objects.filter(**mine)
        facts = TimelineEntry.objects.filter(**mine)
        pages: SituationQuerySet = cls.objects.select_related("country__sub_region").annotate(
            assessment_rows=rows_of(assessments, "date", "status", "trend", "summary", "is_sample"),
            fact_rows=rows_of(facts, "date", "text", "source_symbol", "source_title", "source_url"),
        )
        return pages

    @cached_property
    def history(self) -> list[Assessment]:
        """The assessments, latest first."""
        if "assessment_rows" in vars(self):
            assessments = from_rows(Assessment, self.assessment_rows)
        else:
            assessments = list(self.assessments.all())
        return sorted(assessments, key=lambda one: one.date, reverse=True)

    @property
    def latest_assessment(self) -> Assessment | None:
        return self.history[0] if self.history else None

    @property
    def crime_labels(self) -> list[str]:
        return [str(Crime(value).label) for value in self.crimes]

    @cached_property
    def facts(self) -> list[TimelineEntry]:
        """The dated facts, earliest first."""
        if "fact_rows" in vars(self):
            facts = from_rows(TimelineEntry, self.fact_rows)
        else:
            facts = list(self.timeline.all())
        return sorted(facts, key=lambda one: one.date)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        about = {"countries": self.country_id}
        context["developments"] = DevelopmentPage.objects.live().filter(**about).newest_first()[:5]
        context["publications"] = PublicationPage.objects.live().filter(**about).newest_first()[:8]
        return context


class Assessment(models.Model):
    """What the secretariat judged a situation to be, as of one day."""

    situation = ParentalKey(SituationPage, on_delete=models.CASCADE, related_name="assessments")
    date = models.DateField(_("as of"))
    status = models.SmallIntegerField(_("status"), choices=Status.choices)
    trend = models.SmallIntegerField(_("trend"), choices=Trend.choices, default=Trend.UNCHANGED)
    summary = models.TextField(_("why"), blank=True, max_length=1000)
    is_sample = models.BooleanField(
        _("sample"),
        default=False,
        help_text=_("Made up to show how the site works. Labelled as such wherever it is shown."),
    )

    panels = [
        FieldRowPanel([FieldPanel("date"), FieldPanel("status"), FieldPanel("trend")]),
        FieldPanel("summary"),
        FieldPanel("is_sample"),
    ]

    class Meta:
        ordering = ["-date", "-pk"]
        verbose_name = _("assessment")
        constraints = [
            models.UniqueConstraint(
                fields=["situation", "date"], name="one_assessment_a_day_and_situation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.get_status_display()}"


class TimelineEntry(Orderable):
    """A dated fact of a situation, with the document that records it."""

    situation = ParentalKey(SituationPage, on_delete=models.CASCADE, related_name="timeline")
    date = PartialDateField(_("date"))
    text = models.TextField(_("what happened"), max_length=600)
    source_symbol = models.CharField(_("UN document symbol"), max_length=60, blank=True)
    source_title = models.CharField(_("or another source's title"), max_length=255, blank=True)
    source_url = models.URLField(_("and its address"), blank=True)

    panels = [
        FieldRowPanel([FieldPanel("date"), FieldPanel("text")]),
        MultiFieldPanel(
            [FieldPanel("source_symbol"), FieldPanel("source_title"), FieldPanel("source_url")],
            heading=_("Source"),
        ),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("dated fact")

    def __str__(self) -> str:
        return f"{self.date}: {self.text}"

    @property
    def date_display(self) -> str:
        return display_partial_date(self.date)

    @property
    def source_words(self) -> str:
        """The parts of the source's symbol, as the search looks for them."""
        return symbol_words(self.source_symbol)

    @property
    def source_link(self) -> str:
        return symbol_url(self.source_symbol) if self.source_symbol else self.source_url
