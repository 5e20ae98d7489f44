from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.search import index

from newsletter.forms import SubscribeForm
from newsletter.services import subscribing
from newsletter.wording import CONSENT
from pages.models import BasePage


class SubscribePage(BasePage):
    """Where anyone subscribes to the Coalition's letters."""

    body = RichTextField(
        _("text"),
        blank=True,
        features=["bold", "italic", "link", "ul"],
        help_text=_("Stands before the form: what the letters are, and how often they come."),
    )

    page_description = _("The form to subscribe to the mailing lists.")
    parent_page_types = ["pages.HomePage"]
    subpage_types: list[str] = []
    max_count = 1
    content_panels = [*BasePage.content_panels, FieldPanel("body")]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("subscribe page")

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        form = SubscribeForm(data, request=request)
        if form.is_valid():
            if not form.is_automated:
                mailing_lists, choices = form.wanted
                subscribing.ask_to_subscribe(
                    email=form.cleaned_data["email"],
                    mailing_lists=mailing_lists,
                    choices=choices,
                    how=f"form at {request.path}",
                )
            # One answer for every address, and one that can be reloaded.
            return HttpResponseRedirect(reverse("newsletter:check_mail"), status=303)
        return super().serve(request, *args, form=form, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["form"] = kwargs.get("form") or SubscribeForm(request=request)
        context["consent"] = CONSENT
        return context
