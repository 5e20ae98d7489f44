"""Whose application it is."""

from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone

from icrtop.accounts import identity
from members.models.applications import Application
from members.retention import touch
from members.services.moving import Actor, record


def address_of(request: HttpRequest) -> str:
    """The verified, normalised address of whoever has signed in. Raises Http404 without one."""
    address = identity.verified_address(request.user)
    if address is None:
        raise Http404
    return address


def own_application(request: HttpRequest, reference: str) -> Application:
    """The application of this reference, if it is theirs; else Http404, as if there were none.

    Whoever was invited has joined from then on, and a draft that is opened is kept.
    """
    address = address_of(request)
    found = Application.objects.of(address).filter(reference=reference)
    application = found.first()
    if application is None:
        raise Http404
    touch(application)
    if application.people.filter(normalised=address, joined_at=None).exists():
        join(application, address)
    touch(application)
    return application


@transaction.atomic
def join(application: Application, address: str) -> None:
    """Note that somebody who was invited has come."""
    came = application.people.filter(normalised=address, joined_at=None)
    if came.update(joined_at=timezone.now()):
        record(application, Actor.applicant(address), "join")
