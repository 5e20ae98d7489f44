"""What a calendar has of one event: its text, its state, its times."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from icalendar import Calendar
from wagtail.models import Site

from events.calendars import entry_of
from events.calendars.vevents import NoOccurrence
from events.models import Kind, Status, YearException
from icrtop.places.models import Country
from pages.models import SiteSettings
from tests.events.calendars import read_lines
from tests.factories.events import EventFactory, place_below

pytestmark = pytest.mark.django_db

What = YearException.What


def components(event, **how) -> list:
    return Calendar.from_ical(entry_of(event, **how)).events


def component(event, **how):
    (one,) = components(event, **how)
    return one


def yearly(index, *exceptions, **fields):
    event = EventFactory(
        **{
            "all_day": True,
            "start_time": None,
            "start_date": date(2027, 4, 7),
            "yearly": True,
            "last_year": 2031,
            **fields,
        }
    )
    event.exceptions = list(exceptions)
    return index.add_child(instance=event)


def test_it_says_what_when_and_where(index):
    event = place_below(
        index,
        title="Protecting civilians",
        slug="protecting",
        introduction="What can be done, and by whom.",
        kind=Kind.SIDE_EVENT,
        place="Main hall, 2nd floor",
        country=Country.objects.get(pk="GH"),
        end_time=time(12, 30),
        website="https://example.org/event",
    )
    one = component(event)
    assert one["SUMMARY"] == "Protecting civilians"
    assert "DTSTART;TZID=Africa/Accra:20270310T100000\r\n" in entry_of(event)
    assert one["DTEND"].dt.replace(tzinfo=None) == datetime(2027, 3, 10, 12, 30)
    assert one["LOCATION"] == "Main hall, 2nd floor, Ghana"
    assert one["STATUS"] == "CONFIRMED"
    assert one["TRANSP"] == "OPAQUE"
    assert one["CATEGORIES"].cats == ["Side event"]
    assert one["URL"] == "http://testserver/events/protecting/"
    assert one["DESCRIPTION"].split("\n\n") == [
        "What can be done, and by whom.",
        "Organiser's page: https://example.org/event",
        "http://testserver/events/protecting/",
    ]


def test_days_end_before_the_first_day_after_them_and_have_no_zone(index):
    event = place_below(
        index,
        all_day=True,
        start_time=None,
        start_date=date(2027, 2, 27),
        end_date=date(2027, 2, 28),
    )
    text = entry_of(event)
    assert "DTSTART;VALUE=DATE:20270227\r\n" in text
    assert "DTEND;VALUE=DATE:20270301\r\n" in text
    assert "TRANSP:TRANSPARENT" in text
    assert "VTIMEZONE" not in text


def test_a_time_without_an_end_has_none(index):
    assert "DTEND" not in component(place_below(index))


def test_several_days_without_a_time_at_the_end_last_until_midnight(index):
    event = place_below(index, end_date=date(2027, 3, 12))
    assert "DTEND;TZID=Africa/Accra:20270313T000000\r\n" in entry_of(event)


def test_times_in_utc_need_no_zone(index):
    text = entry_of(place_below(index, time_zone="UTC", end_time=time(11)))
    assert "DTSTART:20270310T100000Z\r\n" in text
    assert "DTEND:20270310T110000Z\r\n" in text
    assert "VTIMEZONE" not in text


def test_a_zone_is_told_with_its_clocks(index):
    text = entry_of(place_below(index, time_zone="America/New_York"))
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert "TZID:America/New_York\r\n" in text
    assert text.index("BEGIN:VTIMEZONE") < text.index("BEGIN:VEVENT")


@pytest.mark.parametrize(
    ("status", "word", "says"),
    [(Status.POSTPONED, "Postponed", "TENTATIVE"), (Status.CANCELLED, "Cancelled", "CANCELLED")],
)
def test_what_does_not_take_place_says_so_where_every_program_shows_it(index, status, word, says):
    event = place_below(
        index,
        title="Debate",
        introduction="On protection.",
        status=status,
        status_note="The hall is closed.",
    )
    one = component(event)
    assert one["STATUS"] == says
    assert one["SUMMARY"] == f"{word}: Debate"
    assert one["DESCRIPTION"].startswith("The hall is closed.\n\nOn protection.")
    assert one["TRANSP"] == "TRANSPARENT"


def test_an_address_for_all_is_text_and_a_conference(index):
    event = place_below(index, kind=Kind.ONLINE, online_address="https://example.org/room")
    one = component(event)
    assert one["CONFERENCE"] == "https://example.org/room"
    assert one["CONFERENCE"].params["VALUE"] == "URI"
    assert "Online: https://example.org/room" in one["DESCRIPTION"]
    assert one["LOCATION"] == "Online"


def test_an_address_for_those_registered_is_only_in_their_letters(index):
    event = place_below(
        index,
        online=True,
        online_address="https://example.org/secret",
        online_address_private=True,
        registration=True,
    )
    assert "secret" not in entry_of(event)
    assert (
        "The online address is sent to those who have a place." in component(event)["DESCRIPTION"]
    )
    told = component(event, with_private_address=True)
    assert told["CONFERENCE"] == "https://example.org/secret"


def test_what_is_published_names_the_secretariat_as_organiser(index):
    site = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    site.organisation, site.email = 'Coalition; "for" all, ñ', "office@example.org"
    site.save()
    event = place_below(index)
    calendar = Calendar.from_ical(entry_of(event, method="PUBLISH"))
    organiser = calendar.events[0]["ORGANIZER"]
    assert calendar["METHOD"] == "PUBLISH"
    assert organiser == "mailto:office@example.org"
    assert organiser.params["CN"].replace("'", '"') == 'Coalition; "for" all, ñ'
    assert "ORGANIZER" not in entry_of(event)
    assert "METHOD" not in entry_of(event)


def test_a_commemoration_is_a_rule_that_ends_on_its_last_day(index):
    one = component(yearly(index))
    assert one["RRULE"].to_ical() == b"FREQ=YEARLY;UNTIL=20310407"


def test_a_rule_of_times_ends_at_an_instant(index):
    event = yearly(index, all_day=False, start_time=time(10), time_zone="America/New_York")
    assert component(event)["RRULE"].to_ical() == b"FREQ=YEARLY;UNTIL=20310407T140000Z"


def test_years_that_differ_are_exceptions_to_the_rule(index):
    event = yearly(
        index,
        YearException(year=2027, what=What.LEFT_OUT),
        YearException(year=2028, what=What.CANCELLED),
        YearException(year=2029, what=What.POSTPONED),
        YearException(year=2030, what=What.MOVED, start_date=date(2030, 4, 9)),
        title="Day of remembrance",
    )
    rule, *others = components(event)
    assert rule["EXDATE"].dts[0].dt == date(2027, 4, 7)
    assert [
        (one["RECURRENCE-ID"].dt, one["DTSTART"].dt, one["DTEND"].dt, str(one["STATUS"]))
        for one in others
    ] == [
        (date(2028, 4, 7), date(2028, 4, 7), date(2028, 4, 8), "CANCELLED"),
        (date(2029, 4, 7), date(2029, 4, 7), date(2029, 4, 8), "TENTATIVE"),
        (date(2030, 4, 7), date(2030, 4, 9), date(2030, 4, 10), "CONFIRMED"),
    ]
    assert [str(one["SUMMARY"]).partition(":")[0] for one in others[:2]] == [
        "Cancelled",
        "Postponed",
    ]
    assert {str(one["UID"]) for one in (rule, *others)} == {event.uid}
    assert not any("RRULE" in one for one in others)


def test_a_year_in_which_the_clocks_change_meanwhile_still_ends_on_time(index):
    event = yearly(
        index,
        all_day=False,
        start_time=time(1),
        end_time=time(4),
        time_zone="Europe/Zurich",
        start_date=date(2026, 3, 28),
        last_year=2028,
    )
    rule, other = components(event)  # Clocks were set forward on 28 March 2027.
    assert other["RECURRENCE-ID"].dt.replace(tzinfo=None) == datetime(2027, 3, 28, 1)
    assert other["DTEND"].dt.replace(tzinfo=None) == datetime(2027, 3, 28, 4)
    lasts = [
        one["DTEND"].dt.astimezone(UTC) - one["DTSTART"].dt.astimezone(UTC) for one in (rule, other)
    ]
    assert lasts == [timedelta(hours=3), timedelta(hours=2)]


def test_an_event_without_any_year_is_in_no_calendar(index):
    left_out = [YearException(year=year, what=What.LEFT_OUT) for year in (2027, 2028)]
    event = yearly(index, *left_out, last_year=2028)
    with pytest.raises(NoOccurrence):
        entry_of(event)


@pytest.mark.parametrize(
    "title",
    [
        "A, B; C: \\ and “D”",
        "مؤتمر حول المسؤولية عن الحماية، جنيف",
        "保护责任" * 40,
        "Génocide " * 25,
        "👩🏽‍⚖️" * 20,
    ],
)
def test_any_title_comes_through_whole_in_lines_of_75_octets(index, title):
    text = entry_of(place_below(index, title=title))
    lines = text.encode().split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    for line in lines:
        line.decode()  # No character is broken in two.
    assert read_lines(text)["SUMMARY"] == title.strip()


def test_control_characters_are_taken_out_and_no_line_is_forged(index):
    event = place_below(
        index,
        title="One\x07 two\u2028three\x85",
        introduction="First\r\nEND:VEVENT\rThird\u2029BEGIN:VEVENT\x0b\x1c.",
    )
    text = entry_of(event)
    assert not [one for one in text if ord(one) < 32 and one not in "\r\n"]
    assert len(text.splitlines()) == text.count("\r\n")
    assert text.count("\r\nBEGIN:VEVENT\r\n") == 1
    one = component(event)
    assert one["SUMMARY"] == "One two three"
    assert one["DESCRIPTION"].startswith("First\nEND:VEVENTThird\nBEGIN:VEVENT.")


def test_the_same_event_is_the_same_bytes(index):
    event = place_below(index)
    assert entry_of(event) == entry_of(type(event).objects.get(pk=event.pk))
