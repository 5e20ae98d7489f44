"""Messages in the admin: the list, and a page for each on which its progress can be watched."""

from typing import Any

import django_filters
from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.cache import cache
from django.db.models import QuerySet
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.ui.tables import Table, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton

from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.admin.confirming import ActionView, ResumeAllView
from icrtop.mail.admin.counting import progress_of
from icrtop.mail.admin.held import resumable
from icrtop.mail.admin.message_page import MessageInspectView, MessageProgressView, letters_url
from icrtop.mail.admin.standing import (
    HELD,
    Standing,
    messages_that_are,
    short_and_rest,
    standing_of,
    with_standing,
)
from icrtop.mail.admin.wording import moment, purpose_in_words
from icrtop.mail.models import Message, State
from icrtop.mail.readonly import ReadOnlyViewSet

# How long the choices of a filter are kept.
CHOICES_SECONDS = 60


def _values(field: str) -> list[str]:
    """What messages have in a field of few different values."""

    def read() -> list[str]:
        rows = Message.objects.order_by(field).exclude(**{field: ""})
        return list(rows.values_list(field, flat=True).distinct())

    return cache.get_or_set(f"mail-values:{field}", read, CHOICES_SECONDS) or []


class MessageFilterSet(WagtailFilterSet):
    standing = django_filters.MultipleChoiceFilter(
        label=_("How it stands"),
        choices=Standing.choices,
        widget=forms.CheckboxSelectMultiple,
        method="filter_standing",
    )
    list_id = django_filters.ChoiceFilter(
        label=_("Mailing list"),
        choices=lambda: [(value, value) for value in _values("list_id")],
        empty_label=_("All"),
        widget=forms.RadioSelect,
    )
    purpose = django_filters.ChoiceFilter(
        label=_("What it is for"),
        choices=lambda: [(value, purpose_in_words(value)) for value in _values("purpose")],
        empty_label=_("All"),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Message
        fields = ["standing", "list_id", "purpose"]

    def filter_standing(
        self, messages: QuerySet[Message], name: str, value: list[str]
    ) -> QuerySet[Message]:
        if not value:
            return messages
        return messages.filter(messages_that_are(*(Standing(each) for each in value)))


class StandingColumn(TextColumn):
    cell_template_name = "mail/admin/standing_cell.html"

    def get_cell_context_data(self, instance: Message, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        label, rest = short_and_rest(instance)
        return {**context, "label": label, "rest": rest, "held": standing_of(instance) in HELD}


class SentColumn(TextColumn):
    """How many of a message's letters are sent."""

    def get_value(self, instance: Any) -> str:
        sent, total = instance.progress[State.SENT], instance.progress.total
        return gettext("%(sent)s of %(total)s") % {"sent": intcomma(sent), "total": intcomma(total)}


class WrittenColumn(MomentColumn):
    """When a message was written, and when it may be sent if that is not at once."""

    cell_template_name = "mail/admin/written_cell.html"

    def get_cell_context_data(self, instance: Message, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        return {**context, "scheduled": moment(instance.scheduled_for)}


class CountColumn(TextColumn):
    """How many letters of a message are in one state; none is shown as nothing."""

    def __init__(self, state: State, **kwargs: Any) -> None:
        super().__init__(
            state.value,
            get_url=lambda message, user: letters_url(user, message, state),
            classname="outbox-number",
            **kwargs,
        )
        self.state = state

    def get_value(self, instance: Any) -> str:
        number = instance.progress[self.state]
        return intcomma(number) if number else ""


class MessageIndexView(generic.IndexView):
    page_title = _("Messages")
    resume_all_url_name = ""

    def get_base_queryset(self) -> QuerySet[Message]:
        # The letters themselves may be long, and the list shows only their subjects.
        return with_standing(
            Message.objects.defer("html", "text", "attachments", "headers", "signed")
        )

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for a subject"))

    def get_table(self, object_list: Any) -> Table:
        rows = list(object_list)
        counted = progress_of(rows)
        for message in rows:
            message.progress = counted[message.pk]
        return super().get_table(rows)

    @property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.user_has_permission("control") or not resumable().exists():
            return []
        url = reverse(self.resume_all_url_name)
        return [HeaderButton(_("Resume all"), url=url, icon_name="resubmit")]


class MessageViewSet(ReadOnlyViewSet):
    model = Message
    name = "messages"
    icon = "mail"
    menu_label = _("Messages")
    inspect_template_name = "mail/admin/message.html"
    index_view_class = MessageIndexView
    inspect_view_class = MessageInspectView
    filterset_class = MessageFilterSet
    index_template_name = "mail/admin/index.html"
    search_fields = ["subject"]
    list_display = [
        TitleColumn("subject", label=_("Subject"), url_name="messages:inspect"),
        StandingColumn("standing", label=_("How it stands")),
        SentColumn(
            "sent",
            label=_("Sent"),
            get_url=lambda message, user: letters_url(user, message),
            classname="outbox-number",
        ),
        CountColumn(State.FAILED, label=_("Refused")),
        CountColumn(State.UNCERTAIN, label=_("Perhaps sent")),
        TextColumn(
            "purpose", label=_("What it is for"), accessor=lambda m: purpose_in_words(m.purpose)
        ),
        WrittenColumn("created", label=_("Written")),
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        watch = {
            **self.get_inspect_view_kwargs(),
            "template_name": MessageProgressView.template_name,
        }
        return [
            *super().get_urlpatterns(),
            path("resume-all/", self.construct_view(ResumeAllView), name="resume_all"),
            path(
                "<int:pk>/progress/",
                self.construct_view(MessageProgressView, **watch),
                name="progress",
            ),
            path("<int:pk>/<slug:action>/", self.construct_view(ActionView), name="action"),
        ]

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        url_name = self.get_url_name("resume_all")
        return super().get_index_view_kwargs(resume_all_url_name=url_name, **kwargs)

    def get_inspect_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_inspect_view_kwargs(
            action_url_name=self.get_url_name("action"),
            progress_url_name=self.get_url_name("progress"),
            **kwargs,
        )
