"""What changes registrations: who has a place, who waits for one, who has cancelled.

Places are given and taken only while the row of the event in `events_eventpage` is locked, which
publishing locks too: so the last place is given once, whatever comes at the same moment. Locks are
taken in one order everywhere: the event's row, its registrations by key, letters. Nothing here
locks the row in `wagtailcore_page`, which editing takes before the event's.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import get_language

from events.models import EventPage, Registration, RegistrationState
from events.registrations import letters
from events.registrations.openings import Closed, is_open, opening_of, places_left, why_closed
from icrtop.cache import empty_page_cache
from icrtop.mail.addresses import normalise

__all__ = [
    "AlreadyRegistered",
    "Closed",
    "Details",
    "RegistrationClosed",
    "cancel",
    "is_open",
    "opening_of",
    "places_left",
    "promote_waiting",
    "register",
    "why_closed",
]

# So many move up in one transaction, for which all others wait; `promote_everywhere` goes on.
MOST_AT_ONCE = 100
# Staff may still add somebody.
LATE = (Closed.ENDED, Closed.BEGUN)


class RegistrationClosed(Exception):
    """One cannot register for the event: `reason` says why."""

    def __init__(self, reason: Closed) -> None:
        super().__init__(reason.value)
        self.reason = reason


class AlreadyRegistered(Exception):
    """Somebody with this address has a place, or waits for one: `registration`."""

    def __init__(self, registration: Registration) -> None:
        super().__init__(registration.pk)
        self.registration = registration


@dataclass(frozen=True)
class Details:
    """What is known of somebody who registers. Staff may leave the address empty: no letters then.

    `language` is that of the letters; without one it is the request's.
    """

    name: str
    email: str
    organisation: str = ""
    needs: str = ""
    language: str = ""


@transaction.atomic
def register(event: EventPage, details: Details, *, by_staff: bool = False) -> Registration:
    """Give somebody a place, or the next one on the waiting list, and write them a letter.

    Whoever has a place or waits already gets a letter that says so, and their registration is
    returned as it is, so that the form need tell nobody who is registered; staff are told by
    AlreadyRegistered. Staff may add people after the last day to register.

    Raises RegistrationClosed, also for an event that is not public; InvalidAddress.
    """
    normalised = normalise(details.email) if details.email or not by_staff else ""
    locked = _lock(event)
    if locked is None:
        raise RegistrationClosed(Closed.NOT_SHOWN)
    reason = why_closed(locked)
    if reason and not (by_staff and reason in LATE):
        raise RegistrationClosed(reason)
    if not EventPage.objects.shown().filter(pk=locked.pk).exists():
        raise RegistrationClosed(Closed.NOT_SHOWN)
    active = locked.registrations.active().select_related("event")
    known = active.filter(normalised=normalised).first() if normalised else None
    if known is not None:
        if by_staff:
            raise AlreadyRegistered(known)
        letters.remind_of_registration(known)
        return known
    left = places_left(locked)
    registration = Registration.objects.create(
        event=locked,
        state=RegistrationState.WAITING if left == 0 else RegistrationState.PLACED,
        name=details.name,
        organisation=details.organisation,
        email=details.email,
        normalised=normalised,
        needs=details.needs,
        language=details.language or get_language(),
        by_staff=by_staff,
    )
    if left == 0:
        letters.confirm_waiting(registration)
    else:
        letters.confirm_place(registration)
    if left == 1:
        empty_page_cache()  # The event's page says that there is a waiting list now.
    return registration


@transaction.atomic
def cancel(registration: Registration, *, with_letter: bool = True) -> bool:
    """Cancel a registration, tell its person, and give the place to whoever waits longest.

    False if it was cancelled before, or is gone: then nothing happens. The instance that was given
    is brought up to date.
    """
    event = _lock(registration.event)
    if event is None:
        return False
    locked = event.registrations.select_for_update(no_key=True).filter(pk=registration.pk).first()
    if locked is None:
        return False
    is_active = locked.is_active
    if is_active:
        was_full = places_left(event) == 0
        locked.event = event
        _move(locked, RegistrationState.CANCELLED)
        if with_letter:
            letters.confirm_cancelled(locked)
        _promote(event)
        if was_full and places_left(event) != 0:
            empty_page_cache()
    registration.state, registration.changed = locked.state, locked.changed
    return is_active


@transaction.atomic
def promote_waiting(event: EventPage) -> list[Registration]:
    """Give the places that are free to those who wait longest, and tell each of them.

    At most MOST_AT_ONCE people. Nobody moves up while the event is a draft, cancelled or postponed,
    or once it is over. Returns those who did.
    """
    if not event.registrations.waiting().exists():
        return []
    locked = _lock(event)
    return _promote(locked) if locked else []


def promote_everywhere() -> None:
    """Give every free place to whoever waits for it: for what no other service has noticed."""
    for event in EventPage.objects.upcoming().filter(
        pk__in=Registration.objects.waiting().order_by().values("event")
    ):
        promote_waiting(event)


def lock_event(event: EventPage) -> bool:
    """Have everybody else wait who would change registrations of the event, or publish it.

    Until the caller's transaction ends. False if there is no such event any more.
    """
    rows = EventPage.objects.select_for_update(of=("self",), no_key=True).filter(pk=event.pk)
    return rows.values_list("sequence").first() is not None


def _lock(event: EventPage) -> EventPage | None:
    """The event as it is now, locked; None if it is gone."""
    # The lock is a query of its own: one that has waited for it shows other rows as before.
    return EventPage.objects.filter(pk=event.pk).first() if lock_event(event) else None


def _promote(event: EventPage) -> list[Registration]:
    """Of an event that is locked."""
    if not event.live or not event.takes_place or event.is_over:
        return []
    waiting = event.registrations.waiting().select_for_update(no_key=True)
    moving = list(waiting[: min(_free_places(event), MOST_AT_ONCE)])
    for registration in moving:
        registration.event = event
        _move(registration, RegistrationState.PLACED)
        letters.tell_promoted(registration)
    return moving


def _free_places(event: EventPage) -> int:
    """How many people may move up."""
    if event.capacity is not None:
        return max(0, event.capacity - event.registrations.placed().count())
    # Without registration, the number of places is empty because nobody needs it.
    return MOST_AT_ONCE if event.registration else 0


def _move(registration: Registration, state: RegistrationState) -> None:
    registration.state = state
    registration.changed = Now()
    registration.save(update_fields=["state", "changed"])
