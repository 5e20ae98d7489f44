"""The listserv in the admin: who is on which list, and the lists themselves."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.permissions import register_permission_policy

from icrtop.mail.permissions import LimitedPolicy
from icrtop.mail.readonly import ReadOnlyInspectView, ReadOnlyViewSet
from newsletter.models import MailingList, Subscriber, Subscription

register_permission_policy(Subscriber, LimitedPolicy(Subscriber, {"view"}))
# A list that was ever used is part of its subscribers' consent: it is closed, not deleted.
register_permission_policy(MailingList, LimitedPolicy(MailingList, {"add", "change", "view"}))


def harmless_in_spreadsheets(value: Any) -> str:
    """Text that no spreadsheet takes for a formula: anyone may begin a name with "="."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


class SubscriberFilterSet(WagtailFilterSet):
    mailing_list = django_filters.ModelChoiceFilter(
        queryset=MailingList.objects.all(), label=_("List"), method="filter_subscriptions"
    )
    state = django_filters.ChoiceFilter(
        choices=Subscription.State, label=_("State"), method="filter_subscriptions"
    )

    class Meta:
        model = Subscriber
        fields = ["mailing_list", "state", "language"]

    def filter_subscriptions(
        self, subscribers: QuerySet[Subscriber], name: str, value: Any
    ) -> QuerySet[Subscriber]:
        """Both filters are about one subscription: confirmed on this list, not on another."""
        chosen = {
            field: self.form.cleaned_data[field]
            for field in ("mailing_list", "state")
            if self.form.cleaned_data.get(field)
        }
        matching = Subscription.objects.filter(subscriber=OuterRef("pk"), **chosen)
        return subscribers.filter(Exists(matching))


class SubscriberIndexView(generic.IndexView):
    custom_field_preprocess = {
        field: {"csv": harmless_in_spreadsheets} for field in ("email", "name")
    }

    def get_base_queryset(self) -> QuerySet[Subscriber]:
        return Subscriber.objects.prefetch_related("subscriptions__mailing_list")


class SubscriberInspectView(ReadOnlyInspectView):
    page_title = _("Subscriber")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            subscriptions=self.object.subscriptions.select_related("mailing_list"),
            consents=self.object.consents.prefetch_related("mailing_lists"),
            **kwargs,
        )


class SubscriberViewSet(ReadOnlyViewSet):
    model = Subscriber
    name = "subscribers"
    icon = "user"
    menu_label = _("Subscribers")
    inspect_template_name = "newsletter/admin/subscriber_inspect.html"
    index_view_class = SubscriberIndexView
    inspect_view_class = SubscriberInspectView
    filterset_class = SubscriberFilterSet
    search_fields = ["normalised", "email", "name"]
    list_display = [
        "email",
        "name",
        Column("lists_and_states", label=_("Lists")),
        DateColumn("created", label=_("First asked"), sort_key="created"),
    ]
    list_export = ["email", "name", "language", "lists_and_states", "created"]
    export_headings = {"lists_and_states": _("Lists")}
    export_filename = "subscribers"
    inspect_view_fields = ["email", "name", "language", "created"]


class MailingListViewSet(ModelViewSet):
    model = MailingList
    name = "mailing-lists"
    icon = "list-ul"
    menu_label = _("Mailing lists")
    add_to_reference_index = False
    copy_view_enabled = False
    search_fields = ["name", "description"]
    search_backend_name = None
    list_display = ["name", "description", "is_public", "position"]


class ListservGroup(ModelViewSetGroup):
    menu_label = _("Listserv")
    menu_icon = "mail"
    menu_order = 810
    items = (SubscriberViewSet, MailingListViewSet)


@hooks.register("register_admin_viewset")
def register_listserv() -> ListservGroup:
    return ListservGroup()
