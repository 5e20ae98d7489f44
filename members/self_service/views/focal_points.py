"""Who speaks for an organisation."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from icrtop.accounts.identity import kept_form
from members.self_service.access import Visit, for_members, see
from members.self_service.forms import FocalPointForm
from members.services import focal_points


@for_members
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    data = request.POST if request.method == "POST" else kept_form(request)
    form = FocalPointForm(data, request=request, organisation=visit.organisation)
    if request.method == "POST" and form.is_valid():
        with suppress(focal_points.AlreadyFocalPoint):  # The same click twice.
            focal_points.add(visit.organisation, visit.person, form.told)
        return see("organisation", visit, "added")
    context = {"organisation": visit.organisation, "form": form}
    return render(request, "members/organisation/add_focal_point.html", context)


@for_members
def correct(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Somebody's own data; nobody else's can be changed, only removed."""
    own = visit.focal_point
    initial = {name: getattr(own, name) for name in ("name", "email", "position", "telephone")}
    data = request.POST if request.method == "POST" else kept_form(request)
    form = FocalPointForm(
        data, request=request, organisation=visit.organisation, own=own, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        told = {name: value for name, value in form.told.items() if name != "email"}
        focal_points.correct(own, visit.person, told)
        if form.moves:
            focal_points.ask_to_move(own, visit.person, form.cleaned_data["email"])
            return see("organisation", visit, "moving")
        return see("organisation", visit, "corrected")
    context = {"organisation": visit.organisation, "form": form, "you": own}
    return render(request, "members/organisation/correct_focal_point.html", context)


@for_members
def remove(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Says what removing means, and the button that does it."""
    one = get_object_or_404(visit.organisation.focal_points, pk=pk)
    is_last = visit.organisation.focal_points.count() == 1
    if request.method == "POST" and not is_last:
        try:
            focal_points.remove(one, visit.person)
        except focal_points.LastFocalPoint:
            return see("organisation", visit)
        if one == visit.focal_point:
            context = {"organisation": visit.organisation}
            return render(request, "members/organisation/gone.html", context)
        return see("organisation", visit, "removed")
    context = {
        "organisation": visit.organisation,
        "one": one,
        "is_you": one == visit.focal_point,
        "is_last": is_last,
    }
    return render(request, "members/organisation/remove_focal_point.html", context)
