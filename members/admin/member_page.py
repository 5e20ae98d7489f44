"""One organisation in the admin: its term, who speaks for it, and all that was done with it."""

from typing import Any

from django import forms
from django.db.models import Prefetch
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.views import generic

from members.admin.member_base import MemberActionView
from members.member_letters import draft, focal_points_of
from members.models import OrganisationEvent
from members.reconfirmation_standing import Standing, with_standing
from members.services.profiles import pending_change
from members.services.reconfirming import CHANGE_TERM, record_confirmation
from members.services.terms import end_lapsed

LATEST = 100


class MemberPageView(generic.InspectView):
    any_permission_required = ("view", "change")
    page_title = gettext_lazy("Membership and trail")
    template_name = "members/admin/member.html"

    def get_fields(self) -> list[str]:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        organisation, user = self.object, self.request.user
        term = with_standing().filter(organisation=organisation).first()
        trail = (
            OrganisationEvent.objects.filter(organisation=organisation)
            .prefetch_related(Prefetch("messages"), "messages__deliveries")
            .order_by("-pk")
        )
        return super().get_context_data(
            term=term,
            standing=term and Standing(term.standing),
            past=organisation.memberships.exclude(ended=None),
            focal_points=organisation.focal_points.all(),
            change=pending_change(organisation),
            trail=trail[:LATEST],
            may_act=bool(term) and user.has_perm(CHANGE_TERM),
            may_see_letters=user.has_perm("mail.view_delivery"),
            **kwargs,
        )


class ConfirmationForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Who said so, how and when"),
        help_text=gettext_lazy("Such as “Ama Example, by telephone on 5 May”. For the trail."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say how we know it.")},
    )


class RecordConfirmationView(MemberActionView):
    label = gettext_lazy("Record a confirmation")
    form_class = ConfirmationForm

    def says(self) -> list[str]:
        return [
            _("The organisation has told us that its details are still right."),
            _("It is not asked again for a year. No letter goes out."),
        ]

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if record_confirmation(self.object, self.staff, form.cleaned_data["note"]):
            return self.tell(_("The confirmation is recorded."))
        return self.tell(_("Nothing was done: the membership has ended."), done=False)


class EndForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("The letter"),
        help_text=gettext_lazy("Plain text. An empty line begins a paragraph."),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        error_messages={"required": gettext_lazy("A letter needs a text.")},
    )


class EndTermView(MemberActionView):
    label = gettext_lazy("End the membership")
    form_class = EndForm
    serious = True

    def get_initial(self) -> dict[str, Any]:
        return {"body": draft(self.object, "ended")[1]}

    def says(self) -> list[str]:
        people = ", ".join(one.address for one in focal_points_of(self.object))
        return [
            _("The membership ends today, because the organisation did not reconfirm it."),
            _("It is gone from the directory, and from the Steering Committee, at once."),
            _("The letter goes to: %(people)s.") % {"people": people}
            if people
            else _("It has no focal points, so no letter goes out."),
            _("To undo it, edit the organisation and empty “ended on” of its term."),
        ]

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if end_lapsed(self.object, self.staff, form.cleaned_data["body"]):
            return self.tell(_("The membership has ended."))
        return self.tell(_("Nothing was done: the membership had ended already."), done=False)


def member_page_url(term: Any, user: Any) -> str:
    """Where staff see the organisation of a term."""
    return reverse("organisations:inspect", args=[term.organisation_id])
