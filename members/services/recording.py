"""Who does something with a member, and how it gets into the member's trail."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from icrtop.accounts.models import User
from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.services import Recipient
from members import member_letters
from members.models.focal_points import FocalPoint
from members.models.organisations import Organisation
from members.models.profiles import OrganisationEvent

logger = logging.getLogger(__name__)


class ChangedSince(Exception):
    """Somebody else has changed what it is about since the page was opened."""


@dataclass(frozen=True)
class Person:
    """Who does it: a focal point with their normalised address, one of the staff, or the site."""

    name: str = ""
    address: str = ""
    user: User | None = None

    @classmethod
    def focal_point(cls, one: FocalPoint) -> "Person":
        return cls(one.name, one.normalised)

    @classmethod
    def staff(cls, user: User) -> "Person":
        return cls(user.get_full_name() or user.email, user=user)

    @property
    def label(self) -> str:
        """Their name, and for focal points the address that they proved to be theirs."""
        return f"{self.name} ({self.address})" if self.address else self.name


SITE = Person()


def lock(organisation: Organisation) -> Organisation:
    """An organisation as it is now, held until the transaction ends."""
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def record(
    organisation: Organisation, by: Person, action: str, note: str = ""
) -> OrganisationEvent:
    """Write something into the trail of an organisation."""
    return OrganisationEvent.objects.create(
        organisation=organisation, by=by.user, by_name=by.label[:255], action=action, note=note
    )


def write(
    event: OrganisationEvent,
    name: str,
    to: Iterable[Recipient],
    facts: Mapping[str, Any] | None = None,
    body: str = "",
) -> None:
    """Queue a letter to focal points, and note it beside what caused it."""
    message = member_letters.write(event.organisation, name, to, facts, body=body)
    if message:
        event.messages.add(message)


def tell_secretariat(
    event: OrganisationEvent, name: str, by: Person, facts: Mapping[str, Any] | None = None
) -> None:
    """Queue a notice to the secretariat.

    A mistake in the site's own settings must cost no member its change: it is logged, and the admin
    shows what happened anyway.
    """
    try:
        message = member_letters.write(
            event.organisation,
            name,
            member_letters.secretariat(),
            {"by": by.label, **(facts or {})},
            answers_to=by.address,
        )
    except (InvalidAddress, InvalidMessage) as error:
        logger.error("No notice to us of %s: %s", event, error)
        return
    if message:
        event.messages.add(message)
