"""The members' directory, and the page by which organisations join."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from icrtop.places.models import Country, Region
from members import services
from members.forms import ApplicationForm
from members.models.organisations import Organisation, OrganisationQuerySet
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

    page_description = _("Lists Members, NGO Supporters or the Steering Committee.")
    parent_page_types = ["pages.HomePage", "pages.SectionPage"]
    subpage_types: list[str] = []
    content_panels = [*ListingPage.content_panels, FieldPanel("shows"), FieldPanel("body")]
    search_fields = [*ListingPage.search_fields, index.SearchField("body")]
    per_page = 50

    class Meta:
        verbose_name = _("directory page")

    def get_organisations(self) -> OrganisationQuerySet:
        """Everything this page can list."""
        if self.shows == self.Shows.SUPPORTERS:
            return Organisation.objects.supporters()
        if self.shows == self.Shows.STEERING_COMMITTEE:
            return Organisation.objects.steering_committee()
        return Organisation.objects.members()

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        listed = self.get_organisations().order_by().values("country")
        countries = Country.objects.filter(code__in=listed)
        regions = Region.objects.top_level().filter(sub_regions__countries__in=countries).distinct()
        return [
            Filter(request, "region", _("Region"), list(regions.values_list("code", "name"))),
            Filter(request, "country", _("Country"), list(countries.values_list("code", "name"))),
        ]

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> OrganisationQuerySet:
        items = self.get_organisations()
        chosen = {one.name: one.chosen for one in filters}
        if chosen["region"]:
            items = items.in_region(chosen["region"])
        if chosen["country"]:
            items = items.filter(country=chosen["country"])
        return items


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
