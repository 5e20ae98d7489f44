"""What waits for staff of the members that there are, on the admin's first page."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from wagtail.admin.site_summary import SummaryItem

from members.models import ProfileChange
from members.reconfirmation_standing import Standing, with_standing
from members.services.profiles import CHANGE


class MembersSummaryItem(SummaryItem):
    """How many proposed changes wait, and how many members are lapsing."""

    order = 51
    template_name = "members/admin/summary_members.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        changes, lapsing = {"state": "pending"}, {"standing": Standing.LAPSING.value}
        return {
            "changes": ProfileChange.objects.filter(**changes).count(),
            "changes_address": f"{reverse('profile_changes:index')}?{urlencode(changes)}",
            "lapsing": with_standing().filter(**lapsing).count(),
            "lapsing_address": f"{reverse('reconfirmations:index')}?{urlencode(lapsing)}",
        }

    def is_shown(self) -> bool:
        user = self.request.user
        return bool(user.has_perm(CHANGE) or user.has_perm("members.view_membership"))
