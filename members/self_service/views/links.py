"""What the links in letters to focal points lead to. Nobody has to be signed in."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from members import links
from members.models.organisations import Listing
from members.self_service.views.organisation import shown_as
from members.services import focal_points
from members.services.reconfirming import confirm
from members.services.recording import Person

type LinkView = Callable[[HttpRequest, str], HttpResponse]


def for_link(view: LinkView) -> LinkView:
    """A page in no cache and no search engine, which tells nobody where one came from."""

    @wraps(view)
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except links.LinkExpired:
            response = render(request, "members/organisation/link_expired.html", status=410)
        except links.LinkInvalid:
            response = render(request, "members/organisation/link_invalid.html", status=404)
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response

    return wrapped


@for_link
def reconfirm(request: HttpRequest, token: str) -> HttpResponse:
    """The details, and one button if nothing has changed. Reading it changes nothing.

    Once the question is answered, the page says so and shows nothing else.
    """
    question, one = links.reconfirmation_of(token)
    if request.method == "POST":
        confirm(question, Person.focal_point(one))
        return redirect(request.path)
    context = {"organisation": one.organisation, "question": question, "term": question.membership}
    if question.confirmed_at or question.membership.ended:
        return render(request, "members/organisation/answered.html", context)
    return render(
        request,
        "members/organisation/reconfirm.html",
        {
            **context,
            "focal_points": one.organisation.focal_points.all(),
            "listing": Listing(one.organisation.listing).label,
            **shown_as(one.organisation),
        },
    )


@for_link
def address(request: HttpRequest, token: str) -> HttpResponse:
    """Asks whether a focal point's new address is right, and has them use it."""
    one, email = links.new_address_of(token)
    context = {"organisation": one.organisation, "one": one, "email": email}
    if request.method == "POST":
        try:
            focal_points.move(one, email)
        except focal_points.AlreadyFocalPoint:
            return render(request, "members/organisation/link_invalid.html", status=404)
        return render(request, "members/organisation/moved.html", context)
    return render(request, "members/organisation/move.html", context)
