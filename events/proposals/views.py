"""The form by which anyone proposes an event, and what comes after it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.models import Page

from events.models import EventIndexPage
from events.proposals import keeping, services
from events.proposals.forms import ProposeForm


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """The form; or, while too many proposals wait, that none are taken."""
    form = ProposeForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        try:
            if not form.is_automated:
                services.propose(form.event, form.cleaned_data["organiser"], form.proposer)
        except services.NoRoom:
            form.add_error(
                None,
                _(
                    "We cannot take more proposals at present: too many wait to be read. Nothing "
                    "was sent. Please try again tomorrow, or write to us by e-mail."
                ),
            )
        except services.TooOften:
            form.add_error(
                "email",
                _(
                    "With this address, as many events were proposed within a day as we take. "
                    "Nothing was sent this time. Please try again tomorrow, or write to us by "
                    "e-mail."
                ),
            )
        else:
            return HttpResponseRedirect(reverse("events:proposed"), status=303)
    context = {
        "form": form,
        "way": _way(),
        "keep_days": keeping.keep_days(),
        "most_waiting": services.MOST_WAITING,
        "is_closed": not form.is_bound and not services.has_room(),
    }
    return render(request, "events/propose.html", context)


@require_safe
def proposed(request: HttpRequest) -> HttpResponse:
    """After the form."""
    return render(request, "events/proposed.html", {"way": _way()})


def _way() -> dict[str, list[Page]]:
    """The way from the home page to the index of events, as the breadcrumbs want it."""
    index = EventIndexPage.public_one()
    return {"breadcrumbs": [*index.breadcrumbs, index] if index else []}
