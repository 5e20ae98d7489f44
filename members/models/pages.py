"""The members' directory, and the page by which organisations join."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from members import services
from members.forms import ApplicationForm
from members.models.organisations import Organisation
from pages.blocks import BodyBlock
from pages.models import BasePage, Filter, ListingPage


class DirectoryPage(ListingPage):
    """The Members, the NGO Supporters or the Steering Committee, with filters by place."""

    class Shows(models.TextChoices):
        MEMBERS = "members", _("Members")
        SUPPORTERS = "supporters", _("NGO Supporters")
        STEERING_COMMITTEE = "steering_committee", _("Steering Committee")

    shows = models.CharField(
        _("what is listed"), max_length=20, choices=Shows.choices, default=Shows.MEMBERS
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

    class Meta:
        verbose_name = _("directory page")

    @cached_property
    def organisations(self) -> list[Organisation]:
        """Everything this page can list: as many as a coalition has, so that one query will do."""
        if self.shows == self.Shows.SUPPORTERS:
            return list(Organisation.objects.supporters())
        if self.shows == self.Shows.STEERING_COMMITTEE:
            return list(Organisation.objects.steering_committee())
        return list(Organisation.objects.members())

    @property
    def names(self) -> str:
        """The names of all that it lists, by which the search finds the page."""
        return "\n".join(str(one) for one in self.organisations)

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        places = [(one.region, one.country) for one in self.organisations]
        regions = {(region.name, region.code) for region, _country in places}
        countries = {(country.name, country.code) for _region, country in places}
        return [
            Filter(
                request, "region", _("Region"), [(code, name) for name, code in sorted(regions)]
            ),
            Filter(
                request, "country", _("Country"), [(code, name) for name, code in sorted(countries)]
            ),
        ]

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> list[Organisation]:
        chosen = {one.name: one.chosen for one in filters}
        return [
            one
            for one in self.organisations
            if chosen["region"] in ("", one.region.code)
            and chosen["country"] in ("", one.country_id)
        ]


class SeeOther(HttpResponseRedirect):
    """Leads on after a form was taken: reloading does not send it again (RFC 9110, 15.4.4)."""

    status_code = 303


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

    page_description = _("Says who can join, and has the form to apply.")
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

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = request.POST if request.method == "POST" else None
        form = ApplicationForm(data, request=request)
        if form.is_valid():
            if not form.is_automated:
                services.submit_application(form.answers, endorsed=form.endorsed)
            return SeeOther(f"{self.get_url(request)}?sent")
        return super().serve(request, *args, form=form, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["form"] = kwargs.get("form") or ApplicationForm(request=request)
        context["sent"] = "sent" in request.GET and not context["form"].is_bound
        return context
