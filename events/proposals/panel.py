"""Who proposed an event, in its editor."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import Panel

VIEW = "events.view_eventproposal"


class ProposalPanel(Panel):
    """Shows itself only for events that were proposed, to staff who may know by whom."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("heading", _("Proposed by a visitor"))
        kwargs.setdefault("icon", "mail")
        super().__init__(**kwargs)

    class BoundPanel(Panel.BoundPanel):
        template_name = "events/admin/proposal_panel.html"

        def is_shown(self) -> bool:
            may_see = bool(self.request and self.request.user.has_perm(VIEW))
            return may_see and hasattr(self.instance, "proposal")

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            context["proposal"] = self.instance.proposal
            return context
