"""What the programs of others read in our calendars."""

import io
import random
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import ics
import pytest
import vobject
from dateutil import tz

from events.calendars.entries import calendar_of
from events.calendars.left_out import entries_for
from events.models import EventPage, Occurrence, Status, YearException
from events.zones import zone_names
from tests.events.test_calendar_zones import ODD
from tests.factories.events import EventFactory, place_below
from tests.khal import Khal

pytestmark = pytest.mark.django_db

What = YearException.What
FEED = "/events/calendar.ics"


def feed() -> str:
    entries, left_out = entries_for(EventPage.objects.shown())
    assert not left_out
    return calendar_of(entries)


def instant(moment: date | datetime) -> date | datetime:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def expanded(text: str) -> set[tuple[str, object, object, str]]:
    """Each time of each event by vobject and dateutil: UID, begin, end or begin, status."""
    # By itself vobject keeps the clocks that an earlier calendar told, and takes for UTC what is at
    # UTC in 2000.
    clocks = tz.tzical(io.StringIO(text))
    for zone in clocks.keys():  # noqa: SIM118 # It is no mapping.
        vobject.icalendar.registerTzid(zone, clocks.get(zone))
    found, replaced = {}, {}
    for one in vobject.readOne(text).vevent_list:
        begin = one.dtstart.value
        length = one.dtend.value - begin if hasattr(one, "dtend") else timedelta(0)
        if hasattr(one, "recurrence_id"):
            key = one.uid.value, instant(one.recurrence_id.value)
            replaced[key] = instant(begin), instant(begin + length), one.status.value
            continue
        rule = one.getrruleset(addRDate=True) if hasattr(one, "rrule") else [begin]
        # An end is so much after the beginning as the first one is, in hours that pass.
        passes = instant(one.dtend.value) - instant(begin) if hasattr(one, "dtend") else length
        for each in rule:
            start = instant(
                each if isinstance(begin, datetime) else date(each.year, each.month, each.day)
            )
            found[one.uid.value, start] = start, start + passes, one.status.value
    assert set(replaced) <= set(found)
    return {(uid, *times) for (uid, _at), times in (found | replaced).items()}


STATES = {
    Status.SCHEDULED: "CONFIRMED",
    Status.POSTPONED: "TENTATIVE",
    Status.CANCELLED: "CANCELLED",
}


def ours() -> set[tuple[str, object, object, str]]:
    found = set()
    for one in Occurrence.objects.select_related("event"):
        begin, end = one.starts_at, one.ends_at
        if not one.is_timed:
            begin, end = one.start_date, one.last_date + timedelta(days=1)
        elif one.end_time is None and not one.is_several_days:
            end = begin
        found.add((one.event.uid, begin, end, STATES[one.status]))
    return found


def random_event(index, zone: str, chance: random.Random) -> EventPage:
    first = date(chance.randrange(2020, 2040), 1, 1) + timedelta(days=chance.randrange(365))
    lasts = chance.choice([0, 0, 0, 1, 3])
    all_day = chance.random() < 0.25
    # In the hours of the day: at night there are times that come twice, or never.
    begins = chance.randrange(4, 20)
    is_yearly = chance.random() < 0.5 and (first.month, first.day) != (2, 29)
    event = EventFactory(
        time_zone=zone,
        all_day=all_day,
        start_date=first,
        end_date=first + timedelta(days=lasts) if lasts else None,
        start_time=None if all_day else time(begins, chance.choice([0, 30, 45])),
        end_time=None
        if all_day or chance.random() < 0.2
        else time(chance.randrange(begins + 1, 24)),
        status=chance.choice([*[Status.SCHEDULED] * 4, Status.POSTPONED, Status.CANCELLED]),
        yearly=is_yearly,
        last_year=first.year + chance.randrange(1, 12) if is_yearly else None,
    )
    if is_yearly:
        years = chance.sample(list(event.years), min(3, len(event.years)))
        event.exceptions = [random_exception(event, year, chance) for year in years]
    return index.add_child(instance=event)


def random_exception(event: EventPage, year: int, chance: random.Random) -> YearException:
    what = chance.choice(list(What))
    day = event.start_date.replace(year=year) + timedelta(days=chance.choice([-9, 2, 30]))
    return YearException(year=year, what=what, start_date=day if what == What.MOVED else None)


@pytest.mark.parametrize("seed", range(8))
def test_vobject_and_dateutil_find_every_time_that_the_site_shows(index, seed):
    chance = random.Random(seed)  # noqa: S311 # The same each time.
    for zone in [*ODD, *chance.sample(zone_names(), 24)]:
        random_event(index, zone, chance)
    assert expanded(feed()) == ours()


def test_ics_reads_each_event(index):
    chance = random.Random(11)  # noqa: S311
    events = {}
    for zone in ODD:
        event = place_below(
            index,
            time_zone=zone,
            title=f"Réunion, «{zone}»; été",
            start_date=date(2027, chance.randrange(1, 13), 10),
            end_time=time(12),
            place="Salle 3, « étage » 2",
        )
        events[event.uid] = event
    read = {one.uid: one for one in ics.Calendar(feed()).events}
    assert read.keys() == events.keys()
    for uid, event in events.items():
        assert read[uid].begin.datetime == event.starts_at
        assert read[uid].end.datetime == event.ends_at
        assert (read[uid].name, read[uid].location) == (event.title, event.place)
        assert read[uid].url == f"http://testserver/events/{event.slug}/"


def test_icalendar_reads_the_times_by_our_own_clocks(index):
    for zone in ODD:
        place_below(index, time_zone=zone, start_date=date(2027, 7, 10), end_time=time(12))
    calendar = icalendar.Calendar.from_ical(feed())
    calendar.validate()
    clocks = {one.tz_name: one.to_tz(lookup_tzid=False) for one in calendar.timezones}
    assert clocks.keys() == set(ODD) - {"UTC"}
    for one in calendar.events:
        event = EventPage.objects.get(translation_key=str(one["UID"]))
        zone = clocks.get(event.time_zone, UTC)
        assert one["DTSTART"].dt.replace(tzinfo=zone).astimezone(UTC) == event.starts_at


def test_a_calendar_without_events_can_be_read(client, index):
    text = client.get(FEED).content.decode()
    assert not icalendar.Calendar.from_ical(text).events
    icalendar.Calendar.from_ical(text).validate()
    assert not ics.Calendar(text).events
    assert vobject.readOne(text).name == "VCALENDAR"


def republish(event: EventPage, **fields) -> None:
    page = EventPage.objects.get(pk=event.pk)
    for name, value in fields.items():
        setattr(page, name, value)
    page.save_revision().publish()


def test_a_reader_in_geneva_sees_accra_and_new_york_at_the_local_time(client, index, tmp_path):
    """Clocks are set forward on 14 March 2027 in New York, and on 28 March in Geneva."""
    days = [date(2027, 3, 10), date(2027, 3, 17), date(2027, 3, 31), date(2027, 4, 14)]
    for day in days:
        place_below(
            index, title=f"Accra {day}", start_date=day, start_time=time(9), end_time=time(10)
        )
        place_below(
            index,
            title=f"Online {day}",
            time_zone="America/New_York",
            kind="online",
            online_address="https://example.org/room",
            start_date=day,
            start_time=time(10),
            end_time=time(11, 30),
        )
    reader = Khal(tmp_path / "geneva", "Europe/Zurich")
    reader.subscribe(client.get(FEED).content)
    times = [("10:00-11:00", "16:00-17:30"), ("10:00-11:00", "15:00-16:30")]
    times += [("11:00-12:00", "16:00-17:30")] * 2
    for day, (accra, online) in zip(days, times, strict=True):
        agenda = reader.agenda(day)
        assert f"{accra} Accra {day}" in agenda
        assert f"{online} Online {day}" in agenda


def test_a_reader_learns_that_an_event_is_postponed_and_then_cancelled(
    client, index, tmp_path, django_capture_on_commit_callbacks
):
    day = date(2027, 4, 14)
    event = place_below(index, title="Training", start_date=day, end_time=time(12))
    reader = Khal(tmp_path / "geneva", "Europe/Zurich")
    says = []
    for status in (Status.SCHEDULED, Status.POSTPONED, Status.CANCELLED):
        with django_capture_on_commit_callbacks(execute=True):  # They empty the page cache.
            republish(event, status=status)
        reader.subscribe(client.get(FEED).content)
        says += [line for line in reader.agenda(day).splitlines() if "Training" in line]
    assert says == [
        "12:00-14:00 Training",
        "12:00-14:00 Postponed: Training",
        "12:00-14:00 Cancelled: Training",
    ]
