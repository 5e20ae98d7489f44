"""What came back, in the admin: to be searched and read."""

from typing import Any

import django_filters
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic

from icrtop.accounts.models import User
from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.admin.letters import LetterPaginator, beginning_of_address
from icrtop.mail.models import Suppression
from icrtop.mail.readonly import ReadOnlyInspectView, ReadOnlyViewSet
from newsletter.models import Bounce, Subscriber


def letter_url(bounce: Bounce, user: User | AnonymousUser) -> str | None:
    """The page of the letter that came back, for those who may see it."""
    if not (bounce.delivery_id and user.has_perm("mail.view_delivery")):
        return None
    return reverse("outbox:inspect", args=[bounce.delivery_id])


class BounceFilterSet(WagtailFilterSet):
    kind = django_filters.MultipleChoiceFilter(
        label=_("What it is"), choices=Bounce.Kind.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Bounce
        fields = ["kind"]


class SaidColumn(TextColumn):
    """The status code and the words of the mail server, or how an unknown mail begins."""

    cell_template_name = "newsletter/admin/bounce_said_cell.html"


class BounceIndexView(generic.IndexView):
    page_title = _("Bounces")
    paginator_class = LetterPaginator

    def get_base_queryset(self) -> QuerySet[Bounce]:
        return Bounce.objects.select_related("message").only(
            *("normalised", "kind", "status", "detail", "excerpt", "received_at"),
            *("delivery_id", "message__subject"),
        )

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for an address"))

    def search_queryset(self, queryset: QuerySet[Bounce]) -> QuerySet[Bounce]:
        """What came back from addresses that begin like this, by the index of addresses."""
        if not self.is_searching:
            return queryset
        begins = beginning_of_address(self.search_query)
        # In the index's own order: by age, PostgreSQL may look through all rows for a few.
        return queryset.filter(normalised__startswith=begins).order_by("normalised", "-pk")


class BounceInspectView(ReadOnlyInspectView):
    page_title = _("Bounce")

    def get_fields_context(self) -> list[dict[str, Any]]:
        """Those that say something of this one."""
        said = [name for name in self.fields if getattr(self.object, name)]
        return [self.get_context_for_field(name) for name in said]

    def get_delivery_display_value(self) -> Any:
        subject = self.object.delivery.message.subject
        url = letter_url(self.object, self.request.user)
        return format_html('<a href="{}">{}</a>', url, subject) if url else subject

    def get_normalised_display_value(self) -> Any:
        address = self.object.normalised
        subscriber = Subscriber.objects.filter(normalised=address).first()
        if not (subscriber and self.request.user.has_perm("newsletter.view_subscriber")):
            return address
        url = reverse("subscribers:inspect", args=[subscriber.pk])
        return format_html('<a href="{}">{}</a>', url, address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        suppression = Suppression.objects.filter(normalised=self.object.normalised).first()
        return super().get_context_data(suppression=suppression, **kwargs)


class BounceViewSet(ReadOnlyViewSet):
    model = Bounce
    name = "bounces"
    icon = "redirect"
    menu_label = _("Bounces")
    index_template_name = "mail/admin/index.html"
    index_results_template_name = "newsletter/admin/bounce_results.html"
    inspect_template_name = "newsletter/admin/bounce_inspect.html"
    index_view_class = BounceIndexView
    inspect_view_class = BounceInspectView
    filterset_class = BounceFilterSet
    search_fields = ["normalised"]
    list_display = [
        TitleColumn(
            "title",
            label=_("Address"),
            sort_key="normalised",
            url_name="bounces:inspect",
            classname="outbox-address",
            width="26%",
        ),
        TextColumn("get_kind_display", label=_("What it is")),
        SaidColumn("detail", label=_("What it says")),
        TextColumn(
            "message",
            label=_("Letter"),
            accessor=lambda bounce: bounce.message.subject if bounce.message else "",
            get_url=letter_url,
        ),
        MomentColumn("received_at", label=_("Read")),
    ]
    inspect_view_fields = [
        "kind",
        "normalised",
        "delivery",
        "status",
        "detail",
        "received_at",
    ]
