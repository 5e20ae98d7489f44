"""The outbox in the admin: every letter, where it stands, and what the mail server said."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_filters import MultipleChoiceFilter
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.site_summary import SummaryItem
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.permissions import register_permission_policy

from icrtop.mail.composing import fill_html, fill_text
from icrtop.mail.models import Delivery, State
from icrtop.mail.permissions import LimitedPolicy
from icrtop.mail.readonly import ReadOnlyInspectView, ReadOnlyViewSet

register_permission_policy(Delivery, LimitedPolicy(Delivery, {"view"}))

# A letter that is due for longer than this means that no worker runs, or that they cannot keep up.
LATE = timedelta(minutes=10)


class OutboxFilterSet(WagtailFilterSet):
    state = MultipleChoiceFilter(
        label=_("State"), choices=State.choices, widget=forms.CheckboxSelectMultiple
    )

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
    icon = "upload"
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


class OutboxSummaryItem(SummaryItem):
    """How many letters need a person, for those who may see them."""

    order = 60
    template_name = "mail/admin/summary.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        states = urlencode([("state", State.FAILED), ("state", State.UNCERTAIN)])
        return {
            "stuck": Delivery.objects.stuck().count(),
            "late": Delivery.objects.overdue(LATE).count(),
            "address": reverse("outbox:index"),
            "stuck_address": f"{reverse('outbox:index')}?{states}",
        }

    def is_shown(self) -> bool:
        return bool(self.request.user.has_perm("mail.view_delivery"))


@hooks.register("construct_homepage_summary_items")
def add_letters_in_trouble(request: HttpRequest, items: list[SummaryItem]) -> None:
    items.append(OutboxSummaryItem(request))


@hooks.register("register_admin_viewset")
def register_outbox() -> OutboxViewSet:
    return OutboxViewSet()
