"""How a term of membership ends: by the organisation's own wish, or by staff."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from icrtop.accounts.models import User
from members.member_letters import focal_points_of
from members.models.organisations import EndReason, Membership, Organisation
from members.models.profiles import ProfileChange
from members.services.reconfirming import CHANGE_TERM
from members.services.recording import Person, lock, record, tell_secretariat, write


@transaction.atomic
def resign(organisation: Organisation, by: Person, note: str = "") -> bool:
    """End the membership today, as the organisation wishes; False if it had ended before.

    It is gone from the directory and from the Steering Committee at once. Staff can undo it on the
    organisation's page in the admin.
    """
    locked = lock(organisation)
    if not _end(locked, EndReason.RESIGNED):
        return False
    event = record(locked, by, "resigned", note.strip())
    facts = {"by": by.label, "note": note.strip()}
    write(event, "resigned", focal_points_of(locked), facts)
    tell_secretariat(event, "notice_resigned", by, facts)
    return True


@transaction.atomic
def end_lapsed(organisation: Organisation, by: User, body: str) -> bool:
    """End the membership of an organisation that did not reconfirm; False if it had ended before.

    `body` is the letter to its focal points in the words of staff. Raises PermissionDenied.
    """
    if not by.has_perm(CHANGE_TERM):
        raise PermissionDenied
    locked = lock(organisation)
    if not _end(locked, EndReason.LAPSED):
        return False
    event = record(locked, Person.staff(by), "ended")
    write(event, "ended", focal_points_of(locked), body=body)
    return True


def _end(organisation: Organisation, reason: EndReason) -> bool:
    term = Membership.objects.current().filter(organisation=organisation).first()
    if term is None:
        return False
    term.ended, term.end_reason = timezone.localdate(), reason
    term.save()
    organisation.changes.filter(state=ProfileChange.State.PENDING).update(
        state=ProfileChange.State.TAKEN_BACK, decided_at=timezone.now()
    )
    return True
