"""The outbox in the admin: every letter, where it stands, and what the mail server said."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.permissions import register_permission_policy

from icrtop.mail.composing import fill_html, fill_text
from icrtop.mail.models import Delivery
from icrtop.mail.permissions import LimitedPolicy
from icrtop.mail.readonly import ReadOnlyInspectView, ReadOnlyViewSet

register_permission_policy(Delivery, LimitedPolicy(Delivery, {"view"}))


class OutboxFilterSet(WagtailFilterSet):
    class Meta:
        model = Delivery
        fields = ["state"]


class OutboxIndexView(generic.IndexView):
    page_title = _("Outbox")

    def get_base_queryset(self) -> Any:
        # The letters themselves may be long, and the list shows only their subject.
        return Delivery.objects.select_related("message").defer(
            "message__html", "message__text", "merge"
        )


class OutboxInspectView(ReadOnlyInspectView):
    page_title = _("Letter")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        message = self.object.message
        return super().get_context_data(
            letter_html=fill_html(message.html, self.object.merge),
            letter_text=fill_text(message.text, self.object.merge),
            **kwargs,
        )


class OutboxViewSet(ReadOnlyViewSet):
    model = Delivery
    name = "outbox"
    icon = "mail"
    menu_label = _("Outbox")
    menu_order = 820
    add_to_admin_menu = True
    inspect_template_name = "mail/admin/inspect.html"
    index_view_class = OutboxIndexView
    inspect_view_class = OutboxInspectView
    filterset_class = OutboxFilterSet
    search_fields = ["normalised", "address", "message__subject"]
    list_display = [
        "address",
        Column("message", label=_("Subject")),
        "state",
        Column("reason", label=_("Reason")),
        Column("server_reply", label=_("Mail server's reply")),
        DateColumn("changed", label=_("Last changed"), sort_key="changed"),
    ]
    inspect_view_fields = [
        "message",
        "address",
        "name",
        "state",
        "reason",
        "server_reply",
        "attempts",
        "releases",
        "next_attempt_at",
        "created",
        "changed",
    ]


@hooks.register("register_admin_viewset")
def register_outbox() -> OutboxViewSet:
    return OutboxViewSet()
