"""Organisations and sectors in the admin: the list with its filters, and the form."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from icrtop.places.models import Region
from members.admin.member_page import EndTermView, MemberPageView, RecordConfirmationView
from members.models import Category, Listing, Membership, Organisation, Sector
from members.reconfirmation_standing import Standing, with_standing

NONE = "none"
YES, NO = "yes", "no"
EITHER = [(YES, _("Yes")), (NO, _("No"))]


class OrganisationFilterSet(WagtailFilterSet):
    category = django_filters.ChoiceFilter(
        choices=[*Category.choices, (NONE, _("Does not belong to the Coalition now"))],
        method="filter_category",
        label=_("Category"),
    )
    committee = django_filters.ChoiceFilter(
        choices=EITHER, method="filter_committee", label=_("On the Steering Committee")
    )
    listing = django_filters.ChoiceFilter(choices=Listing.choices, label=_("Shown to the public"))
    profile = django_filters.ChoiceFilter(
        choices=EITHER, method="filter_profile", label=_("Profile is public")
    )
    standing = django_filters.ChoiceFilter(
        choices=Standing.choices, method="filter_standing", label=_("Yearly question")
    )
    region = django_filters.ModelChoiceFilter(
        queryset=Region.objects.top_level(), method="filter_region", label=_("Region")
    )
    sectors = django_filters.ModelChoiceFilter(queryset=Sector.objects.all(), label=_("Sector"))

    class Meta:
        model = Organisation
        fields: list[str] = []

    def filter_category(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(term_category=None if value == NONE else value)

    def filter_committee(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sits_on_committee=value == YES)

    def filter_profile(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(profile_published=value == YES)

    def filter_standing(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        chosen = {"standing": value}
        return rows.filter(pk__in=with_standing().filter(**chosen).values("organisation"))

    def filter_region(self, rows: QuerySet[Any], name: str, value: Region) -> QuerySet[Any]:
        places = Q(country__sub_region=value) | Q(country__sub_region__parent=value)
        return rows.filter(places)


class OrganisationIndexView(generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Organisation]:
        """Each with the category of its present term, and whether it is on the committee."""
        terms = Membership.objects.current().filter(organisation=OuterRef("pk"))
        rows: QuerySet[Organisation] = super().get_base_queryset()
        return rows.select_related("country").annotate(
            term_category=Subquery(terms.values("category")[:1]),
            sits_on_committee=Exists(terms.filter(on_steering_committee=True)),
        )


def _category(organisation: Any) -> str:
    label = organisation.term_category
    return str(Category(label).label) if label else ""


def _shown(organisation: Organisation) -> str:
    if not organisation.profile_published:
        return str(_("Not yet: profile not checked"))
    return str(SHOWN[Listing(organisation.listing)])


# In a word, for the list.
SHOWN = {
    Listing.FULL: _("With its name"),
    Listing.UNNAMED: _("Unnamed"),
    Listing.HIDDEN: _("Hidden"),
}


class OrganisationViewSet(ModelViewSet):
    model = Organisation
    name = "organisations"
    icon = "group"
    menu_label = _("Organisations")
    index_view_class = OrganisationIndexView
    inspect_view_enabled = True
    inspect_view_class = MemberPageView
    inspect_template_name = "members/admin/member.html"
    copy_view_enabled = False
    search_fields = ["name", "acronym", "city", "country__name", "focal_points__email"]
    search_backend_name = None
    filterset_class = OrganisationFilterSet
    list_per_page = 50
    list_display = [
        "name",
        "acronym",
        Column("category", accessor=_category, label=_("Category"), sort_key="term_category"),
        Column(
            "committee",
            accessor=lambda one: _("Yes") if one.sits_on_committee else "",
            label=_("Steering Committee"),
            sort_key="sits_on_committee",
        ),
        Column("country", label=_("Country"), sort_key="country__name"),
        StatusTagColumn(
            "shown",
            accessor=_shown,
            label=_("Shown to the public"),
            sort_key="listing",
            primary=lambda one: one.profile_published and one.listing == Listing.FULL,
        ),
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path(
                "<int:pk>/record-confirmation/",
                self.construct_view(RecordConfirmationView),
                name="record_confirmation",
            ),
            path("<int:pk>/end-term/", self.construct_view(EndTermView), name="end_term"),
        ]


class SectorViewSet(ModelViewSet):
    model = Sector
    name = "sectors"
    icon = "tag"
    menu_label = _("Sectors")
    copy_view_enabled = False
    search_backend_name = None
    search_fields = ["name"]
    list_per_page = 50
    list_display = ["name", "slug"]
