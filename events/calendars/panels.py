"""What staff see of events that calendars leave out."""

from collections.abc import Mapping
from typing import Any

from wagtail.admin.ui.components import Component
from wagtail.models import Page
from wagtail.permissions import policy_registry

from events.calendars.left_out import left_out_now


class LeftOutPanel(Component):
    """The events that are missing from every calendar, for those who may edit them."""

    name = "left_out_of_calendars"
    order = 90
    template_name = "events/admin/left_out.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        keys = left_out_now()
        if not keys:
            return {"pages": []}
        policy = policy_registry.get_by_type(Page)
        mine = policy.instances_user_has_permission_for(parent_context["request"].user, "change")
        return {"pages": Page.objects.filter(pk__in=keys).filter(pk__in=mine.values("pk"))}
