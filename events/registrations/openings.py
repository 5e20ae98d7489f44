"""Whether one can register for an event at present, and whether there is a place left."""

from __future__ import annotations

import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import EventPage, Status
from events.models.timed import MIDNIGHT, ONE_DAY
from events.zones import earliest_instant


class Opening(models.TextChoices):
    OPEN = "open", _("There are places")
    FULL = "full", _("There is a waiting list")
    CLOSED = "closed", _("Registration is closed")
    NONE = "none", _("There is no registration")


class Closed(models.TextChoices):
    """Why one cannot register, in words for visitors."""

    NOT_OFFERED = "not_offered", _("There is no registration for this event on this site.")
    CANCELLED = "cancelled", _("This event is cancelled.")
    POSTPONED = "postponed", _("This event is postponed, and has no new date yet.")
    OVER = "over", _("This event is over.")
    ENDED = "ended", _("The last day to register is over.")
    BEGUN = "begun", _("This event has begun.")
    NOT_SHOWN = "not_shown", _("This event is not public.")


def opening_of(event: EventPage, taken: int | None = None) -> Opening:
    """What a page of the event tells about registering.

    `taken` is the number of active registrations, those that wait included; without it, it is
    counted where it matters. Asks the database nothing else.
    """
    reason = why_closed(event)
    if reason is Closed.NOT_OFFERED:
        return Opening.NONE
    if reason is not None:
        return Opening.CLOSED
    return Opening.FULL if places_left(event, taken) == 0 else Opening.OPEN


def is_open(event: EventPage) -> bool:
    """Whether one can register, for a place or for the waiting list."""
    return why_closed(event) is None


def why_closed(event: EventPage) -> Closed | None:
    """Why one cannot register by what the event says of itself; None if one can."""
    if not event.registration or event.yearly:
        return Closed.NOT_OFFERED
    if event.is_over:
        return Closed.OVER
    if event.status == Status.CANCELLED:
        return Closed.CANCELLED
    if event.status == Status.POSTPONED:
        return Closed.POSTPONED
    if closes_at(event) <= timezone.now():
        return Closed.ENDED if event.register_until else Closed.BEGUN
    return None


def closes_at(event: EventPage) -> datetime.datetime:
    """The first instant at which it is too late to register.

    That is the midnight, on the venue's clock, after the last day to register; if there is none,
    when the event begins.
    """
    if event.register_until is None:
        return event.starts_at
    midnight = earliest_instant(event.register_until + ONE_DAY, MIDNIGHT, event.time_zone)
    return min(midnight, event.ends_at)


def places_left(event: EventPage, taken: int | None = None) -> int | None:
    """How many more people would have a place at once; None if as many as wish.

    Whoever waits comes before them. `taken` is the number of active registrations, if it is known.
    """
    if event.capacity is None:
        return None
    if taken is None:
        taken = event.registrations.active().count()
    return max(0, event.capacity - taken)
