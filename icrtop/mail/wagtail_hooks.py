"""The outbox in the admin: every letter, where it stands, and what the mail server said."""

from typing import Any

from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permissions import register_permission_policy

from icrtop.mail.composing import fill_html, fill_text
from icrtop.mail.models import Delivery
from icrtop.mail.permissions import LimitedPolicy

register_permission_policy(Delivery, LimitedPolicy(Delivery, {"view"}))


class OutboxFilterSet(WagtailFilterSet):
    class Meta:
        model = Delivery
        fields = ["state"]


class OutboxIndexView(generic.IndexView):
    def get_base_queryset(self) -> Any:
        # The letters themselves may be long, and the list shows only their subject.
        return Delivery.objects.select_related("message").defer(
            "message__html", "message__text", "merge"
        )


class OutboxInspectView(generic.InspectView):
    page_title = _("Letter")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        message = self.object.message
        return super().get_context_data(
            letter_html=fill_html(message.html, self.object.merge),
            letter_text=fill_text(message.text, self.object.merge),
            **kwargs,
        )


class OutboxViewSet(ModelViewSet):
    model = Delivery
    name = "outbox"
    icon = "mail"
    menu_label = _("Outbox")
    menu_order = 820
    add_to_admin_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_template_name = "mail/admin/inspect.html"
    index_view_class = OutboxIndexView
    inspect_view_class = OutboxInspectView
    filterset_class = OutboxFilterSet
    search_fields = ["normalised", "address", "message__subject"]
    search_backend_name = None
    form_fields: list[str] = []
    list_per_page = 50
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

    def get_urlpatterns(self) -> list[URLPattern]:
        shown = {"index", "index_results", "inspect"}
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in shown]

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # The views for what nobody may do have no addresses, so nothing may link to them.
        missing = ("add", "edit", "delete", "history", "usage")
        return super().get_common_view_kwargs(
            **{f"{name}_url_name": None for name in missing}, **kwargs
        )

    def register_admin_url_finder(self) -> None:
        """Nothing is edited here, so there is no page to find."""


@hooks.register("register_admin_viewset")
def register_outbox() -> OutboxViewSet:
    return OutboxViewSet()
