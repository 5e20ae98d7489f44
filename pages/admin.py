"""What staff see of pages in the admin, beside Wagtail's own: what waits for them, and lists."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.pages.listing import IndexView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.models import Page, Revision
from wagtail.permissions import policy_registry

from icrtop.places.models import Country, Region
from pages.models import DevelopmentPage, PublicationPage, SituationPage, Status, Trend

ASSESS_EVERY = datetime.timedelta(days=60)
SHOWN = 8


class WaitingPanel(Component):
    """What waits for a human: assessments that grew old, drafts, and what is scheduled.

    Everyone sees what they may edit.
    """

    name = "waiting"
    order = 100
    template_name = "pages/admin/waiting.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        policy = policy_registry.get_by_type(Page)
        user = parent_context["request"].user
        mine = policy.instances_user_has_permission_for(user, "change").values("pk")
        pages = Page.objects.filter(pk__in=mine, depth__gt=1).defer_streamfields()
        before = timezone.localdate() - ASSESS_EVERY
        schedule = Revision.page_revisions.filter(
            object_id=Cast(OuterRef("pk"), CharField()), approved_go_live_at__isnull=False
        )
        return {
            "days": ASSESS_EVERY.days,
            "situations": SituationPage.objects.due_for_assessment(before).filter(pk__in=mine)[
                :SHOWN
            ],
            "drafts": pages.filter(has_unpublished_changes=True).order_by(
                F("latest_revision_created_at").asc(nulls_first=True)
            )[:SHOWN],
            "scheduled": pages.annotate(
                goes_live=Subquery(schedule.values("approved_go_live_at")[:1])
            )
            .exclude(goes_live=None)
            .order_by("goes_live")[:SHOWN],
            "expiring": pages.live().exclude(expire_at=None).order_by("expire_at")[:SHOWN],
        }


class PagesMenuItem(MenuItem):
    """For those who may do something with pages of one type, or with pages of all types."""

    model: type[Page]

    def is_shown(self, request: HttpRequest) -> bool:
        if request.user.is_superuser:
            return True
        policy = policy_registry.get_by_type(Page)
        rights = policy.get_cached_permissions_for_user(request.user)
        return any(self.stands_below(right.page) for right in rights)

    def stands_below(self, page: Page) -> bool:
        """Whether pages of the type can stand below a page, as far as its own type tells."""
        is_whole_site = page.depth <= 2
        section = page.specific_class
        return is_whole_site or bool(section and self.model in section.allowed_subpage_models())


class Listing(PageListingViewSet):
    """Base of the lists of one type of page, wherever in the tree."""

    add_to_admin_menu = True
    common_columns = [
        column for column in IndexView.base_columns if column.name not in ("parent", "updated")
    ]

    @cached_property
    def menu_item_class(self) -> type[PagesMenuItem]:
        return type("ListingMenuItem", (PagesMenuItem,), {"model": self.model})


class SituationIndexView(IndexView):
    def get_base_queryset(self) -> QuerySet[SituationPage]:
        return super().get_base_queryset().with_assessment()


class LabelColumn(Column):
    """The label of a choice that a query brought along as a bare value."""

    def __init__(self, name: str, choices: type[Status] | type[Trend], **kwargs: Any) -> None:
        super().__init__(f"{name}_label", **kwargs)
        self.value_name = name
        self.choices = choices

    def get_value(self, instance: SituationPage) -> str:
        value = getattr(instance, self.value_name)
        return "" if value is None else str(self.choices(value).label)


class SituationListing(Listing):
    model = SituationPage
    name = "situations"
    icon = "globe"
    menu_label = _("Situations")
    menu_order = 110
    index_view_class = SituationIndexView
    columns = [
        *Listing.common_columns,
        LabelColumn("status", Status, label=_("Assessed as")),
        LabelColumn("trend", Trend, label=_("Trend")),
        DateColumn("assessed_on", label=_("As of")),
    ]


class DevelopmentListing(Listing):
    model = DevelopmentPage
    name = "developments"
    icon = "history"
    menu_label = _("Developments")
    menu_order = 120
    columns = [
        *Listing.common_columns,
        Column("get_level_display", label=_("Level"), sort_key="level"),
        Column("date_display", label=_("Date"), sort_key="date"),
    ]


class PublicationListing(Listing):
    model = PublicationPage
    name = "publications"
    icon = "doc-full"
    menu_label = _("Publications")
    menu_order = 130
    columns = [
        *Listing.common_columns,
        Column("get_kind_display", label=_("Kind"), sort_key="kind"),
        Column("date_display", label=_("Date"), sort_key="date"),
    ]


class PlaceViewSet(ModelViewSet):
    """Places come from the UN's lists: staff may correct a name, and nobody adds or deletes one."""

    icon = "globe"
    add_to_settings_menu = True
    copy_view_enabled = False
    form_fields = ["name"]
    search_backend_name = None
    list_per_page = 50


class CountryViewSet(PlaceViewSet):
    model = Country
    name = "countries"
    menu_order = 900
    menu_label = _("Countries")
    search_fields = ["name", "code", "alpha3"]
    list_filter = ["sub_region"]
    list_display = [
        "name",
        "code",
        "alpha3",
        Column("sub_region", label=_("Sub-region"), sort_key="sub_region__name"),
    ]


class RegionViewSet(PlaceViewSet):
    model = Region
    name = "regions"
    menu_order = 910
    menu_label = _("Regions")
    search_fields = ["name", "code"]
    list_display = ["name", "code", Column("parent", label=_("Part of"), sort_key="parent__name")]
