"""The group "Membership" of the admin's menu, and what waits on its first page."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.admin_url_finder import ModelAdminURLFinder, register_admin_url_finder
from wagtail.admin.site_summary import SummaryItem
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn, StatusTagColumn
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.permissions import register_permission_policy

from members.admin import (
    ApplicationFilterSet,
    ApplicationIndexView,
    ApplicationInspectView,
    ApplicationPolicy,
    MoveView,
)
from members.models import Application, Organisation

register_permission_policy(Application, ApplicationPolicy(Application), exact_class=True)


class ApplicationURLFinder(ModelAdminURLFinder):
    edit_url_name = "applications:inspect"


class ApplicationViewSet(ModelViewSet):
    model = Application
    name = "applications"
    icon = "form"
    menu_label = _("Applications")
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_template_name = "members/admin/application.html"
    index_view_class = ApplicationIndexView
    inspect_view_class = ApplicationInspectView
    filterset_class = ApplicationFilterSet
    search_fields = ["organisation_name", "contact_name", "email", "reference"]
    search_backend_name = None
    form_fields: list[str] = []
    list_per_page = 50
    list_display = [
        "organisation_name",
        StatusTagColumn(
            "get_state_display",
            label=_("State"),
            sort_key="state",
            primary=lambda application: application.is_waiting,
        ),
        NumberColumn("age_days", label=_("Age in days"), sort_key="created"),
        Column("country", label=_("Country"), sort_key="country__name"),
        "category",
        DateColumn("created", label=_("Received"), sort_key="created"),
        "reference",
    ]
    inspect_view_fields = [
        "reference",
        "get_state_display",
        "created",
        "organisation_name",
        "country",
        "website",
        "category",
        "contact_name",
        "email",
        "why",
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        shown = {"index", "index_results", "inspect", "delete"}
        return [
            *(pattern for pattern in super().get_urlpatterns() if pattern.name in shown),
            path("<int:pk>/<slug:move>/", self.construct_view(MoveView), name="move"),
        ]

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # Nobody adds applications here, or changes what was sent in.
        missing = ("add", "edit", "history", "usage")
        return super().get_common_view_kwargs(
            **{f"{name}_url_name": None for name in missing}, **kwargs
        )

    def get_inspect_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_inspect_view_kwargs(move_url_name=self.get_url_name("move"), **kwargs)

    def register_admin_url_finder(self) -> None:
        register_admin_url_finder(Application, ApplicationURLFinder)


class OrganisationViewSet(ModelViewSet):
    model = Organisation
    name = "organisations"
    icon = "group"
    menu_label = _("Organisations")
    copy_view_enabled = False
    search_fields = ["name", "acronym", "city", "country__name"]
    search_backend_name = None
    list_filter = ["memberships__category", "memberships__on_steering_committee"]
    list_per_page = 50
    list_display = [
        "name",
        "acronym",
        Column("country", label=_("Country"), sort_key="country__name"),
        "city",
    ]


class MembershipGroup(ModelViewSetGroup):
    items = (ApplicationViewSet, OrganisationViewSet)
    menu_label = _("Membership")
    menu_icon = "group"
    menu_order = 800  # After pages, images and documents; before the listserv.


@hooks.register("register_admin_viewset")
def register_membership() -> MembershipGroup:
    return MembershipGroup()


class ApplicationsSummaryItem(SummaryItem):
    """How many applications wait, for those who may see them."""

    order = 50
    template_name = "members/admin/summary.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {
            "waiting": Application.objects.waiting().count(),
            "address": f"{reverse('applications:index')}?waiting=true",
        }

    def is_shown(self) -> bool:
        return bool(self.request.user.has_perm("members.view_application"))


@hooks.register("construct_homepage_summary_items")
def add_waiting_applications(request: HttpRequest, items: list[SummaryItem]) -> None:
    items.append(ApplicationsSummaryItem(request))
