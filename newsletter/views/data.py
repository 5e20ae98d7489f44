"""Moving to another address, fetching everything that is held, having it erased."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsletter import links
from newsletter.services import addresses, erasing, exporting
from newsletter.views.links import for_link, see


@for_link
def move(request: HttpRequest, token: str) -> HttpResponse:
    """The button at a new address; once it was pressed, where to go from there."""
    change = links.address_change_of(token)
    if request.method == "POST":
        addresses.move(change)
        return see("address", token)
    return render(request, "newsletter/move.html", addresses.what_moving_does(change))


@for_link
def export(request: HttpRequest, token: str) -> HttpResponse:
    """A button, and by it a file: what only follows links, such as a scanner, gets no data."""
    subscriber = links.exported_by(token)
    if request.method != "POST":
        return render(request, "newsletter/export.html")
    response = JsonResponse(
        exporting.everything_about(subscriber),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
    )
    name = f"subscription-{timezone.localdate().isoformat()}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@for_link
def erase(request: HttpRequest, token: str) -> HttpResponse:
    """Says what erasing means, and does it by a button."""
    subscriber = links.subscriber_of(token)
    if request.method == "POST":
        erasing.erase(subscriber, how="preference page")
        return see("erased")
    return render(request, "newsletter/erase.html", {"subscriber": subscriber, "token": token})


@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/erased.html")
