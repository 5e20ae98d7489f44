from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from pages.blocks import BodyBlock
from pages.forms import ContactForm
from pages.models.base import BasePage
from pages.models.site_settings import SiteSettings
from pages.services import write_to_secretariat


class ContactPage(BasePage):
    """How to reach the secretariat, with a form."""

    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))

    page_description = _("The secretariat's address, and a form to write to it.")
    parent_page_types = ["pages.HomePage"]
    subpage_types: list[str] = []
    max_count = 1
    content_panels = [*BasePage.content_panels, FieldPanel("body")]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("contact page")

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        form = ContactForm(data, request=request)
        if form.is_valid():
            if not form.is_automated:
                letter = form.cleaned_data
                write_to_secretariat(
                    SiteSettings.for_request(request),
                    name=letter["name"],
                    email=letter["email"],
                    text=letter["message"],
                )
            return HttpResponseRedirect(f"{self.get_url(request)}?sent", status=303)
        kwargs["form"] = form
        return super().serve(request, *args, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["form"] = kwargs.get("form") or ContactForm(request=request)
        context["sent"] = "sent" in request.GET
        return context
