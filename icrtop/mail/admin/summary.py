"""What of the outbox needs a person, on the admin's first page."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from wagtail.admin.site_summary import SummaryItem

from icrtop.mail.admin.standing import HELD
from icrtop.mail.models import WAITING, Delivery, Message, State

# A letter that is due for longer than this means that no worker runs, or that they cannot keep up.
LATE = timedelta(minutes=10)
# Nothing can be done about a refused letter, but it is worth knowing.
LATELY = timedelta(days=7)


class LettersSummaryItem(SummaryItem):
    """How many letters were perhaps sent, how many were refused lately, and how many are late."""

    order = 60
    template_name = "mail/admin/summary_letters.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {
            "uncertain": Delivery.objects.uncertain().count(),
            "refused": Delivery.objects.refused_since(timezone.now() - LATELY).count(),
            "late": Delivery.objects.overdue(LATE).count(),
            "uncertain_address": _letters(State.UNCERTAIN),
            "refused_address": _letters(State.FAILED),
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
