"""Events in the admin."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column

from events.calendars.panels import LeftOutPanel
from events.models import EventPage
from pages.admin import Listing


class EventListing(Listing):
    model = EventPage
    name = "events"
    url_namespace = "events_admin"  # The public addresses are `events:…`.
    icon = "calendar-alt"
    menu_label = _("Events")
    menu_order = 140
    columns = [
        *Listing.common_columns,
        Column("get_kind_display", label=_("Kind"), sort_key="kind"),
        Column("date_display", label=_("Date"), sort_key="start_date"),
        Column("place", label=_("Place"), sort_key="place"),
    ]


@hooks.register("register_admin_viewset")
def register_listing() -> EventListing:
    return EventListing()


@hooks.register("construct_homepage_panels")
def show_what_calendars_leave_out(request: HttpRequest, panels: list[Component]) -> None:
    panels.append(LeftOutPanel())
