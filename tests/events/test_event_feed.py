"""New and changed events, for feed readers."""

import datetime
from xml.etree import ElementTree as ET

import pytest

from events.models import EventPage, Kind, Status
from icrtop.cache import _next_generation
from icrtop.places.models import Country
from tests.factories.events import place_below

pytestmark = pytest.mark.django_db

URL = "/events/feed/"
ATOM = "{http://www.w3.org/2005/Atom}"


def feed(client, query=""):
    _next_generation()
    answer = client.get(URL + query)
    assert answer.status_code == 200
    return ET.fromstring(answer.content)  # noqa: S314 # our own


def entries(client, query="") -> list[str]:
    return [one.findtext(f"{ATOM}title") for one in feed(client, query).iter(f"{ATOM}entry")]


def touch(event, **fields):
    """Change an event as its editor does."""
    event = EventPage.objects.get(pk=event.pk)
    for name, value in fields.items():
        setattr(event, name, value)
    event.save_revision().publish()


def test_what_changed_last_comes_first_under_the_same_id(client, index):
    first = place_below(index, title="First")
    place_below(index, title="Second")
    assert entries(client) == ["Second", "First"]
    before = {one.findtext(f"{ATOM}id") for one in feed(client).iter(f"{ATOM}entry")}
    touch(first, status=Status.CANCELLED, status_note="The hall is closed.")
    assert entries(client) == ["Cancelled: First", "Second"]
    after = {one.findtext(f"{ATOM}id") for one in feed(client).iter(f"{ATOM}entry")}
    assert after == before
    assert "The hall is closed." in feed(client).findtext(f"{ATOM}entry/{ATOM}summary")


def test_it_says_when_and_where(client, index):
    place_below(
        index,
        title="Side event\x0b",
        time_zone="America/New_York",
        end_time=datetime.time(12),
        place="New York",
        country=Country.objects.get(code="US"),
        online_address="https://meet.example/secret",
        online_address_private=True,
        registration=True,
    )
    summary = feed(client).findtext(f"{ATOM}entry/{ATOM}summary")
    assert summary.replace("\N{EN DASH}", "-").replace("\N{MINUS SIGN}", "-").splitlines() == [
        "10 March 2027, 10:00-12:00, New York time (UTC-5)",
        "New York, United States of America",
    ]
    assert "secret" not in client.get(URL).text


def test_it_is_narrowed_as_the_list_is(client, index):
    place_below(index, title="Debate", kind=Kind.DEBATE)
    place_below(index, title="Training", kind=Kind.TRAINING)
    assert entries(client, "?kind=debate&kind2=x") == ["Debate"]
    found = feed(client, "?kind=debate")
    links = {one.get("rel"): one.get("href") for one in found.findall(f"{ATOM}link")}
    assert links["self"].endswith("/events/feed/?kind=debate")
    assert links["alternate"].endswith("/events/?kind=debate")
    assert found.findtext(f"{ATOM}title").endswith("Events: Debate")


def test_an_event_of_every_year_is_in_it_once(client, index):
    place_below(
        index,
        title="Commemoration",
        start_date=datetime.date(2015, 4, 7),
        all_day=True,
        start_time=None,
        yearly=True,
        last_year=2060,
    )
    assert entries(client) == ["Commemoration"]


def test_the_list_and_the_month_tell_of_it(client, index):
    place_below(index)
    for url in ("/events/?country=GH", "/events/month/2027/3/?country=GH"):
        assert 'type="application/atom+xml" title="Events" href="/events/feed/?country=GH"' in (
            client.get(url).text
        )


def test_without_a_public_index_there_is_none(client, index):
    index.unpublish()
    assert client.get(URL).status_code == 404
