"""Dates and times of events: what they mean, and which ones are refused."""

import datetime
from datetime import UTC, date, time

import pytest
from django.core.exceptions import ValidationError
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from events.models import EventPage
from events.zones import NoSuchTime, instant, zone_names
from icrtop.accounts.models import User
from tests.factories.events import EventFactory, place_below

pytestmark = pytest.mark.django_db


def utc(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        ("Africa/Accra", date(2027, 3, 10), time(10), utc(2027, 3, 10, 10)),
        ("Africa/Accra", date(2027, 7, 10), time(10), utc(2027, 7, 10, 10)),
        # New York changes its clocks on 14 March and on 7 November 2027.
        ("America/New_York", date(2027, 3, 13), time(10), utc(2027, 3, 13, 15)),
        ("America/New_York", date(2027, 3, 14), time(10), utc(2027, 3, 14, 14)),
        ("America/New_York", date(2027, 11, 7), time(0, 30), utc(2027, 11, 7, 4, 30)),
        # Shown twice: the first one is meant.
        ("America/New_York", date(2027, 11, 7), time(1, 30), utc(2027, 11, 7, 5, 30)),
        ("Asia/Kathmandu", date(2027, 1, 1), time(0), utc(2026, 12, 31, 18, 15)),
    ],
)
def test_a_local_time_is_an_instant(zone, day, clock, expected):
    assert instant(day, clock, zone) == expected


@pytest.mark.parametrize(
    ("zone", "day", "clock"),
    [
        ("America/New_York", date(2027, 3, 14), time(2, 30)),
        ("America/New_York", date(2027, 3, 14), time(2)),
        ("Europe/Berlin", date(2027, 3, 28), time(2, 59)),
        # Samoa went over the date line, and had no 30 December 2011.
        ("Pacific/Apia", date(2011, 12, 30), time(12)),
    ],
)
def test_a_time_that_clocks_skip_is_none(zone, day, clock):
    with pytest.raises(NoSuchTime):
        instant(day, clock, zone)


def test_zones_are_those_of_places():
    names = zone_names()
    assert {"Africa/Accra", "America/New_York", "Asia/Kathmandu", "UTC"} <= set(names)
    assert not [name for name in names if name.startswith("Etc/")]


@pytest.mark.parametrize(
    ("fields", "starts_at", "ends_at"),
    [
        ({"end_time": time(12, 30)}, utc(2027, 3, 10, 10), utc(2027, 3, 10, 12, 30)),
        (
            {"end_time": time(1), "end_date": date(2027, 3, 11)},
            utc(2027, 3, 10, 10),
            utc(2027, 3, 11, 1),
        ),
        # Without an end it is over with its last day.
        ({}, utc(2027, 3, 10, 10), utc(2027, 3, 11)),
        ({"end_date": date(2027, 3, 12)}, utc(2027, 3, 10, 10), utc(2027, 3, 13)),
        ({"all_day": True, "start_time": None}, utc(2027, 3, 10), utc(2027, 3, 11)),
        # A day of 23 hours.
        (
            {"all_day": True, "time_zone": "America/New_York", "start_date": date(2027, 3, 14)},
            utc(2027, 3, 14, 5),
            utc(2027, 3, 15, 4),
        ),
        # Beirut sets its clocks forward at midnight: the day begins at one.
        (
            {"all_day": True, "time_zone": "Asia/Beirut", "start_date": date(2027, 3, 28)},
            utc(2027, 3, 27, 22),
            utc(2027, 3, 28, 21),
        ),
        # What is entered with "all day" does not count.
        (
            {"all_day": True, "end_time": time(9)},
            utc(2027, 3, 10),
            utc(2027, 3, 11),
        ),
    ],
)
def test_when_an_event_starts_and_is_over(index, fields, starts_at, ends_at):
    event = place_below(index, **fields)
    event.refresh_from_db()
    assert (event.starts_at, event.ends_at) == (starts_at, ends_at)


def test_an_edit_moves_the_instants(index):
    event = place_below(index)
    event.time_zone, event.end_time = "America/New_York", time(11)
    event.save()
    event.refresh_from_db()
    assert (event.starts_at, event.ends_at) == (utc(2027, 3, 10, 15), utc(2027, 3, 10, 16))
    assert (event.start_date, event.start_time) == (date(2027, 3, 10), time(10))


WRONG = [
    ({"end_time": time(9)}, "end_time"),
    ({"end_time": time(10)}, "end_time"),
    ({"end_date": date(2027, 3, 9)}, "end_date"),
    ({"end_date": date(2027, 3, 9), "end_time": time(12)}, "end_date"),
    ({"start_time": None}, "start_time"),
    ({"start_time": None, "end_time": time(9)}, "start_time"),
    ({"start_date": date(9999, 12, 31)}, "start_date"),
    ({"start_date": date(1, 1, 1)}, "start_date"),
    ({"end_date": date(9999, 12, 31)}, "end_date"),
    ({"time_zone": "Africa/Wakanda"}, "time_zone"),
    ({"time_zone": "../../etc/passwd"}, "time_zone"),
    ({"time_zone": ""}, "time_zone"),
    (
        {
            "time_zone": "America/New_York",
            "start_date": date(2027, 3, 14),
            "start_time": time(2, 30),
        },
        "start_time",
    ),
    (
        {"time_zone": "America/New_York", "end_date": date(2027, 3, 14), "end_time": time(2, 30)},
        "end_time",
    ),
]


@pytest.mark.parametrize(("fields", "wrong"), WRONG)
def test_what_cannot_be_is_refused(index, fields, wrong):
    with pytest.raises(ValidationError) as refusal:
        place_below(index, **fields)
    assert set(refusal.value.message_dict) == {wrong}
    assert not EventPage.objects.exists()


def test_an_end_in_the_hour_that_comes_twice_is_taken(index):
    """From 00:30 to 01:15 on the day on which New York sets its clocks back."""
    event = place_below(
        index,
        time_zone="America/New_York",
        start_date=date(2027, 11, 7),
        start_time=time(0, 30),
        end_time=time(1, 15),
    )
    assert event.ends_at - event.starts_at == datetime.timedelta(minutes=45)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, "10 March 2027"),
        ({"end_date": date(2027, 3, 12)}, "10-12 March 2027"),
        ({"end_date": date(2027, 4, 2)}, "10 March - 2 April 2027"),
        ({"end_date": date(2028, 1, 2)}, "10 March 2027 - 2 January 2028"),
    ],
)
def test_days_as_they_are_shown(fields, shown):
    event = EventFactory(**fields)
    assert event.date_display.replace("\N{EN DASH}", "-") == shown


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, "10:00"),
        ({"end_time": time(12, 30)}, "10:00-12:30"),
        ({"end_time": time(12, 30), "end_date": date(2027, 3, 11)}, "from 10:00"),
        ({"all_day": True}, ""),
        ({"start_time": None}, ""),
    ],
)
def test_times_as_they_are_shown(fields, shown):
    event = EventFactory(**fields)
    assert event.time_display.replace("\N{EN DASH}", "-") == shown


# The form that staff fill in


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("admin@example.org"))
    return client


def filled_in(**fields):
    return nested_form_data(
        {
            "title": "Training in Accra",
            "slug": "training-in-accra",
            "introduction": "",
            "kind": "training",
            "status": "scheduled",
            "time_zone": "Africa/Accra",
            "start_date": "2027-03-10",
            "start_time": "10:00",
            "end_date": "",
            "end_time": "",
            "place": "Accra",
            "country": "GH",
            "body": streamfield([]),
            "situations": [],
            "seo_title": "",
            "search_description": "",
            "share_image": "",
            "go_live_at": "",
            "expire_at": "",
            "comments": inline_formset([]),
            "exceptions": inline_formset([]),
            "organisers": inline_formset([]),
            **fields,
        }
    )


def add(index, client, **fields):
    return client.post(f"/admin/pages/add/events/eventpage/{index.pk}/", filled_in(**fields))


PUBLISH = {"action-publish": "action-publish"}


@pytest.mark.parametrize("action", [{}, PUBLISH])
def test_staff_write_an_event(staff, index, action):
    response = add(index, staff, **action)
    assert response.status_code == 302, response.context["form"].errors
    event = EventPage.objects.get()
    assert event.live is bool(action)
    assert event.starts_at == utc(2027, 3, 10, 10)


@pytest.mark.parametrize("action", [{}, PUBLISH])
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"end_time": "09:00"}, "end_time"),
        ({"end_date": "2027-03-09"}, "end_date"),
        ({"start_date": "2027-02-30"}, "start_date"),
        ({"start_date": ""}, "start_date"),
        ({"start_date": "9999-12-31"}, "start_date"),
        ({"start_time": "25:00"}, "start_time"),
        ({"start_time": ""}, "start_time"),
        ({"time_zone": "Africa/Wakanda"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"time_zone": "\0"}, "time_zone"),
        ({"country": "XX"}, "country"),
        (
            {"time_zone": "Europe/Berlin", "start_date": "2027-03-28", "start_time": "02:30"},
            "start_time",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(staff, index, fields, wrong, action):
    response = add(index, staff, **fields, **action)
    assert response.status_code == 200
    assert wrong in response.context["form"].errors
    assert not EventPage.objects.exists()


def test_an_event_is_edited_and_previewed(staff, index):
    event = place_below(index, title="Training", slug="training-in-accra")
    edit = f"/admin/pages/{event.pk}/edit/"
    assert staff.get(edit).status_code == 200
    changed = filled_in(title="Training, moved", start_date="2027-03-11", **PUBLISH)
    assert staff.post(f"{edit}preview/", changed).json()["is_valid"]
    preview = staff.get(f"{edit}preview/").content.decode()
    assert "Training, moved" in preview
    assert "11 March 2027" in preview
    assert staff.post(edit, changed).status_code == 302
    event.refresh_from_db()
    assert event.starts_at == utc(2027, 3, 11, 10)
