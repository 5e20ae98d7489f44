"""My applications, and a button to begin one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from icrtop.accounts import identity
from icrtop.ratelimit import allow, client_address
from members.applying import drafts
from members.applying.access import address_of
from members.models.applications import Application

# How many applications one address, and one connection, may begin.
BEGUN_BY_ONE = "10/day"
BEGUN_BY_CLIENT = "20/hour"


@require_safe
@identity.signed_in_required
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "members/apply/index.html", context_of(request))


@require_POST
@identity.signed_in_required
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a draft and lead to it. What is refused says why, and nothing is stored."""
    address = address_of(request)
    if not allow(BEGUN_BY_CLIENT, "apply:begin-client", client_address(request)):
        return _refused(
            request,
            _(
                "Too many applications have been begun from your connection. Please try again in "
                "an hour, or write to us by e-mail."
            ),
        )
    if not allow(BEGUN_BY_ONE, "apply:begin", address):
        return _refused(
            request,
            _(
                "You have begun many applications today. Please try again tomorrow, or write to us "
                "by e-mail."
            ),
        )
    try:
        application = drafts.begin(address)
    except drafts.TooManyUnderWay:
        return _refused(
            request,
            _(
                "You have %(most)d applications under way, and cannot have more at a time. Go on "
                "with one of them, or delete or withdraw one."
            )
            % {"most": drafts.MOST_UNDER_WAY},
            status=409,
        )
    return redirect(application)


def context_of(request: HttpRequest) -> dict[str, Any]:
    address = address_of(request)
    return {
        "address": address,
        "applications": Application.objects.of(address).order_by("-updated", "-pk"),
        "can_begin": drafts.under_way_of(address).count() < drafts.MOST_UNDER_WAY,
        "most": drafts.MOST_UNDER_WAY,
    }


def _refused(request: HttpRequest, problem: str, status: int = 429) -> HttpResponse:
    context = {**context_of(request), "problem": problem}
    return render(request, "members/apply/index.html", context, status=status)
