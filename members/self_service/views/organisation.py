"""An organisation's page, the yearly answer of whoever is signed in, and resigning."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from icrtop.accounts.identity import kept_form
from members.directory.profiles import Profile
from members.models.organisations import Organisation
from members.profile_fields import in_words, values_of
from members.public import preview
from members.self_service.access import Visit, for_focal_points, for_members, see
from members.self_service.forms import ResignForm
from members.services.profiles import pending_change
from members.services.reconfirming import confirm_now
from members.services.terms import resign as end_by_own_wish
from pages.dates import display_partial_date

# What the page says after a button.
DONE = {
    "published": _("Thank you. Your profile is checked."),
    "proposed": _("Thank you. Your change waits for the secretariat. We write to you."),
    "nothing": _("Nothing differs from what there is, so nothing waits for approval."),
    "taken-back": _("Your proposal is taken back. Nothing waits for approval."),
    "listing": _("Done: this is what the public sees from now on."),
    "listing-waits": _(
        "Thank you. The secretariat looks at it before the public sees more, as what was public "
        "once cannot be taken back. We write to you."
    ),
    "added": _("Done. We have written to them, and to your other focal points."),
    "corrected": _("Your data are saved."),
    "moving": _(
        "We have written to your new address. Nothing changes before you have pressed the button "
        "that the link in that letter leads to."
    ),
    "removed": _("Done. We have written to them, and to your other focal points."),
    "confirmed": _("Thank you for confirming that everything is right."),
}


@require_safe
@for_focal_points
def organisation(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How it is shown, what waits, who speaks for it, and what can be done."""
    if visit.term is None:
        past = visit.organisation.memberships.order_by("-ended").first()
        return render(
            request,
            "members/organisation/past.html",
            {"organisation": visit.organisation, "term": past},
        )
    change = pending_change(visit.organisation)
    return render(
        request,
        "members/organisation/organisation.html",
        {
            "organisation": visit.organisation,
            "term": visit.term,
            "since": display_partial_date(visit.term.since),
            "you": visit.focal_point,
            "focal_points": visit.organisation.focal_points.all(),
            "question": visit.term.reconfirmations.filter(confirmed_at=None).first(),
            "change": change,
            "changes": change
            and in_words(change.before, change.after, values_of(visit.organisation)),
            "done": DONE.get(request.GET.get("done", "")),
            **shown_as(visit.organisation),
        },
    )


def shown_as(of: Organisation) -> dict[str, Any]:
    """What members/organisation/shown.html needs: how an organisation is shown, or would be."""
    member = preview(of)
    return {"member": member, "profile": Profile(member) if member and member.is_named else None}


@require_POST
@for_members
def confirm(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything is right."""
    confirm_now(visit.organisation, visit.person)
    return see("organisation", visit, "confirmed")


@for_members
def resign(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What resigning means, and the button that does it."""
    data = request.POST if request.method == "POST" else kept_form(request)
    form = ResignForm(data, request=request)
    if request.method == "POST" and form.is_valid():
        end_by_own_wish(visit.organisation, visit.person, form.cleaned_data["why"])
        return see("organisation", visit)
    context = {"organisation": visit.organisation, "term": visit.term, "form": form}
    return render(request, "members/organisation/resign.html", context)
