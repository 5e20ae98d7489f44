"""What of the applications waits, on the admin's first page."""

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from wagtail.admin.site_summary import SummaryItem

from members.admin.marks import ageing_since, is_ageing
from members.models import Application
from members.states import WAITING


class ApplicationsSummaryItem(SummaryItem):
    """How many applications wait for the secretariat, and how many of them for long."""

    order = 50
    template_name = "members/admin/summary.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        counts = Application.objects.aggregate(
            waiting=Count("pk", filter=Q(state__in=WAITING)),
            ageing=Count("pk", filter=is_ageing(ageing_since())),
        )
        index = reverse("applications:index")
        return {
            **counts,
            "address": f"{index}?waits_for=secretariat",
            "ageing_address": f"{index}?marked=ageing",
        }

    def is_shown(self) -> bool:
        return bool(self.request.user.has_perm("members.view_application"))
