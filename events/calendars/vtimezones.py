"""What a calendar says about the clocks of a zone (RFC 5545, section 3.6.5).

It tells when they are changed, from the year before the first event to the last event. The library
`icalendar` can write this too, but looks for changes 64 days apart, and so misses the clocks of
Morocco in Ramadan; and it notes the hour to which clocks are set forward, not the one at which.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

DAY = 24 * 60 * 60
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST = -1


@dataclass(frozen=True)
class Clock:
    """How the clocks of a zone are set for a while."""

    offset: datetime.timedelta
    name: str
    is_daylight: bool


@dataclass(frozen=True)
class Change:
    """The clocks are set from one to another, when those before it show `onset`."""

    onset: datetime.datetime
    before: Clock
    after: Clock

    @property
    def rule(self) -> tuple[object, ...]:
        """What changes of different years have in common if one rule describes them."""
        return self.onset.month, self.onset.weekday(), self.onset.time(), self.before, self.after

    @property
    def weeks(self) -> set[int]:
        """Which such weekday of the month it is on: the first, the second, …, the last (-1)."""
        next_week = self.onset + datetime.timedelta(days=7)
        last = {LAST} if next_week.month != self.onset.month else set()
        return {(self.onset.day - 1) // 7 + 1} | last


@lru_cache(maxsize=4096)  # There are some 600 zones.
def vtimezone(zone: str, first_year: int, last_year: int) -> Timezone:
    """The clocks of an IANA zone, right for all local times in these years.

    Whoever gets it must not change it. Raises what `ZoneInfo` raises for a zone that is unknown.
    """
    component = Timezone()
    component.add("TZID", zone)
    before, changes = _changes(ZoneInfo(zone), first_year - 1, last_year)
    if not any(change.onset.year < first_year for change in changes):
        start = datetime.datetime(first_year - 1, 1, 1)
        changes.insert(0, Change(start, before, before))
    for run, weeks in sorted(_runs(changes), key=lambda found: found[0][0].onset):
        component.add_component(_observance(run, weeks, last_year))
    return component


def _changes(zone: ZoneInfo, first_year: int, last_year: int) -> tuple[Clock, list[Change]]:
    """How the clocks are set before these years, and when they are changed until after them.

    Looks once a day, and then for the second: no zone has changed its clocks twice in two days.
    """
    first = datetime.datetime(first_year, 1, 1, tzinfo=datetime.UTC)
    last = datetime.datetime(last_year + 1, 1, 1, tzinfo=datetime.UTC)
    moments = range(int(first.timestamp()), int(last.timestamp()) + 2 * DAY, DAY)
    begin = before = _clock(zone, moments[0] - DAY)
    found = []
    for moment in moments:
        if _offset(zone, moment) != before.offset:
            changed = _moment_of_change(zone, moment - DAY, moment)
            after = _clock(zone, changed)
            onset = changed + before.offset.total_seconds()
            local = datetime.datetime.fromtimestamp(onset, datetime.UTC).replace(tzinfo=None)
            found.append(Change(local, before, after))
            before = after
    return begin, found


def _moment_of_change(zone: ZoneInfo, before: int, after: int) -> int:
    """The first second between two moments at which the clocks are no longer as at the first."""
    offset = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, moment: int) -> datetime.timedelta:
    return datetime.datetime.fromtimestamp(moment, zone).utcoffset() or datetime.timedelta()


def _clock(zone: ZoneInfo, moment: int) -> Clock:
    local = datetime.datetime.fromtimestamp(moment, zone)
    return Clock(_offset(zone, moment), local.tzname() or "", bool(local.dst()))


def _runs(changes: list[Change]) -> Iterator[tuple[list[Change], set[int]]]:
    """Changes of successive years that have a rule in common, and the weeks that it may be."""
    by_rule: dict[tuple[object, ...], list[Change]] = defaultdict(list)
    for change in changes:
        by_rule[change.rule].append(change)
    for alike in by_rule.values():
        run, weeks = alike[:1], alike[0].weeks
        for change in alike[1:]:
            common = weeks & change.weeks
            if common and change.onset.year == run[-1].onset.year + 1:
                run, weeks = [*run, change], common
            else:
                yield run, weeks
                run, weeks = [change], change.weeks
        yield run, weeks


def _observance(
    run: list[Change], weeks: set[int], last_year: int
) -> TimezoneStandard | TimezoneDaylight:
    """One change, or those of a run by their rule.

    Several changes without a rule are not one observance with their dates (RDATE), though they
    could be: some programs read the first date only, and others none.
    """
    first, last = run[0], run[-1]
    before, after = first.before, first.after
    # In the database Ireland's winter and Morocco's Ramadan save a negative hour. Calendars only
    # know clocks that are set forward to save daylight.
    is_daylight = after.offset > before.offset and (after.is_daylight or before.is_daylight)
    component = TimezoneDaylight() if is_daylight else TimezoneStandard()
    component.DTSTART = first.onset
    component.TZOFFSETFROM = before.offset
    component.TZOFFSETTO = after.offset
    component.add("TZNAME", after.name)
    if len(run) > 1:
        # "The last" is what most laws say when both would do.
        week = LAST if LAST in weeks else min(weeks)
        day = f"{week}{WEEKDAYS[first.onset.weekday()]}"
        rule: dict[str, object] = {"FREQ": "YEARLY", "BYMONTH": first.onset.month, "BYDAY": day}
        if last.onset.year < last_year:
            # A day later, for programs that take this instant for a time on the clock.
            until = last.onset - before.offset + datetime.timedelta(days=1)
            rule["UNTIL"] = until.replace(tzinfo=datetime.UTC)
        component.add("RRULE", rule)
    return component
