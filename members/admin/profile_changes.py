"""Changes of profiles that members propose: staff read what differs, and approve or decline."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic
from wagtail.permissions import register_permission_policy

from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.permissions import LimitedPolicy
from icrtop.mail.readonly import ReadOnlyViewSet
from members.models import ProfileChange
from members.profile_fields import in_words, label_of, seen, values_of
from members.services import profiles
from members.services.recording import ChangedSince

register_permission_policy(
    ProfileChange, LimitedPolicy(ProfileChange, {"view", "change"}), exact_class=True
)


class DecisionForm(forms.Form):
    """What staff decide on a change, which was `seen` as it is."""

    seen = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=gettext_lazy("Note to whoever proposed it"),
        help_text=gettext_lazy("Goes into the letter. To decline, say why."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ProfileChangeFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        choices=ProfileChange.State.choices, label=gettext_lazy("State")
    )

    class Meta:
        model = ProfileChange
        fields = ["state"]


class ProfileChangeIndexView(generic.IndexView):
    page_title = gettext_lazy("Changes of profiles")
    template_name = "members/admin/profile_changes.html"

    def get_base_queryset(self) -> QuerySet[ProfileChange]:
        waits = Case(When(state="pending", then=Value(0)), default=Value(1))
        return ProfileChange.objects.select_related("organisation").order_by(waits, "-proposed_at")

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for an organisation"))

    def search_queryset(self, queryset: QuerySet[ProfileChange]) -> QuerySet[ProfileChange]:
        if not self.is_searching:
            return queryset
        return queryset.filter(organisation__name__icontains=self.search_query)


class ProfileChangeView(generic.InspectView):
    """One change, word by word, and what can be done with it."""

    any_permission_required = ("view", "change")
    page_title = gettext_lazy("Change of a profile")
    template_name = "members/admin/profile_change.html"

    def get_object(self, queryset: Any = None) -> ProfileChange:
        rows = ProfileChange.objects.select_related("organisation", "decided_by")
        change: ProfileChange = get_object_or_404(rows, pk=self.pk)
        return change

    def get_fields(self) -> list[str]:
        return []

    @property
    def is_pending(self) -> bool:
        return bool(self.object.state == ProfileChange.State.PENDING)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        change = self.object
        now = values_of(change.organisation) if self.is_pending else None
        changes = in_words(change.before, change.after, now)
        form = kwargs.pop("form", None) or DecisionForm(
            initial={"seen": seen(change.organisation, change)}
        )
        may_decide = self.is_pending and self.request.user.has_perm(profiles.CHANGE)
        return super().get_context_data(
            changes=changes,
            has_moved=any(one.now is not None for one in changes),
            form=form if may_decide else None,
            organisation_url=reverse("organisations:inspect", args=[change.organisation_id]),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        decide = profiles.approve if "approve" in request.POST else profiles.decline
        seen_then, note = form.cleaned_data["seen"], form.cleaned_data["note"]
        try:
            decide(self.object, request.user, seen_then, note)  # type: ignore[arg-type] # logged in
        except profiles.NotesMissing:
            form.add_error("note", _("Say why: it goes into the letter."))
            return self.render_to_response(self.get_context_data(form=form))
        except profiles.AlreadyDone:
            messages.warning(request, _("Nothing was done: it was decided or taken back already."))
            return redirect(request.path)
        except ChangedSince:
            messages.warning(
                request,
                _(
                    "Nothing was done: the proposal or the organisation has changed since you "
                    "opened this page. Read it once more."
                ),
            )
            return redirect(request.path)
        done = _("Approved.") if "approve" in request.POST else _("Declined.")
        messages.success(request, done + " " + _("The letter is on its way."))
        return redirect("profile_changes:index")


class ProfileChangeViewSet(ReadOnlyViewSet):
    model = ProfileChange
    name = "profile_changes"
    url_prefix = "profile-changes"
    icon = "edit"
    menu_label = gettext_lazy("Changes of profiles")
    index_view_class = ProfileChangeIndexView
    inspect_view_class = ProfileChangeView
    inspect_template_name = "members/admin/profile_change.html"
    filterset_class = ProfileChangeFilterSet
    search_fields = ["organisation__name"]
    list_display = [
        TitleColumn(
            "organisation",
            label=gettext_lazy("Organisation"),
            sort_key="organisation__name",
            url_name="profile_changes:inspect",
        ),
        TextColumn("get_state_display", label=gettext_lazy("State"), sort_key="state"),
        TextColumn(
            "after",
            label=gettext_lazy("What"),
            accessor=lambda change: ", ".join(label_of(name) for name in change.after),
        ),
        TextColumn("by_name", label=gettext_lazy("By")),
        MomentColumn("proposed_at", label=gettext_lazy("Proposed"), sort_key="proposed_at"),
    ]
