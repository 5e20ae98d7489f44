"""The one way by which an application goes from a state to another."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.headers import InvalidMessage
from members.letters import KINDS, DraftLetter, To, draft_letter, send_letter
from members.models.applications import Application
from members.models.trail import ApplicationEvent
from members.states import MOVES, By, Move

logger = logging.getLogger(__name__)


class MoveNotAllowed(Exception):
    """The table of states has no such move from where the application stands."""


class ChangedMeanwhile(Exception):
    """Somebody else has moved the application since it was looked at."""


class ReasonsMissing(Exception):
    """The move needs its reasons."""


@dataclass(frozen=True)
class Actor:
    """Who makes a move: staff by their account, others by their verified address, normalised."""

    kind: str
    name: str
    user: User | None = None
    address: str = ""

    @classmethod
    def staff(cls, user: User) -> "Actor":
        return cls(ApplicationEvent.Actor.STAFF, user.get_full_name() or user.email, user)

    @classmethod
    def applicant(cls, address: str) -> "Actor":
        return cls(ApplicationEvent.Actor.APPLICANT, address, address=address)

    @classmethod
    def committee(cls, name: str, address: str) -> "Actor":
        return cls(ApplicationEvent.Actor.COMMITTEE, name, address=address)

    @classmethod
    def site(cls) -> "Actor":
        return cls(ApplicationEvent.Actor.SYSTEM, "")


def take(application: Application, name: str, by: Actor, version: int | None = None) -> Application:
    """Lock an application for a move; returns it as it is now.

    In the caller's transaction: the second of two people who act at the same time waits for the
    first, and is then told. Raises PermissionDenied, ChangedMeanwhile if it has moved since
    `version`, MoveNotAllowed if the table has no such move from its state.
    """
    move = MOVES[name]
    if not may_make(application, move, by):
        raise PermissionDenied
    locked = Application.objects.select_for_update().get(pk=application.pk)
    if version is not None and locked.version != version:
        raise ChangedMeanwhile
    if locked.state not in move.sources or locked.anonymised_at:
        raise MoveNotAllowed
    return locked


def may_make(application: Application, move: Move, by: Actor) -> bool:
    """Whether somebody may make a move at all, wherever the application stands."""
    if move.by == By.STAFF:
        return by.user is not None and by.user.has_perm(move.permission)
    if move.by == By.APPLICANT:
        return bool(by.address) and application.people.filter(normalised=by.address).exists()
    return by.kind == ApplicationEvent.Actor.SYSTEM


def make(
    locked: Application,
    name: str,
    by: Actor,
    *,
    note: str = "",
    letters: Mapping[str, DraftLetter] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> ApplicationEvent:
    """Make a move with an application that `take` gave, and save whatever was changed on it.

    `letters` are those that staff have read, by name; the others go as drafted with `facts`.
    Returns the entry in the trail. Raises ReasonsMissing.
    """
    move = MOVES[name]
    if move.note_required and not note.strip():
        raise ReasonsMissing
    event = record(locked, by, name, note=note, to_state=move.target)
    locked.state = move.target
    locked.state_since = event.at
    locked.version += 1
    locked.save()
    read = letters or {}
    for letter in move.letters:
        draft = read.get(letter) or draft_letter(locked, letter, {"note": note, **(facts or {})})
        attach_letter(event, draft)
    return event


def record(
    application: Application, by: Actor, action: str, *, note: str = "", to_state: str = ""
) -> ApplicationEvent:
    """Write something into the trail of an application."""
    return ApplicationEvent.objects.create(
        application=application,
        at=timezone.now(),
        actor=by.kind,
        by=by.user,
        by_name=by.name,
        action=action,
        from_state=application.state,
        to_state=to_state or application.state,
        note=note.strip(),
    )


def attach_letter(event: ApplicationEvent, letter: DraftLetter) -> None:
    """Queue a letter, and note it beside what caused it.

    A mistake in the site's own settings must not cost an application: if no letter to the
    secretariat can be written, that is logged, and the queue shows the application anyway. Raises
    InvalidMessage for words that cannot be sent.
    """
    try:
        message = send_letter(event.application, letter)
    except (InvalidAddress, InvalidMessage) as error:
        if KINDS[letter.name].to != To.SECRETARIAT:
            raise
        logger.error("No notice of %s to us: %s", event.application.reference, error)
        return
    if message:
        event.messages.add(message)
