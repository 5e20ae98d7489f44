"""The library: reports, resolutions, books, educational materials."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, PageManager
from wagtail.search import index

from icrtop.places.models import Country
from pages.blocks import BodyBlock
from pages.dates import PartialDateField, display_partial_date
from pages.fields import ChoiceArrayField
from pages.models.announced import Announced
from pages.models.base import BasePage, BasePageQuerySet, Filter, ListingPage
from pages.symbols import symbol_url, symbol_words


class Kind(models.TextChoices):
    REPORT = "report", _("Report")
    RESOLUTION = "resolution", _("Resolution")
    TREATY = "treaty", _("Treaty")
    STATEMENT = "statement", _("Statement")
    BRIEFING = "briefing", _("Briefing")
    ARTICLE = "article", _("Article")
    BOOK = "book", _("Book")
    EDUCATIONAL = "educational", _("Educational material")


class Language(models.TextChoices):
    """The languages that a document is offered in: the UN's six official ones, then others."""

    ARABIC = "ar", _("Arabic")
    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")
    FRENCH = "fr", _("French")
    RUSSIAN = "ru", _("Russian")
    SPANISH = "es", _("Spanish")
    PORTUGUESE = "pt", _("Portuguese")
    SWAHILI = "sw", _("Swahili")


class PublicationQuerySet(BasePageQuerySet):
    def newest_first(self) -> Self:
        """Newest first, with their symbols."""
        symbols = DocumentSymbol.objects.filter(publication=models.OuterRef("pk"))
        return (
            self.public()
            .annotate(symbol_texts=ArraySubquery(symbols.values("symbol")))
            .order_by("-date", "title")
            .defer_streamfields()
        )

    def core(self) -> Self:
        """The documents that made the norm."""
        return self.filter(is_core=True)


class PublicationIndexPage(ListingPage):
    """The library, or the part of it that staff chose."""

    class Shows(models.TextChoices):
        ALL = "all", _("All publications")
        CORE = "core", _("Core documents only")
        EDUCATIONAL = "educational", _("Educational materials only")

    shows = models.CharField(
        _("what is listed"), max_length=20, choices=Shows.choices, default=Shows.ALL
    )

    page_description = _("Lists publications: all, core documents, or educational materials.")
    parent_page_types = ["pages.HomePage", "pages.SectionPage"]
    subpage_types = ["pages.PublicationPage"]
    content_panels = [*ListingPage.content_panels, FieldPanel("shows")]

    class Meta:
        verbose_name = _("publications index")

    def get_publications(self) -> PublicationQuerySet:
        """Everything this page can list, newest first."""
        publications = PublicationPage.objects.live().newest_first()
        if self.shows == self.Shows.CORE:
            return publications.core()
        if self.shows == self.Shows.EDUCATIONAL:
            return publications.filter(kind=Kind.EDUCATIONAL)
        return publications

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        bodies = (
            PublicationPage.objects.live()
            .exclude(issuing_body="")
            .order_by("issuing_body")
            .values_list("issuing_body", flat=True)
            .distinct()
        )
        return [
            Filter(request, "kind", _("Kind"), Kind.choices),
            Filter(request, "body", _("Issued by"), [(name, name) for name in bodies]),
        ]

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> PublicationQuerySet:
        items = self.get_publications()
        chosen = {one.name: one.chosen for one in filters}
        if chosen["kind"]:
            items = items.filter(kind=chosen["kind"])
        if chosen["body"]:
            items = items.filter(issuing_body=chosen["body"])
        return items


class PublicationPage(Announced, BasePage):
    """One document: what it is, who issued it, where to read it."""

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    authors = models.CharField(_("authors"), max_length=255, blank=True)
    issuing_body = models.CharField(
        _("issued by"),
        max_length=255,
        blank=True,
        help_text=_("The organisation or organ, such as UN Secretary-General."),
    )
    date = PartialDateField(_("date"))
    languages = ChoiceArrayField(
        models.CharField(max_length=2, choices=Language.choices),
        blank=True,
        default=list,
        verbose_name=_("languages"),
    )
    is_core = models.BooleanField(_("core document of RtoP"), default=False)
    countries = ParentalManyToManyField(
        Country, blank=True, related_name="publications", verbose_name=_("countries")
    )
    document = models.ForeignKey(
        "pages.SiteDocument",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("file"),
    )
    external_url = models.URLField(
        _("address elsewhere"), blank=True, help_text=_("Where the document is, if not here.")
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))
    internal_note = models.TextField(
        _("note to editors"), blank=True, help_text=_("Never shown to visitors.")
    )

    # A symbol names one document: a copy, made to be changed into another one, begins without.
    exclude_fields_in_copy = [*Announced.exclude_fields_in_copy, "symbols"]

    search_kind = ("publication", _("Publications"))
    page_description = _("A report, resolution, book or other document.")
    parent_page_types = ["pages.PublicationIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *BasePage.content_panels,
        FieldRowPanel([FieldPanel("kind"), FieldPanel("date")]),
        FieldRowPanel([FieldPanel("issuing_body"), FieldPanel("authors")]),
        InlinePanel("symbols", heading=_("UN document symbols"), label=_("Symbol")),
        MultiFieldPanel(
            [FieldPanel("document"), FieldPanel("external_url"), FieldPanel("languages")],
            heading=_("Where to read it"),
        ),
        FieldPanel("countries"),
        FieldPanel("is_core"),
        FieldPanel("body"),
        FieldPanel("internal_note"),
        *Announced.alert_panels,
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("authors"),
        index.SearchField("issuing_body"),
        index.SearchField("body"),
        index.AutocompleteField("get_kind_display"),
        index.AutocompleteField("date_display"),
        index.RelatedFields(
            "symbols",
            [index.SearchField("symbol", boost=5), index.AutocompleteField("words")],
        ),
        index.RelatedFields("countries", [index.SearchField("name"), index.FilterField("code")]),
    ]

    objects = PageManager.from_queryset(PublicationQuerySet)()

    class Meta:
        verbose_name = _("publication")

    @property
    def date_display(self) -> str:
        return display_partial_date(self.date)

    @property
    def language_labels(self) -> list[str]:
        return [str(Language(value).label) for value in self.languages]

    @cached_property
    def symbol_list(self) -> list[DocumentSymbol]:
        """Its symbols in order, from the query that found it where that brought them along."""
        if "symbol_texts" in vars(self):
            return [DocumentSymbol(symbol=text) for text in self.symbol_texts]
        return list(self.symbols.all())


class DocumentSymbol(Orderable):
    """A UN document symbol of a publication; a report can bear one of each of two organs."""

    publication = ParentalKey(PublicationPage, on_delete=models.CASCADE, related_name="symbols")
    symbol = models.CharField(
        _("symbol"),
        max_length=60,
        unique=True,
        help_text=_("As the UN prints it, such as A/63/677 or S/RES/1674."),
    )

    panels = [FieldPanel("symbol")]

    class Meta(Orderable.Meta):
        verbose_name = _("UN document symbol")

    def __str__(self) -> str:
        return self.symbol

    @property
    def words(self) -> str:
        """Its parts, as the search looks for them."""
        return symbol_words(self.symbol)

    @property
    def url(self) -> str:
        """Where the UN's document service shows it."""
        return symbol_url(self.symbol)
