"""What focal points do with each other and with their own data.

Whoever gets into one mailbox could make themselves at home, so everybody at the organisation is
told of who comes and goes, and an address counts once a letter to it was answered. Who votes on the
Steering Committee is for staff to say.
"""

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from icrtop.mail.addresses import normalise
from icrtop.mail.services import Recipient
from members import links
from members.member_letters import focal_points_of
from members.models.focal_points import FocalPoint
from members.models.organisations import Organisation
from members.services.recording import Person, lock, record, tell_secretariat, write


class LastFocalPoint(Exception):
    """An organisation keeps at least one focal point."""


class AlreadyFocalPoint(Exception):
    """The organisation has a focal point with that address."""


def has_address(organisation: Organisation, email: str) -> bool:
    """Whether an address is a focal point's. Raises InvalidAddress."""
    return organisation.focal_points.filter(normalised=normalise(email)).exists()


@transaction.atomic
def add(organisation: Organisation, by: Person, told: Mapping[str, str]) -> FocalPoint:
    """Let somebody act for the organisation; `told` are their name, email, position, telephone.

    Raises AlreadyFocalPoint, InvalidAddress.
    """
    locked = lock(organisation)
    if has_address(locked, told["email"]):
        raise AlreadyFocalPoint
    new = FocalPoint.objects.create(organisation=locked, **told)
    event = record(locked, by, "added_focal_point", _who(new))
    write(event, "focal_point_added", [Recipient(new.email, new.name)], {"by": by.label})
    others = focal_points_of(locked, new.normalised)
    write(event, "focal_points_changed", others, {"by": by.label, "added": _who(new)})
    return new


@transaction.atomic
def correct(focal_point: FocalPoint, by: Person, told: Mapping[str, str]) -> None:
    """Put somebody's own name, position and telephone right."""
    before = {name: getattr(focal_point, name) for name in told}
    if before == dict(told):
        return
    for name, value in told.items():
        setattr(focal_point, name, value)
    focal_point.save(update_fields=list(told))
    record(focal_point.organisation, by, "changed_focal_point", focal_point.name)


@transaction.atomic
def ask_to_move(focal_point: FocalPoint, by: Person, email: str) -> None:
    """Write to the address that a focal point wants to use. Nothing is changed.

    Raises AlreadyFocalPoint, InvalidAddress.
    """
    if has_address(focal_point.organisation, email):
        raise AlreadyFocalPoint
    event = record(focal_point.organisation, by, "changed_focal_point", email)
    facts = {"address_url": links.address_url(focal_point, email), "days": links.ADDRESS_DAYS}
    write(event, "new_address", [Recipient(email, focal_point.name)], facts)


@transaction.atomic
def move(focal_point: FocalPoint, email: str) -> None:
    """Have a focal point sign in with the address that they have confirmed.

    The old address is told, and the others. Who voted on the Steering Committee does so again once
    staff have said so. Raises AlreadyFocalPoint.
    """
    organisation = lock(focal_point.organisation)
    by, old = Person.focal_point(focal_point), focal_point.email
    voted = focal_point.on_committee
    focal_point.email, focal_point.on_committee = email, False
    try:
        with transaction.atomic():
            focal_point.save()
    except IntegrityError as error:
        raise AlreadyFocalPoint from error
    event = record(organisation, by, "changed_focal_point", _who(focal_point))
    facts = {"by": by.label, "moved_from": old, "moved_to": email}
    # The new address knows; whoever reads the old one must be told.
    told = [Recipient(old), *focal_points_of(organisation, focal_point.normalised)]
    write(event, "focal_points_changed", told, facts)
    if voted:
        tell_secretariat(event, "notice_voter", by, {"email": email})


@transaction.atomic
def remove(focal_point: FocalPoint, by: Person) -> None:
    """Let somebody act for it no more. Done twice, it is done. Raises LastFocalPoint."""
    organisation = lock(focal_point.organisation)
    held = organisation.focal_points.filter(pk=focal_point.pk).first()
    if held is None:
        return
    if organisation.focal_points.count() == 1:
        raise LastFocalPoint
    told = focal_points_of(organisation)
    FocalPoint.objects.filter(pk=held.pk).delete()
    event = record(organisation, by, "removed_focal_point", _who(held))
    write(event, "focal_points_changed", told, {"by": by.label, "removed": _who(held)})


def _who(one: FocalPoint) -> str:
    return f"{one.name} ({one.email})"
