"""Check the answers, and send them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from icrtop.accounts import identity
from icrtop.ratelimit import allow, client_address
from members.applying import drafts, sending
from members.applying.access import address_of, own_application
from members.applying.views.filling import section_url
from members.models.applications import Application
from members.sections import SECTIONS, answer_rows
from members.services.moving import MoveNotAllowed

SENT_BY_ONE = "10/day"
SENT_BY_CLIENT = "20/hour"


@require_safe
@identity.signed_in_required
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """All answers on one page; an application that has been sent is shown where it stands."""
    found = own_application(request, reference)
    if not drafts.changeable(found):
        return redirect(found)
    kept = identity.kept_form(request)
    return render(
        request, "members/apply/check.html", {**_context(found), "was_signed_out": kept is not None}
    )


@require_POST
@identity.signed_in_required
def send(request: HttpRequest, reference: str) -> HttpResponse:
    """Send the application, or the answers to what was asked. A second click finds it sent."""
    found = own_application(request, reference)
    if not drafts.changeable(found):
        return redirect(found)
    address = address_of(request)
    if not (
        allow(SENT_BY_ONE, "apply:send", address)
        and allow(SENT_BY_CLIENT, "apply:send-client", client_address(request))
    ):
        problem = _(
            "Too much has been sent from your address or connection. Nothing was sent this time, "
            "and nothing is lost. Please try again later, or write to us by e-mail."
        )
        return _shown_again(request, found, problem, 429)
    try:
        found = sending.send(found, address, request.POST.get("checked", ""))
    except sending.Incomplete:
        return _shown_again(request, found, _("Something is missing. Nothing was sent."))
    except sending.NotAsChecked:
        problem = _(
            "An answer was changed after you opened this page, by somebody else or in another tab. "
            "Nothing was sent. Read the answers as they are now, and send them."
        )
        return _shown_again(request, found, problem)
    except MoveNotAllowed:
        pass  # Sent meanwhile, or withdrawn: its page says so.
    return redirect(found)


def _context(found: Application) -> dict[str, Any]:
    keys = drafts.changeable(found)
    rows = {one.key: one.rows for one in answer_rows(found.answers)}
    lacking = sending.lacking(found)
    return {
        "application": found,
        "sections": [
            {
                "section": SECTIONS[key],
                "url": section_url(found, key),
                "rows": rows.get(key, []),
                "missing": lacking.get(key, []),
            }
            for key in keys
        ],
        "documents": found.documents.current(),
        "is_complete": not lacking,
        "checked": drafts.answers_version(found.answers),
    }


def _shown_again(
    request: HttpRequest, found: Application, problem: str, status: int = 200
) -> HttpResponse:
    found.refresh_from_db()
    context = {**_context(found), "problem": problem}
    return render(request, "members/apply/check.html", context, status=status)
