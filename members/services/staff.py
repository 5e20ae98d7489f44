"""The moves that staff make. Each raises what `moving.take` and `moving.make` raise."""

import datetime
from collections.abc import Callable, Mapping, Sequence

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import transaction

from icrtop.accounts.models import User
from members.ballots.opening import open_ballot
from members.ballots.stopping import stop_open_ballot
from members.letters import DraftLetter
from members.models.applications import Application
from members.models.ballots import Ballot
from members.models.trail import ApplicationEvent, InternalNote
from members.services.accepting import make_member
from members.services.moving import (
    Actor,
    ChangedMeanwhile,
    ReasonsMissing,
    attach_letter,
    make,
    record,
    take,
)
from members.states import CHANGE

Letters = Mapping[str, DraftLetter] | None


@transaction.atomic
def acknowledge(
    application: Application, by: User, version: int, *, note: str = "", letters: Letters = None
) -> Application:
    """Begin the review."""
    return _plain_move("acknowledge", application, by, version, note, letters)


@transaction.atomic
def ask(
    application: Application,
    by: User,
    version: int,
    *,
    note: str,
    sections: Sequence[str],
    answer_by: datetime.date,
    letters: Letters = None,
) -> Application:
    """Open sections of the form again, for the applicant to change until a day.

    `note` says what is missing. Raises ValueError without a section.
    """
    if not sections:
        raise ValueError("Choose what the applicant can change.")
    actor = Actor.staff(by)
    locked = take(application, "ask", actor, version)
    locked.open_sections = list(sections)
    locked.answer_by = answer_by
    locked.reminded_at = None
    facts = {"sections": list(sections), "answer_by": answer_by}
    make(locked, "ask", actor, note=note, letters=letters, facts=facts)
    return locked


@transaction.atomic
def put_to_ballot(
    application: Application,
    by: User,
    version: int,
    *,
    closes_at: datetime.datetime,
    note: str = "",
    letters: Letters = None,
) -> Application:
    """Ask the Steering Committee as it stands now to vote. Raises NobodyCanVote."""
    actor = Actor.staff(by)
    locked = take(application, "put_to_ballot", actor, version)
    ballot = open_ballot(locked, by, closes_at)
    facts = {"ballot": ballot, "closes_at": closes_at}
    make(locked, "put_to_ballot", actor, note=note, letters=letters, facts=facts)
    return locked


@transaction.atomic
def stop_ballot(
    application: Application, by: User, version: int, *, note: str, letters: Letters = None
) -> Application:
    """Stop the open ballot; its votes decide nothing."""
    actor = Actor.staff(by)
    locked = take(application, "stop_ballot", actor, version)
    stop_open_ballot(locked)
    make(locked, "stop_ballot", actor, note=note, letters=letters)
    return locked


@transaction.atomic
def accept(
    application: Application, by: User, version: int, *, note: str = "", letters: Letters = None
) -> Application:
    """Make the organisation a member.

    Raises ReasonsMissing where the last ballot was not in favour: then the note says how the
    Steering Committee decided.
    """
    actor = Actor.staff(by)
    locked = take(application, "accept", actor, version)
    carried = locked.ballot is not None and locked.ballot.outcome == Ballot.Outcome.CARRIED
    if not carried and not note.strip():
        raise ReasonsMissing
    locked.organisation = make_member(locked, by)
    make(locked, "accept", actor, note=note, letters=letters)
    return locked


@transaction.atomic
def decline(
    application: Application, by: User, version: int, *, note: str, letters: Letters = None
) -> Application:
    """Tell the applicant that the organisation cannot join."""
    return _plain_move("decline", application, by, version, note, letters)


@transaction.atomic
def close(
    application: Application, by: User, version: int, *, note: str, letters: Letters = None
) -> Application:
    """Take the application out of the queue without a decision."""
    return _plain_move("close", application, by, version, note, letters)


@transaction.atomic
def reopen(
    application: Application, by: User, version: int, *, note: str, letters: Letters = None
) -> Application:
    """Go on with an application that had ended without the organisation joining."""
    return _plain_move("reopen", application, by, version, note, letters)


SERVICES: dict[str, Callable[..., Application]] = {
    "acknowledge": acknowledge,
    "ask": ask,
    "put_to_ballot": put_to_ballot,
    "stop_ballot": stop_ballot,
    "accept": accept,
    "decline": decline,
    "close": close,
    "reopen": reopen,
}


@transaction.atomic
def assign(application: Application, by: User, to: User | None, *, was: int | None) -> None:
    """Say who of the staff looks after an application.

    `was` is the key of who did when it was looked at. Raises PermissionDenied, or ChangedMeanwhile
    if that is somebody else by now.
    """
    _check(by)
    locked = Application.objects.select_for_update().get(pk=application.pk)
    if locked.assigned_to_id != was:
        raise ChangedMeanwhile
    name = (to.get_full_name() or to.email) if to else ""
    Application.objects.filter(pk=application.pk).update(assigned_to=to)
    record(application, Actor.staff(by), "assign", note=name)


@transaction.atomic
def add_note(application: Application, by: User, text: str) -> InternalNote:
    """Write an internal note. Raises PermissionDenied."""
    _check(by)
    return InternalNote.objects.create(
        application=application, by=by, by_name=by.get_full_name() or by.email, text=text.strip()
    )


@transaction.atomic
def write_to_applicant(application: Application, by: User, letter: DraftLetter) -> ApplicationEvent:
    """Send a letter to the applicant without moving the application. Raises PermissionDenied."""
    _check(by)
    event = record(application, Actor.staff(by), "write")
    attach_letter(event, letter)
    return event


def _check(by: User | AnonymousUser) -> None:
    if not by.has_perm(CHANGE):
        raise PermissionDenied


def _plain_move(
    name: str, application: Application, by: User, version: int, note: str, letters: Letters
) -> Application:
    actor = Actor.staff(by)
    locked = take(application, name, actor, version)
    locked.open_sections, locked.answer_by = [], None
    make(locked, name, actor, note=note, letters=letters)
    return locked
