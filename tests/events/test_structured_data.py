"""What search engines are told of an event.

The rules are those that Google documents under "Event structured data": what is required, how
dates are written, and which values there are.
"""

import datetime
import json
import re
from datetime import date, time

import pytest
from django.conf import settings

from events.models import EventOrganiser, Kind, Status, YearException
from icrtop.cache import _next_generation
from icrtop.places.models import Country
from members.models import Listing
from tests.factories.events import EventFactory, place_below
from tests.factories.members import MembershipFactory

pytestmark = pytest.mark.django_db

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
STATUSES = {"EventScheduled", "EventPostponed", "EventCancelled", "EventRescheduled"}
What = YearException.What


@pytest.fixture(autouse=True)
def now(monkeypatch):
    moment = datetime.datetime(2027, 3, 1, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


@pytest.fixture
def told(client):
    """Give it an event for what its page tells, which is checked against the rules for all."""

    def get(event) -> dict:
        _next_generation()
        (text,) = SCRIPT.findall(client.get(event.url).text)
        data = json.loads(text)
        assert (data["@context"], data["@type"]) == ("https://schema.org", "Event")
        assert data["name"]
        for name in ("startDate", "endDate"):
            if len(data.get(name, "")) > len("2027-03-10"):
                # Google takes a time without its offset for one in the reader's zone.
                assert datetime.datetime.fromisoformat(data[name]).utcoffset() is not None
            elif name in data:
                date.fromisoformat(data[name])
        assert data["startDate"]
        assert data["eventStatus"].removeprefix("https://schema.org/") in STATUSES
        assert data["url"] == f"{settings.BASE_URL}{event.url}"
        for address in data["image"]:
            assert address.startswith("http")
        for location in data.get("location", []):
            wanted = {"Place": "name", "VirtualLocation": "url"}
            assert location[wanted[location["@type"]]]
        return data

    return get


def test_times_have_the_offset_of_the_venue_on_that_day(told, index):
    event = place_below(index, time_zone="America/New_York", end_time=time(12))
    data = told(event)
    assert data["startDate"] == "2027-03-10T10:00:00-05:00"
    assert data["endDate"] == "2027-03-10T12:00:00-05:00"
    event.start_date = date(2027, 3, 17)  # Clocks are set forward between the two.
    event.save()
    assert told(event)["startDate"] == "2027-03-17T10:00:00-04:00"


def test_whole_days_are_days(told, index):
    event = place_below(index, all_day=True, start_time=None, end_date=date(2027, 3, 12))
    data = told(event)
    assert (data["startDate"], data["endDate"]) == ("2027-03-10", "2027-03-12")


def test_an_end_that_nobody_knows_is_not_told(told, index):
    assert "endDate" not in told(place_below(index))


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (Status.SCHEDULED, "EventScheduled"),
        (Status.POSTPONED, "EventPostponed"),
        (Status.CANCELLED, "EventCancelled"),
    ],
)
def test_it_tells_what_became_of_it_and_keeps_the_first_date(told, index, status, name):
    data = told(place_below(index, status=status))
    assert data["eventStatus"] == f"https://schema.org/{name}"
    assert data["startDate"].startswith("2027-03-10")


@pytest.mark.parametrize(
    ("fields", "mode", "kinds"),
    [
        ({"place": "Hall"}, "Offline", ["Place"]),
        ({"country_id": "GH"}, "Offline", ["Place"]),
        ({"place": "Hall", "online": True}, "Mixed", ["Place", "VirtualLocation"]),
        ({"country_id": "GH", "online": True}, "Mixed", ["Place", "VirtualLocation"]),
        ({"kind": Kind.ONLINE, "country_id": "GH"}, "Online", ["VirtualLocation"]),
        ({"online": True}, "Online", ["VirtualLocation"]),
        ({}, "Offline", []),
    ],
)
def test_it_tells_how_one_takes_part_and_where(told, index, fields, mode, kinds):
    data = told(place_below(index, **fields))
    assert data["eventAttendanceMode"] == f"https://schema.org/{mode}EventAttendanceMode"
    assert [one["@type"] for one in data.get("location", [])] == kinds


def test_a_place_is_in_a_country_by_its_code(told, index):
    event = place_below(index, place="Hall", country=Country.objects.get(code="GH"))
    (place,) = told(event)["location"]
    assert place["name"] == "Hall"
    assert place["address"] == {"@type": "PostalAddress", "addressCountry": "GH"}


def test_only_a_public_address_is_told(client, told, index):
    event = place_below(index, online=True, online_address="https://meet.example/room")
    assert told(event)["location"][0]["url"] == "https://meet.example/room"
    event.registration = event.online_address_private = True
    event.save()
    assert told(event)["location"][0]["url"] == f"{settings.BASE_URL}{event.url}"
    assert "meet.example" not in client.get(event.url).text


def test_organisers_are_told_as_visitors_see_them(told, index):
    website = "https://beta.example/"
    named = MembershipFactory(organisation__name="Beta", organisation__website=website)
    hidden = MembershipFactory(organisation__listing=Listing.HIDDEN)
    event = EventFactory(languages=["en", "fr"])
    event.organisers = [
        EventOrganiser(organisation=hidden.organisation, sort_order=0),
        EventOrganiser(organisation=named.organisation, sort_order=1),
        EventOrganiser(name="The Ministry", sort_order=2),
    ]
    data = told(index.add_child(instance=event))
    assert data["organizer"] == [
        {"@type": "Organization", "name": "Beta", "url": website},
        {"@type": "Organization", "name": "The Ministry"},
    ]
    assert data["inLanguage"] == ["en", "fr"]


def test_an_event_of_every_year_tells_its_next_date_and_its_rule(told, index):
    event = EventFactory(start_date=date(2025, 4, 7), yearly=True, last_year=2030)
    event.exceptions = [YearException(year=2027, what=What.MOVED, start_date=date(2027, 4, 9))]
    data = told(index.add_child(instance=event))
    assert data["startDate"] == "2027-04-09T10:00:00+00:00"
    assert data["previousStartDate"] == "2027-04-07"
    assert data["eventStatus"] == "https://schema.org/EventRescheduled"
    assert data["eventSchedule"] == {
        "@type": "Schedule",
        "repeatFrequency": "P1Y",
        "byMonth": 4,
        "byMonthDay": 7,
        "startDate": "2025-04-07",
        "endDate": "2030-04-07",
        "exceptDate": ["2027-04-07"],
        "startTime": "10:00:00",
        "scheduleTimezone": "Africa/Accra",
    }


def test_what_editors_type_cannot_end_the_block(client, told, index):
    title = '</script><script>alert(1)</script><!-- & \u2028 “quoted” "so"'
    event = place_below(index, title=title)
    assert told(event)["name"] == title
    assert "<script>alert" not in client.get(event.url).text
