"""One event as calendars have it (RFC 5545, section 3.6.1).

An event of every year is a rule with its exceptions: years without it, and one more component for
each year in which it is on another day, for another time, or does not take place.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from icalendar import Event, vUri

from events.calendars.texts import Text
from events.models import EventPage, Occurrence, Status
from events.models.occurrences import occurrences_of
from events.models.timed import MIDNIGHT, ONE_DAY, Timed
from events.zones import earliest_instant

STATUSES = {
    Status.SCHEDULED: "CONFIRMED",
    Status.POSTPONED: "TENTATIVE",
    Status.CANCELLED: "CANCELLED",
}
UTC = "UTC"

Moment = datetime.date | datetime.datetime


class NoOccurrence(Exception):
    """An event of every year, of which each year is left out: no calendar can show it."""


@dataclass(frozen=True)
class Entry:
    """What a calendar has of one event.

    `components` are the event, or the rule and then its exceptions. `zone` is the one whose clocks
    their times are on, from the first year to the last; None if they are days, or times in UTC.
    """

    components: list[Event]
    changed_at: datetime.datetime
    zone: str | None
    first_year: int
    last_year: int


def entry_for(event: EventPage, *, url: str, with_private_address: bool = False) -> Entry:
    """What a calendar has of an event; `url` is the whole address of its page.

    Raises NoOccurrence; and ValueError, KeyError or OverflowError for days, times or a zone that
    cannot be, which only a change past the editor can have brought in.
    """
    occurrences = occurrences_of(event)
    if not occurrences:
        raise NoOccurrence
    if any(one.ends_at <= one.starts_at for one in occurrences):
        raise ValueError(f"{event.title!r} ends before it begins.")
    address = event.online_address if with_private_address else event.public_online_address
    text = Text(event, url, address)
    if event.yearly:
        components = _series(event, occurrences, text)
    else:
        components = [_vevent(event, occurrences[0], text)]
    return Entry(
        components,
        event.calendar_changed_at,
        event.time_zone if event.is_timed and event.time_zone != UTC else None,
        min(event.start_date, *(one.start_date for one in occurrences)).year,
        max(one.last_date + ONE_DAY for one in occurrences).year,
    )


def _series(event: EventPage, occurrences: list[Occurrence], text: Text) -> list[Event]:
    """The rule, and a component for each year that is not as the rule has it.

    A rule gives each year the same length; where clocks are changed during the event it is another
    one, as the end is a time too (RFC 5545, section 3.8.5.3).
    """
    held = {one.original_date: one for one in occurrences}
    days = [event.start_date.replace(year=year) for year in event.years]
    rule = _vevent(event, event, text)
    rule.add("RRULE", {"FREQ": "YEARLY", "UNTIL": _until(event, days[-1])})
    for day in days:
        if day not in held:
            _add_moment(rule, "EXDATE", _begin(event, day), event.time_zone)
    starts_at, ends_at = event.instants()
    components = [rule]
    for one in occurrences:
        is_as_long = not event.is_timed or one.ends_at - one.starts_at == ends_at - starts_at
        is_as_ruled = (one.start_date, one.status) == (one.original_date, event.status)
        if not (is_as_ruled and is_as_long):
            exception = _vevent(event, one, text)
            begin = _begin(event, one.original_date)
            _add_moment(exception, "RECURRENCE-ID", begin, event.time_zone)
            components.append(exception)
    return components


def _vevent(event: EventPage, one: Timed, text: Text) -> Event:
    """A component with the days, times and state of `one`, and all else of the event."""
    component = Event()
    component.add("UID", event.uid)
    component.add("SEQUENCE", event.sequence)
    # The same event is the same bytes each time; without METHOD the two mean the same.
    component.add("DTSTAMP", event.calendar_changed_at)
    component.add("LAST-MODIFIED", event.calendar_changed_at)
    component.add("SUMMARY", text.summary(one))
    component.add("STATUS", STATUSES[Status(one.status)])
    # Days of remembrance, and what does not take place, leave the reader's own time free.
    component.add("TRANSP", "OPAQUE" if one.is_timed and one.takes_place else "TRANSPARENT")
    _add_moment(component, "DTSTART", _begin(one, one.start_date), one.time_zone)
    if end := _end(one):
        _add_moment(component, "DTEND", end, one.time_zone)
    component.add("DESCRIPTION", text.description(one))
    if text.location:
        component.add("LOCATION", text.location)
    component.add("CATEGORIES", [str(event.get_kind_display())])
    component.add("URL", text.url)
    if text.address:
        component.add("CONFERENCE", vUri(text.address, params={"VALUE": "URI"}))
    return component


def _begin(one: Timed, day: datetime.date) -> Moment:
    if one.all_day or one.start_time is None:
        return day
    return datetime.datetime.combine(day, one.start_time)


def _end(one: Timed) -> Moment | None:
    """The first day or time after it; None for a time on one day without an end."""
    after = one.last_date + ONE_DAY
    if not one.is_timed:
        return after
    if one.end_time is not None:
        return datetime.datetime.combine(one.last_date, one.end_time)
    return datetime.datetime.combine(after, MIDNIGHT) if one.is_several_days else None


def _until(one: Timed, last_day: datetime.date) -> Moment:
    """The last day, or for times the instant (RFC 5545, section 3.3.10, UNTIL)."""
    if one.all_day or one.start_time is None:
        return last_day
    return earliest_instant(last_day, one.start_time, one.time_zone)


def _add_moment(component: Event, name: str, moment: Moment, zone: str) -> None:
    """Add a day, or a time on the clock of a zone; such a time is naive."""
    if not isinstance(moment, datetime.datetime):
        component.add(name, moment)
    elif zone == UTC:
        component.add(name, moment.replace(tzinfo=datetime.UTC))
    else:
        component.add(name, moment, {"TZID": zone})
