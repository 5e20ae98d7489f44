from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from pages.blocks import BodyBlock
from pages.models.base import BasePage
from pages.models.developments import DevelopmentPage
from pages.models.publications import PublicationPage
from pages.models.situations import SituationPage


class HomePage(BasePage):
    """The first page: what RtoP is, what is happening now, what to do."""

    headline = models.CharField(_("headline"), max_length=120, blank=True)
    call_title = models.CharField(_("heading of the call to act"), max_length=120, blank=True)
    call_text = models.TextField(_("text of the call to act"), blank=True, max_length=600)
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    page_description = _("The site's first page.")
    parent_page_types = ["wagtailcore.Page"]
    subpage_types: list[str] | None = None  # Whatever page type says that it may stand here.
    max_count = 1
    content_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("headline"), FieldPanel("introduction")], heading=_("What RtoP is")
        ),
        MultiFieldPanel(
            [FieldPanel("call_title"), FieldPanel("call_text")], heading=_("What to do")
        ),
        FieldPanel("body"),
    ]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("home page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["situations"] = SituationPage.objects.needing_attention()
        context["developments"] = DevelopmentPage.objects.live().newest_first()[:3]
        context["publications"] = PublicationPage.objects.live().newest_first()[:3]
        return context
