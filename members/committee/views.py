"""The Steering Committee's pages. For who is not concerned there are no such pages."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from icrtop.accounts import identity
from members.ballots.access import READ_DAYS, may_read_file, organisations_of, why_no_vote
from members.ballots.voting import BallotClosed, NotEligible, VotedMeanwhile, cast_vote
from members.committee.file import read_file
from members.committee.forms import VoteForm
from members.committee.own import OwnBallot, own_ballot, own_ballots
from members.models.applications import Application


@require_safe
@identity.signed_in_required
def index(request: HttpRequest) -> HttpResponse:
    """The ballots that somebody has a vote in: waiting for it, open, closed not long ago."""
    address = _address(request)
    if not organisations_of(address):
        return _no_vote(request, address, None)
    return render(request, "members/committee/index.html", {"ballots": own_ballots(address)})


@require_http_methods(["GET", "HEAD", "POST"])
@identity.signed_in_required
def ballot(request: HttpRequest, reference: str) -> HttpResponse:
    """The file of an application beside the ballot on it; takes the vote of an organisation."""
    address = _address(request)
    own = own_ballot(address, reference)
    if own is None:
        return _no_vote(request, address, reference)
    if request.method == "POST":
        form = VoteForm(request.POST, request=request, seats=own.mine)
        if not form.is_valid():
            return _page(request, own, form)
        try:
            _cast(own, address, form)
        except NotEligible:
            return _no_vote(request, address, reference)
        except (BallotClosed, VotedMeanwhile) as problem:
            return _refused(request, address, reference, form, problem)
        return redirect(f"{request.path}?voted")
    kept = identity.kept_form(request)
    form = VoteForm(request=request, seats=own.mine, initial=kept.dict() if kept else {})
    return _page(request, own, form)


def _cast(own: OwnBallot, address: str, form: VoteForm) -> None:
    given = form.cleaned_data
    cast_vote(
        own.ballot,
        address,
        given["choice"],
        given["comment"],
        seat=form.chosen.seat,
        seen=form.seen_vote,
    )


def _refused(
    request: HttpRequest, address: str, reference: str, form: VoteForm, problem: Exception
) -> HttpResponse:
    """The page as things stand now, with what was typed, and why it was not counted."""
    own = own_ballot(address, reference)
    if own is None:
        return _no_vote(request, address, reference)
    again = VoteForm(request=request, seats=own.mine, initial=form.cleaned_data)
    is_late = isinstance(problem, BallotClosed)
    return _page(request, own, again, status=409, is_late=is_late, is_crossed=not is_late)


def _page(
    request: HttpRequest, own: OwnBallot, form: VoteForm, status: int = 200, **more: Any
) -> HttpResponse:
    address = _address(request)
    context = {
        "own": own,
        "form": form,
        "file": read_file(own.application) if may_read_file(address, own.application) else None,
        "has_voted": "voted" in request.GET and request.method != "POST",
        **more,
    }
    return render(request, "members/committee/ballot.html", context, status=status)


def _no_vote(request: HttpRequest, address: str, reference: str | None) -> HttpResponse:
    """Tells who had a vote, or whose organisation has one, why they have none. Raises Http404."""
    application = Application.objects.filter(reference=reference).first() if reference else None
    if reference and application is None:
        raise Http404
    why = why_no_vote(address, application)
    if why is None:
        raise Http404
    context = {"why": why.name, "days": READ_DAYS, "was_sent": request.method == "POST"}
    return render(request, "members/committee/no_vote.html", context, status=403)


def _address(request: HttpRequest) -> str:
    address = identity.verified_address(request.user)
    if address is None:
        raise Http404
    return address
