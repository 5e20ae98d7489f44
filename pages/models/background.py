"""Pages that explain: sections, and the articles in them."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.query import PageQuerySet
from wagtail.search import index

from pages.blocks import BodyBlock
from pages.models.base import BasePage, without_private
from pages.models.situations import SituationPage


class SectionPage(BasePage):
    """The head of a section: its own text, then the pages in it."""

    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    search_kind = ("background", _("Background"))
    page_description = _("Heads a section of the site and lists the pages in it.")
    parent_page_types = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: list[str] | None = None  # Whatever page type says that it may stand here.
    content_panels = [*BasePage.content_panels, FieldPanel("body")]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("section")

    def get_sections(self) -> PageQuerySet:
        """The live pages right below this one, in the order that editors gave them."""
        return without_private(self.get_children().live()).specific().defer_streamfields()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["sections"] = self.get_sections()
        return context


class BackgroundPage(BasePage):
    """An article that explains one thing; of a region, it also lists the situations there."""

    body = StreamField(BodyBlock(), verbose_name=_("body"))
    region = models.ForeignKey(
        "places.Region",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("region"),
        help_text=_("The situations in this region are listed below the text."),
    )

    search_kind = ("background", _("Background"))
    page_description = _("Explains one subject, with headings, quotations, documents and more.")
    parent_page_types = ["pages.HomePage", "pages.SectionPage", "pages.BackgroundPage"]
    subpage_types = ["pages.BackgroundPage"]
    content_panels = [*BasePage.content_panels, FieldPanel("body"), FieldPanel("region")]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("background page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        if self.region_id:
            context["situations"] = (
                SituationPage.objects.live().in_region(self.region_id).assessed()
            )
        return context
