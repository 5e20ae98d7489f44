"""Alerts in the admin: what was told, when and by whom, and what became of the letters."""

from typing import Any

import django_filters
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from icrtop.accounts.models import User
from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.admin.counting import progress_of
from icrtop.mail.admin.standing import in_words, with_standing
from icrtop.mail.admin.wording import moment, numbered
from icrtop.mail.models import Message, State
from icrtop.mail.readonly import ReadOnlyInspectView, ReadOnlyViewSet
from icrtop.places.models import Country
from newsletter.admin.managing import ManagingView
from newsletter.alerts.sending import call_off, due_day, moment_of
from newsletter.models import Alert, Frequency, Topic

CALL_OFF = "newsletter.call_off_alert"
CALLED_OFF = "newsletter.call_off_alert"
# A morning's digests can be thousands of messages, of one reader each: those of most are shown.
SHOWN = 50


def with_letters(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """With `letters`: how many were queued with each, those to suppressed addresses included."""
    rows = F("message__candidates") - F("message__duplicates") - F("message__unusable")
    through = Alert.messages.through.objects.filter(alert=OuterRef("pk")).order_by()
    counted = (
        through.values("alert").annotate(number=Sum(rows)).values_list("number")  # type: ignore[misc] # It is annotated above.
    )
    return alerts.annotate(letters=Coalesce(Subquery(counted, IntegerField()), 0))


def page_url(alert: Alert, user: User | AnonymousUser) -> str | None:
    """Where the page of an alert is edited, for those who may do that."""
    page = alert.page
    if page is None or not page.permissions_for_user(user).can_edit():
        return None
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def state_of(alert: Alert) -> str:
    """How far an alert has come, in a few words."""
    if alert.called_off_at:
        return _("Called off")
    if alert.told_at is None:
        return _("About to be told")
    last = moment_of(due_day(Frequency.WEEKLY, timezone.now()))
    return _("Told at once; digests to come") if alert.created > last else _("Told")


class AlertFilterSet(WagtailFilterSet):
    topic = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Topic"), choices=Topic.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Alert
        fields = ["topic"]


class LettersColumn(TextColumn):
    """How many letters an alert was in, and in how many messages."""

    def get_value(self, instance: Any) -> str:
        return intcomma(instance.letters) if instance.letters else ""


class AlertIndexView(generic.IndexView):
    page_title = gettext_lazy("Alerts")

    def get_base_queryset(self) -> QuerySet[Alert]:
        return with_letters(Alert.objects.select_related("by"))

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for a title"))


class AlertInspectView(ReadOnlyInspectView):
    page_title = gettext_lazy("Alert")
    call_off_url_name = ""
    fields: list[str]

    @property
    def header_buttons(self) -> list[HeaderButton]:
        if not (self.user_has_permission("call_off") and self.object.may_be_called_off):
            return []
        url = reverse(self.call_off_url_name, args=[self.object.pk])
        return [HeaderButton(_("Call off"), url=url, icon_name="cross")]

    def get_fields_context(self) -> list[Any]:
        if not self.object.called_off_at:
            self.fields = [name for name in self.fields if not name.startswith("called_off")]
        return list(super().get_fields_context())

    def get_page_display_value(self) -> Any:
        if self.object.page is None:
            return _("It was deleted.")
        url = page_url(self.object, self.request.user)
        title = self.object.page.title
        return format_html('<a href="{}">{}</a>', url, title) if url else title

    def get_date_display_value(self) -> str:
        return str(self.object.date_display)

    def get_countries_display_value(self) -> str:
        names = Country.objects.filter(pk__in=self.object.countries).values_list("name", flat=True)
        return ", ".join(names) or _("None")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = Message.objects.filter(alerts=self.object).defer("html", "text", "headers")
        shown = list(with_standing(found).order_by("-candidates", "-pk")[:SHOWN])
        progress = progress_of(shown)
        may_look = self.request.user.has_perm("mail.view_message")
        rows = [
            {
                "message": message,
                "url": reverse("messages:inspect", args=[message.pk]) if may_look else None,
                "when": moment(message.created),
                "standing": in_words(message),
                "queued": intcomma(progress[message.pk].total),
                "sent": intcomma(progress[message.pk][State.SENT]),
            }
            for message in shown
        ]
        more = found.count() - len(shown) if len(shown) == SHOWN else 0
        return super().get_context_data(
            rows=rows, more=intcomma(more) if more else "", state=state_of(self.object), **kwargs
        )


class CallOffView(ManagingView):
    """Confirms that no letter still to come has an alert in it."""

    permission = CALL_OFF
    label = gettext_lazy("Call off")
    serious = True
    header_icon = "mail"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            return TemplateResponse(request, "newsletter/admin/alert_forbidden.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def alert(self) -> Alert:
        alert: Alert = get_object_or_404(with_letters(Alert.objects.all()), pk=self.kwargs["pk"])
        return alert

    @property
    def back_url(self) -> str:
        return reverse("alerts:inspect", args=[self.kwargs["pk"]])

    def says(self) -> list[str]:
        return [
            _("“%s” is left out of every letter and digest that is still to come.")
            % self.alert.title,
            _("It cannot be told again afterwards."),
        ]

    def warnings(self) -> list[str]:
        letters = self.alert.letters  # type: ignore[attr-defined] # By `with_letters`.
        if not letters:
            return []
        text = ngettext(
            "%(number)s letter with it was queued already. To stop what has not left of that, "
            "cancel the message.",
            "%(number)s letters with it were queued already. To stop what has not left of them, "
            "cancel the messages.",
            letters,
        )
        return [numbered(text, letters)]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.alert.may_be_called_off:
            return self.too_late()
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if not call_off(self.alert, self.staff):
            return self.too_late()
        log(instance=self.alert, action=CALLED_OFF, user=self.staff)
        messages.success(self.request, _("It is called off: no further letter has it."))
        return redirect(self.back_url)

    def too_late(self) -> HttpResponse:
        messages.warning(self.request, _("Nothing was done: no letter with it is still to come."))
        return redirect(self.back_url)

    def get_page_subtitle(self) -> str:
        return self.alert.title

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("alerts:index"), "label": _("Alerts")},
            {"url": self.back_url, "label": self.alert.title},
            {"url": "", "label": self.get_page_title()},
        ]


class AlertViewSet(ReadOnlyViewSet):
    model = Alert
    name = "alerts"
    icon = "warning"
    menu_label = gettext_lazy("Alerts")
    index_template_name = "mail/admin/index.html"
    inspect_template_name = "newsletter/admin/alert_inspect.html"
    index_view_class = AlertIndexView
    inspect_view_class = AlertInspectView
    filterset_class = AlertFilterSet
    search_fields = ["title"]
    list_display = [
        TitleColumn("title", label=gettext_lazy("Alert"), url_name="alerts:inspect"),
        TextColumn("get_topic_display", label=gettext_lazy("Topic"), sort_key="topic"),
        TextColumn("date_display", label=gettext_lazy("Date")),
        TextColumn("state", label=gettext_lazy("How it stands"), accessor=state_of),
        LettersColumn("letters", label=gettext_lazy("Letters queued"), classname="outbox-number"),
        TextColumn("by", label=gettext_lazy("By"), accessor=lambda alert: alert.by or ""),
        MomentColumn("created", label=gettext_lazy("Published"), sort_key="created"),
    ]
    inspect_view_fields = [
        "page",
        "topic",
        "date",
        "countries",
        "created",
        "by",
        "told_at",
        "called_off_at",
        "called_off_by",
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/call-off/", self.construct_view(CallOffView), name="call_off"),
        ]

    def get_inspect_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        url_name = self.get_url_name("call_off")
        return super().get_inspect_view_kwargs(call_off_url_name=url_name, **kwargs)
