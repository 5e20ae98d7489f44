"""The suppression list in the admin: who is never written to, why, and how that ends."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.widgets.button import HeaderButton

from icrtop.mail.addresses import validate_deliverable
from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.admin.letters import beginning_of_address
from icrtop.mail.models import Suppression
from icrtop.mail.readonly import ReadOnlyViewSet
from icrtop.spreadsheets import ExportingIndexView
from newsletter.admin.managing import ManagingView
from newsletter.services import managing

MANAGE = "mail.manage_suppression"


class SuppressionFilterSet(WagtailFilterSet):
    reason = django_filters.ChoiceFilter(
        choices=Suppression.Reason, label=gettext_lazy("Reason"), widget=forms.RadioSelect
    )

    class Meta:
        model = Suppression
        fields = ["reason"]


class SuppressionIndexView(ExportingIndexView):
    page_title = gettext_lazy("Suppressed addresses")

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for an address"))

    def search_queryset(self, queryset: QuerySet[Suppression]) -> QuerySet[Suppression]:
        if not self.is_searching:
            return queryset
        return queryset.filter(normalised__contains=beginning_of_address(self.search_query))

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.user_has_permission("manage"):
            return []
        url = reverse("suppressions:suppress")
        return [HeaderButton(_("Suppress an address"), url=url, icon_name="plus")]


class SuppressionView(ManagingView):
    """Base of the pages that change the list."""

    permission = MANAGE
    header_icon = "no-view"

    @property
    def back_url(self) -> str:
        return reverse("suppressions:index")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": self.back_url, "label": _("Suppressed addresses")},
            {"url": "", "label": self.get_page_title()},
        ]


class SuppressForm(forms.Form):
    address = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        validators=[validate_deliverable],
        error_messages={"required": gettext_lazy("Enter the address.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("For your colleagues: who asked for it, and when."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SuppressView(SuppressionView):
    label = gettext_lazy("Suppress an address")
    form_class = SuppressForm

    def says(self) -> list[str]:
        return [
            _("The address is never written to again, whatever the letter."),
            _(
                "That is more than to leave all lists: it gets no letter to confirm anything "
                "either, and what waits to be sent to it is not sent. The lists that it is on stay "
                "as they are."
            ),
        ]

    def form_valid(self, form: forms.Form) -> HttpResponse:
        address, note = form.cleaned_data["address"], form.cleaned_data["note"]
        suppression, is_new = managing.suppress(address, reason=note, by=self.staff)
        if is_new:
            text = _("%(address)s is not written to any more.")
            messages.success(self.request, text % {"address": suppression.normalised})
        else:
            text = _("Nothing was done: %(address)s is suppressed already (%(reason)s).")
            reason = suppression.get_reason_display()
            messages.warning(
                self.request, text % {"address": suppression.normalised, "reason": reason}
            )
        return redirect(self.back_url)


class LiftView(SuppressionView):
    label = gettext_lazy("Lift the suppression")
    serious = True

    @cached_property
    def object(self) -> Suppression:
        suppression: Suppression = get_object_or_404(Suppression, pk=self.kwargs["pk"])
        return suppression

    def get_page_subtitle(self) -> str:
        return self.object.normalised

    def says(self) -> list[str]:
        return [
            _("From then on, %(address)s is written to again, by every list that it is on.")
            % {"address": self.object.normalised},
            _("What was not sent meanwhile stays unsent."),
        ]

    def warnings(self) -> list[str]:
        match self.object.reason:
            case Suppression.Reason.BOUNCED:
                return [
                    _(
                        "Letters to it came back. Lift this only if you know that the mailbox "
                        "works again: whoever keeps writing to mailboxes that do not exist is "
                        "taken for a sender of spam."
                    )
                ]
            case Suppression.Reason.COMPLAINED:
                return [
                    _(
                        "Its owner reported a letter as spam. Lift this only if they have asked "
                        "you to write to them again."
                    )
                ]
        return [f"“{self.object.note}”"] if self.object.note else []

    def form_valid(self, form: forms.Form) -> HttpResponse:
        address = self.object.normalised
        if managing.lift(self.object, by=self.staff):
            text = _("%(address)s may be written to again.")
            messages.success(self.request, text % {"address": address})
        else:
            messages.warning(self.request, _("Nothing was done: somebody else has lifted it."))
        return redirect(self.back_url)


def lift_url(suppression: Suppression, user: Any) -> str | None:
    """Where a suppression is lifted, for those who may."""
    if not user.has_perm(MANAGE):
        return None
    return reverse("suppressions:lift", args=[suppression.pk])


class LiftColumn(TextColumn):
    """The way to lift a suppression; nothing for those who may not."""

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        return context if context["url"] else {**context, "value": ""}


class SuppressionViewSet(ReadOnlyViewSet):
    model = Suppression
    name = "suppressions"
    icon = "no-view"
    menu_label = gettext_lazy("Suppressed addresses")
    inspect_view_enabled = False
    index_template_name = "newsletter/admin/index.html"
    index_view_class = SuppressionIndexView
    filterset_class = SuppressionFilterSet
    search_fields = ["normalised"]
    list_display = [
        TitleColumn(
            "normalised",
            label=gettext_lazy("E-mail address"),
            sort_key="normalised",
            classname="outbox-address",
        ),
        TextColumn("get_reason_display", label=gettext_lazy("Reason")),
        TextColumn("note", label=gettext_lazy("Note")),
        MomentColumn("created", label=gettext_lazy("Since"), sort_key="created"),
        LiftColumn(
            "lift",
            label=gettext_lazy("Action"),
            accessor=lambda suppression: _("Lift"),
            get_url=lift_url,
        ),
    ]
    list_export = ["normalised", "get_reason_display", "note", "created"]
    export_headings = {
        "normalised": gettext_lazy("E-mail address"),
        "get_reason_display": gettext_lazy("Reason"),
    }
    export_filename = "suppressed-addresses"

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("new/", self.construct_view(SuppressView), name="suppress"),
            path("<int:pk>/lift/", self.construct_view(LiftView), name="lift"),
        ]
