"""The group "Membership" of the admin's menu, and what waits on its first page."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.site_summary import SummaryItem
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.permissions import register_permission_policy

from members.admin import retention
from members.admin.applications import ApplicationPolicy, ApplicationViewSet
from members.admin.ballots import BallotViewSet
from members.admin.members_summary import MembersSummaryItem
from members.admin.organisations import OrganisationViewSet, SectorViewSet
from members.admin.profile_changes import ProfileChangeViewSet
from members.admin.reconfirmations import ReconfirmationViewSet
from members.admin.summary import ApplicationsSummaryItem
from members.models import Application

register_permission_policy(Application, ApplicationPolicy(Application), exact_class=True)


class MembershipGroup(ModelViewSetGroup):
    items = (
        ApplicationViewSet,
        BallotViewSet,
        OrganisationViewSet,
        ProfileChangeViewSet,
        ReconfirmationViewSet,
        SectorViewSet,
    )
    menu_label = _("Membership")
    menu_icon = "group"
    menu_order = 800  # After pages, images and documents; before the listserv.

    def get_submenu_items(self) -> list[MenuItem]:
        return [*super().get_submenu_items(), retention.menu_item()]


@hooks.register("register_admin_viewset")
def register_membership() -> MembershipGroup:
    return MembershipGroup()


@hooks.register("construct_homepage_summary_items")
def add_waiting_applications(request: HttpRequest, items: list[SummaryItem]) -> None:
    items.append(ApplicationsSummaryItem(request))


@hooks.register("construct_homepage_summary_items")
def add_members(request: HttpRequest, items: list[SummaryItem]) -> None:
    items.append(MembersSummaryItem(request))
