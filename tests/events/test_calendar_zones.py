"""What calendars say about the clocks of zones, held against the database of time zones."""

import io
import random
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from dateutil.rrule import rrulestr

from events.calendars.vtimezones import vtimezone
from events.zones import zone_names

# Changes of every kind: by rule, by no rule, half an hour, three a year, none, at odd offsets.
ODD = [
    "Africa/Accra",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/Zurich",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
]
SPANS = [(2026, 2029), (2010, 2012), (1999, 2008), (2036, 2040)]
HALF_HOUR, SECOND = timedelta(minutes=30), timedelta(seconds=1)


def observances(component, until: datetime) -> list[tuple[datetime, timedelta]]:
    """The instants at which clocks are set, and the offset from then on, read from a VTIMEZONE."""
    found = []
    for one in component.subcomponents:
        starts = [one.DTSTART]
        if "RRULE" in one:
            begin = one.DTSTART.replace(tzinfo=tz.tzoffset(None, one.TZOFFSETFROM))
            rule = rrulestr(one["RRULE"].to_ical().decode(), dtstart=begin)
            starts = [at.replace(tzinfo=None) for at in rule.between(begin, until, inc=True)]
        found += [((at - one.TZOFFSETFROM).replace(tzinfo=UTC), one.TZOFFSETTO) for at in starts]
    return sorted(found)


@pytest.mark.parametrize("name", ODD)
def test_clocks_change_at_the_very_second(name):
    zone = ZoneInfo(name)
    for first_year, last_year in SPANS:
        begin, end = datetime(first_year, 1, 1), datetime(last_year + 1, 1, 1)
        known = observances(vtimezone(name, first_year, last_year), end.replace(tzinfo=UTC))
        instants = [at for at, _offset in known]
        at = begin.replace(tzinfo=zone).astimezone(UTC)
        while at < end.replace(tzinfo=zone):
            for moment in (at, at + HALF_HOUR - SECOND):
                offset = known[bisect_right(instants, moment) - 1][1]
                assert offset == moment.astimezone(zone).utcoffset(), moment
            at += HALF_HOUR


def test_another_reader_has_the_same_clocks_in_every_zone():
    chance = random.Random(7)  # noqa: S311 # The same each time.
    for name in zone_names():
        first_year = chance.randrange(1971, 2080)
        last_year = first_year + chance.choice([0, 1, 5, 20])
        text = vtimezone(name, first_year, last_year).to_ical().decode()
        read, zone = tz.tzical(io.StringIO(text)).get(), ZoneInfo(name)
        days = (datetime(last_year + 1, 1, 1) - datetime(first_year, 1, 1)).days
        for _try in range(12):
            day = datetime(first_year, 1, 1) + timedelta(days=chance.randrange(days))
            noon = day.replace(hour=12, minute=chance.randrange(60))
            if not tz.datetime_exists(noon.replace(tzinfo=zone)):
                continue  # A day that Samoa did not have.
            expected = noon.replace(tzinfo=zone).utcoffset()
            assert noon.replace(tzinfo=read).utcoffset() == expected, (name, noon)


def test_a_zone_with_a_rule_is_two_rules_however_long():
    text = vtimezone("America/New_York", 2027, 2099).to_ical().decode()
    assert text.count("RRULE:FREQ=YEARLY") == 2
    assert "BYDAY=2SU" in text
    assert "BYDAY=1SU" in text
    assert "RDATE" not in text
    assert len(text) < 500


def test_a_zone_without_a_rule_has_each_change():
    text = vtimezone("Africa/Casablanca", 2027, 2028).to_ical().decode()
    assert "RRULE" not in text
    assert "RDATE" not in text  # Of which some programs read the first date alone.
    assert "DTSTART:20270314T020000" in text


def test_a_rule_that_was_given_up_ends():
    text = vtimezone("America/New_York", 2001, 2010).to_ical().decode()
    assert text.count("RRULE") == 4
    assert "RRULE:FREQ=YEARLY;UNTIL=20060403T070000Z;BYDAY=1SU;BYMONTH=4" in text


def test_irelands_winter_is_its_standard_time():
    component = vtimezone("Europe/Dublin", 2027, 2028)
    (summer,), (winter,) = component.daylight, component.standard
    assert (timedelta(hours=1), timedelta(0)) == (summer.TZOFFSETTO, winter.TZOFFSETTO)


def test_an_unknown_zone_is_refused():
    with pytest.raises(KeyError):
        vtimezone("Mars/Olympus", 2027, 2028)
