"""What focal points and staff do with an organisation's profile.

A new member corrects its own words without approval: nobody has read them yet, and the Steering
Committee has accepted the organisation, not its text. Staff see what was corrected. What the
committee did decide on, name and country, waits for approval, as every change does once the
profile is public.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.letters import absolute
from icrtop.mail.services import Recipient
from members.member_letters import focal_points_of
from members.models.focal_points import FocalPoint
from members.models.organisations import Organisation
from members.models.profiles import ProfileChange
from members.profile_fields import (
    DECIDED_ON,
    LISTING,
    as_text,
    differing,
    in_words,
    put,
    seen,
    values_of,
)
from members.services.reconfirming import answer_by
from members.services.recording import ChangedSince, Person, lock, record, tell_secretariat, write

CHANGE = "members.change_profilechange"
State = ProfileChange.State


class AlreadyDone(Exception):
    """Somebody else, or the same click twice, has done it."""


class NotesMissing(Exception):
    """Whoever proposed a change is owed the reasons why it was declined."""


def pending_change(organisation: Organisation) -> ProfileChange | None:
    """The change that waits for approval; an organisation has one at most."""
    return organisation.changes.filter(state=State.PENDING).first()


@transaction.atomic
def publish(organisation: Organisation, by: Person, wanted: Mapping[str, Any]) -> Organisation:
    """Make a new member's profile public, with the corrections that it made.

    `wanted` are details by name, without those that the committee decided on. Raises AlreadyDone.
    """
    locked = lock(organisation)
    if locked.profile_published:
        raise AlreadyDone
    corrections = {name: value for name, value in wanted.items() if name not in DECIDED_ON}
    before, after = differing(values_of(locked), corrections)
    if after:
        locked.changes.create(
            before=before, after=after, state=State.APPROVED, decided_at=timezone.now(), **_of(by)
        )
    locked.profile_published = True
    locked.profile_checked_at = timezone.now()
    put(locked, after)
    changes = in_words(before, after)
    event = record(locked, by, "checked_profile", as_text(changes))
    facts = {"listing": locked.listing, "changes": as_text(changes)}
    write(event, "profile_public", focal_points_of(locked), {"by": by.label, **facts})
    tell_secretariat(event, "notice_profile", by, facts)
    return locked


@transaction.atomic
def propose(
    organisation: Organisation, by: Person, wanted: Mapping[str, Any], seen_then: str
) -> ProfileChange | None:
    """Ask staff for other details; what was proposed before and still waits is replaced.

    `seen_then` is what `profile_fields.seen` said when the form was made. Where nothing differs
    from what there is, nothing waits any more, and None comes back. It answers the yearly question,
    too. Raises ChangedSince.
    """
    locked = lock(organisation)
    change = pending_change(locked)
    if seen(locked, change) != seen_then:
        raise ChangedSince
    more = {LISTING: change.after[LISTING]} if change and LISTING in change.after else {}
    before, after = differing(values_of(locked), {**wanted, **more})
    answer_by(locked, by)
    return _replace(locked, change, by, before, after)


@transaction.atomic
def take_back(organisation: Organisation, by: Person) -> None:
    """Ask for no change any more. Done twice, it is done."""
    locked = lock(organisation)
    if change := pending_change(locked):
        _close(change, State.TAKEN_BACK)
        record(locked, by, "took_back")


@transaction.atomic
def approve(change: ProfileChange, by: User, seen_then: str, note: str = "") -> ProfileChange:
    """Give the organisation the details that were proposed.

    `seen_then` is what `profile_fields.seen` said when staff read the change: they decide on
    nothing else. Raises PermissionDenied, AlreadyDone, ChangedSince.
    """
    locked, organisation = _take(change, by, seen_then)
    changes = in_words(locked.before, locked.after)
    _close(locked, State.APPROVED, by, note)
    put(organisation, locked.after)
    event = record(organisation, Person.staff(by), "approved", as_text(changes))
    facts = {"changes": as_text(changes), "note": note.strip()}
    write(event, "change_approved", _proposer_of(locked), facts)
    return locked


@transaction.atomic
def decline(change: ProfileChange, by: User, seen_then: str, note: str) -> ProfileChange:
    """Leave the details as they are, and say why.

    Raises PermissionDenied, AlreadyDone, ChangedSince, NotesMissing.
    """
    if not note.strip():
        raise NotesMissing
    locked, organisation = _take(change, by, seen_then)
    _close(locked, State.DECLINED, by, note)
    event = record(organisation, Person.staff(by), "declined_change", note.strip())
    facts = {"changes": as_text(in_words(locked.before, locked.after)), "note": note.strip()}
    write(event, "change_declined", _proposer_of(locked), facts)
    return locked


def propose_listing(organisation: Organisation, by: Person, listing: str) -> ProfileChange | None:
    """Add to what waits for approval that the public may see more, in the caller's transaction.

    The organisation is held. With the listing that it has, nothing of the kind is asked for.
    """
    change = pending_change(organisation)
    wanted = {**(change.after if change else {}), LISTING: listing}
    before, after = differing(values_of(organisation), wanted)
    return _replace(organisation, change, by, before, after)


def _replace(
    organisation: Organisation,
    change: ProfileChange | None,
    by: Person,
    before: dict[str, Any],
    after: dict[str, Any],
) -> ProfileChange | None:
    if not after:
        if change:
            _close(change, State.TAKEN_BACK)
            record(organisation, by, "took_back")
        return None
    if change and change.after == after:
        return change
    change = change or ProfileChange(organisation=organisation)
    change.before, change.after, change.proposed_at = before, after, timezone.now()
    for name, value in _of(by).items():
        setattr(change, name, value)
    change.save()
    changes = as_text(in_words(before, after))
    event = record(organisation, by, "proposed", changes)
    change_url = absolute(reverse("profile_changes:inspect", args=[change.pk]))
    tell_secretariat(event, "notice_change", by, {"changes": changes, "change_url": change_url})
    return change


def _take(change: ProfileChange, by: User, seen_then: str) -> tuple[ProfileChange, Organisation]:
    if not by.has_perm(CHANGE):
        raise PermissionDenied
    # The organisation before the change, as everybody does who holds both.
    organisation = lock(change.organisation)
    locked = ProfileChange.objects.select_for_update().get(pk=change.pk)
    if locked.state != State.PENDING:
        raise AlreadyDone
    if seen(organisation, locked) != seen_then:
        raise ChangedSince
    return locked, organisation


def _close(change: ProfileChange, state: str, by: User | None = None, note: str = "") -> None:
    change.state, change.decided_at, change.decided_by = state, timezone.now(), by
    change.note = note.strip()
    change.save()


def _of(by: Person) -> dict[str, str]:
    return {"by_name": by.name, "by_email": by.address}


def _proposer_of(change: ProfileChange) -> list[Recipient]:
    """Who proposed it, if they still speak for the organisation; else everybody who does."""
    proposers = FocalPoint.objects.filter(
        organisation=change.organisation_id, normalised=change.by_email
    )
    return [Recipient(one.email, one.name) for one in proposers] or focal_points_of(
        change.organisation
    )
