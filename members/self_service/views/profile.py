"""Checking a new profile, proposing changes, and choosing what the public sees."""

from typing import cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from icrtop.accounts.identity import kept_form
from members.models.organisations import Listing
from members.models.profiles import ProfileChange
from members.profile_fields import differing, in_words, seen, values_of
from members.self_service.access import Visit, for_members, see
from members.self_service.forms import (
    CheckForm,
    ListingForm,
    ProfileForm,
    ProposeForm,
    ProposeNameForm,
)
from members.self_service.views.organisation import shown_as
from members.services import listing as listings
from members.services import profiles
from members.services.recording import ChangedSince


@for_members
def check(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What a new member sees of its profile before anybody else does, and makes it public with."""
    if visit.organisation.profile_published:
        return see("organisation", visit)
    now = values_of(visit.organisation)
    mark = seen(visit.organisation, None)
    form = _filled(CheckForm, request, now, mark)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["seen"] != mark:
            _ask_again(form, mark)
        else:
            try:
                profiles.publish(visit.organisation, visit.person, form.wanted)
            except profiles.AlreadyDone:
                return see("organisation", visit)
            return see("organisation", visit, "published")
    return render(
        request,
        "members/organisation/check.html",
        {
            "organisation": visit.organisation,
            "form": form,
            "yours": _differences(form, now),
            **shown_as(visit.organisation),
        },
    )


@for_members
def propose(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The details, to be changed; staff approve it."""
    change = profiles.pending_change(visit.organisation)
    now = values_of(visit.organisation)
    mark = seen(visit.organisation, change)
    kind = ProposeForm if visit.organisation.profile_published else ProposeNameForm
    form = _filled(kind, request, {**now, **(change.after if change else {})}, mark)
    if request.method == "POST" and form.is_valid():
        try:
            proposed = profiles.propose(
                visit.organisation, visit.person, form.wanted, form.cleaned_data["seen"]
            )
        except ChangedSince:
            _ask_again(form, mark)
        else:
            return see("organisation", visit, "proposed" if proposed else "nothing")
    return render(
        request,
        "members/organisation/propose.html",
        {
            "organisation": visit.organisation,
            "form": form,
            "change": change,
            "is_asked": _is_asked(visit),
            "yours": _differences(form, now),
        },
    )


@require_POST
@for_members
def take_back(request: HttpRequest, visit: Visit) -> HttpResponse:
    profiles.take_back(visit.organisation, visit.person)
    return see("organisation", visit, "taken-back")


@for_members
def listing(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How much the public sees; a new member chooses it while checking its profile."""
    if not visit.organisation.profile_published:
        return see("check", visit)
    change: ProfileChange | None = profiles.pending_change(visit.organisation)
    data = request.POST if request.method == "POST" else kept_form(request)
    asked = change.after.get("listing") if change else None
    form = ListingForm(data, request=request, initial={"listing": visit.organisation.listing})
    if request.method == "POST" and form.is_valid():
        chosen = Listing(form.cleaned_data["listing"])
        holds = listings.choose_listing(visit.organisation, visit.person, chosen)
        return see("organisation", visit, "listing" if holds else "listing-waits")
    return render(
        request,
        "members/organisation/listing.html",
        {"organisation": visit.organisation, "form": form, "asked": asked and Listing(asked)},
    )


def _filled[Form: ProfileForm](
    kind: type[Form], request: HttpRequest, values: dict[str, object], mark: str
) -> Form:
    initial = {**values, "seen": mark}
    if request.method == "POST":
        return kind(request.POST.copy(), request=request, initial=initial)
    if kept := kept_form(request):
        return kind(kept, request=request, initial=initial)
    return kind(request=request, initial=initial)


def _ask_again(form: ProfileForm, mark: str) -> None:
    """Have somebody look at what they typed beside what others have changed meanwhile."""
    form.add_error(
        None,
        _(
            "Somebody else has changed these details since you opened the page. Nothing was saved. "
            "Below the form you see what you would change now: look through it, and send it again."
        ),
    )
    cast(QueryDict, form.data)["seen"] = mark


def _differences(form: ProfileForm, now: dict[str, object]) -> list[object]:
    """What a form that was sent and not taken would change."""
    if not form.is_bound or not form.non_field_errors() or not hasattr(form, "cleaned_data"):
        return []
    if any(name not in form.cleaned_data for name in form.asked if name in form.fields):
        return []
    before, after = differing(now, form.wanted)
    return [*in_words(before, after)]


def _is_asked(visit: Visit) -> bool:
    """Whether the yearly question is open, which a proposal answers."""
    return bool(visit.term and visit.term.reconfirmations.filter(confirmed_at=None).exists())
