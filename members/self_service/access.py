"""Whose organisation it is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from icrtop.accounts import identity
from members.models.focal_points import FocalPoint
from members.models.organisations import Membership, Organisation
from members.services.recording import Person


@dataclass(frozen=True)
class Visit:
    """A focal point at the pages of an organisation; `term` is None if it belongs no more."""

    organisation: Organisation
    focal_point: FocalPoint
    term: Membership | None

    @property
    def person(self) -> Person:
        return Person.focal_point(self.focal_point)


type OrganisationView = Callable[..., HttpResponse]


def for_focal_points(view: OrganisationView) -> Callable[..., HttpResponseBase]:
    """A page of an organisation, for those who have signed in as one of its focal points.

    The view gets a Visit in place of the organisation's slug. For everybody else there is no such
    page, nor for those of an organisation that never was a member.
    """

    @identity.signed_in_required
    @wraps(view)
    def inner(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        address = identity.verified_address(request.user) or ""
        found = FocalPoint.objects.of(address).filter(organisation__slug=slug)
        one = found.select_related("organisation__country").first()
        if one is None or not one.organisation.memberships.exists():
            raise Http404
        term = one.organisation.memberships.current().first()
        return view(request, Visit(one.organisation, one, term), **kwargs)

    return inner


def for_members(view: OrganisationView) -> Callable[..., HttpResponseBase]:
    """The same, of an organisation that belongs to the Coalition now."""

    @wraps(view)
    def inner(request: HttpRequest, visit: Visit, **kwargs: Any) -> HttpResponse:
        if visit.term is None:
            return see("organisation", visit)
        return view(request, visit, **kwargs)

    return for_focal_points(inner)


def see(view: str, visit: Visit, done: str = "") -> HttpResponse:
    """After a button: a page that can be reloaded, and may say what was done."""
    query = {"done": done} if done else None
    url = reverse(f"organisation:{view}", args=[visit.organisation.slug], query=query)
    return HttpResponseRedirect(url, status=303)
