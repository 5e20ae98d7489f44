"""What of the outbox needs a person, on the admin's first page."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from wagtail.admin.site_summary import SummaryItem

from icrtop.mail.admin.standing import HELD
from icrtop.mail.models import WAITING, Delivery, Message, State

# A letter that is due for longer than this means that no worker runs, or that they cannot keep up.
LATE = timedelta(minutes=10)


class LettersSummaryItem(SummaryItem):
    """How many letters were refused or perhaps sent, and how many are late."""

    order = 60
    template_name = "mail/admin/summary_letters.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {
            "stuck": Delivery.objects.stuck().count(),
            "late": Delivery.objects.overdue(LATE).count(),
            "stuck_address": _letters(State.FAILED, State.UNCERTAIN),
            "late_address": _letters(*WAITING),
        }

    def is_shown(self) -> bool:
        return bool(self.request.user.has_perm("mail.view_delivery"))


class MessagesSummaryItem(SummaryItem):
    """How many messages wait for a person, if any does."""

    order = 55
    template_name = "mail/admin/summary_messages.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        query = urlencode([("standing", standing.value) for standing in HELD])
        return {
            "held": Message.objects.held().count(),
            "address": f"{reverse('messages:index')}?{query}",
        }

    def is_shown(self) -> bool:
        return bool(self.request.user.has_perm("mail.view_message"))


def _letters(*states: State) -> str:
    query = urlencode([("state", state.value) for state in states])
    return f"{reverse('outbox:index')}?{query}"
