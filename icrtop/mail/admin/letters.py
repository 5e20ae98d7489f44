"""Letters in the admin: every one, where it stands, and what the mail server said."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic

from icrtop.mail.addresses import InvalidAddress, normalise
from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.composing import fill_html, fill_text, values_to_show
from icrtop.mail.models import WAITING, Delivery, Message, Priority, State
from icrtop.mail.readonly import ReadOnlyInspectView, ReadOnlyViewSet

# The list ends here: nobody turns over ten thousand letters, and to count them all takes long.
MOST = 10_000
RECENT = 20


def message_url(delivery: Delivery, user: Any) -> str | None:
    """The page of a letter's message, for those who may see it."""
    if not user.has_perm("mail.view_message"):
        return None
    return reverse("messages:inspect", args=[delivery.message_id])


def choosable_messages(request: HttpRequest) -> QuerySet[Message]:
    """The message that is chosen, and the latest that went to many."""
    chosen = request.GET.get("message", "")
    bulk = Message.objects.exclude(priority=Priority.TRANSACTIONAL).values("pk")[:RECENT]
    found = Q(pk__in=list(bulk.values_list("pk", flat=True)))
    if chosen.isdecimal() and len(chosen) < 19:
        found |= Q(pk=chosen)
    return Message.objects.filter(found).only("subject")


class LetterFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label=_("State"), choices=State.choices, widget=forms.CheckboxSelectMultiple
    )
    message = django_filters.ModelChoiceFilter(
        label=_("Message"), queryset=choosable_messages, empty_label=_("All")
    )

    class Meta:
        model = Delivery
        fields = ["state", "message"]


class LetterPaginator(WagtailPaginator):
    @cached_property
    def count(self) -> int:
        return self.object_list[:MOST].count()


class ReplyColumn(TextColumn):
    """What the mail server said of a letter, and the reason for its state if there is one."""

    cell_template_name = "mail/admin/reply_cell.html"


class LetterIndexView(generic.IndexView):
    page_title = _("Letters")
    paginator_class = LetterPaginator

    def get_base_queryset(self) -> QuerySet[Delivery]:
        # The letters themselves may be long, and the list shows only their subject.
        return Delivery.objects.select_related("message").only(
            *("address", "state", "reason", "server_reply", "changed", "message__subject")
        )

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        return {**context, "is_cut": context["items_count"] >= MOST, "most": MOST}

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for an address"))

    def search_queryset(self, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Letters whose address begins like this, by the index that begins with the address."""
        if not self.is_searching:
            return queryset
        begins = beginning_of_address(self.search_query)
        # In the index's own order: by age, PostgreSQL may look through all letters for a few.
        return queryset.filter(normalised__startswith=begins).order_by("normalised", "-message")


def beginning_of_address(typed: str) -> str:
    """What staff typed, as the beginning of an address by which letters are found."""
    typed = typed.strip()
    try:
        return normalise(typed)
    except InvalidAddress:
        return typed.casefold()


class LetterInspectView(ReadOnlyInspectView):
    page_title = _("Letter")
    labels = {
        "attempts": _("Tries"),
        "releases": _("Tries without a mail server"),
        "next_attempt_at": _("Next try"),
        "server_reply": _("What the mail server said"),
        "reason": _("Why"),
    }

    def get_field_label(self, field_name: str, field: Any) -> Any:
        return self.labels.get(field_name) or super().get_field_label(field_name, field)

    def get_message_display_value(self) -> str:
        url = message_url(self.object, self.request.user)
        subject = self.object.message.subject
        return format_html('<a href="{}">{}</a>', url, subject) if url else subject

    def get_next_attempt_at_display_value(self) -> Any:
        return self.object.next_attempt_at if self.object.state in WAITING else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        message = self.object.message
        values = values_to_show(self.object, message.signed)
        return super().get_context_data(
            letter_html=fill_html(message.html, values),
            letter_text=fill_text(message.text, values),
            **kwargs,
        )


class LetterViewSet(ReadOnlyViewSet):
    model = Delivery
    name = "outbox"
    icon = "doc-empty"
    menu_label = _("Letters")
    inspect_template_name = "mail/admin/inspect.html"
    index_template_name = "mail/admin/index.html"
    index_results_template_name = "mail/admin/letters_results.html"
    index_view_class = LetterIndexView
    inspect_view_class = LetterInspectView
    filterset_class = LetterFilterSet
    search_fields = ["normalised"]
    list_display = [
        TitleColumn(
            "address",
            label=_("Address"),
            sort_key="normalised",
            url_name="outbox:inspect",
            classname="outbox-address",
            width="28%",
        ),
        TextColumn("message", label=_("Subject"), get_url=message_url),
        TextColumn("get_state_display", label=_("State")),
        ReplyColumn("server_reply", label=_("What the mail server said")),
        MomentColumn("changed", label=_("Last change")),
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
