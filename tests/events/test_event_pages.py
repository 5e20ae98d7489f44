"""The list of events, and the page of one."""

import datetime
from datetime import time

import pytest
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.content import load
from events.models import EventIndexPage, EventPage, Kind, Status
from icrtop.places.models import Country
from pages.models import SituationIndexPage, SituationPage
from tests.factories.events import place_below

pytestmark = pytest.mark.django_db

URL = "/events/"


def html(response) -> str:
    return response.content.decode()


def day(offset: int) -> datetime.date:
    """A day so many days from now, in Accra, where the local time is UTC."""
    return timezone.now().date() + datetime.timedelta(days=offset)


def all_day(index, title, first, last=None, **fields):
    last = day(last) if last is not None else None
    return place_below(
        index,
        title=title,
        all_day=True,
        start_time=None,
        start_date=day(first),
        end_date=last,
        **fields,
    )


def titles(events) -> list[str]:
    return [event.title for event in events]


def test_upcoming_ones_come_first_next_one_on_top_then_past_ones_latest_on_top(index):
    for title, first, last in (
        ("Long ago", -900, None),
        ("Yesterday", -1, None),
        ("Far", 90, None),
        ("Now", -3, 3),
        ("Today", 0, None),
        ("Near", 2, None),
    ):
        all_day(index, title, first, last)
    upcoming, past = ["Now", "Today", "Near", "Far"], ["Yesterday", "Long ago"]
    assert titles(EventPage.objects.upcoming()) == upcoming
    assert titles(EventPage.objects.past()) == past
    listed = EventPage.objects.upcoming_first()
    assert titles(listed) == upcoming + past
    assert [event.is_upcoming for event in listed] == [True] * 4 + [False] * 2


def test_an_event_is_over_when_it_is_over_in_its_own_zone(index, monkeypatch):
    place_below(index, time_zone="Asia/Tokyo", end_time=time(12))  # Ends at 03:00 UTC.
    moment = datetime.datetime(2027, 3, 10, 2, 59, 59, tzinfo=datetime.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    assert EventPage.objects.upcoming().exists()
    moment += datetime.timedelta(seconds=1)
    assert not EventPage.objects.upcoming().exists()
    assert EventPage.objects.past().exists()


def test_drafts_are_not_listed(index):
    all_day(index, "Draft", 3, live=False)
    assert not EventPage.objects.upcoming_first().exists()


def test_the_list_groups_past_events_by_year(client, index):
    all_day(index, "Next one", 5)
    for year in (2019, 2019, 2009):
        place_below(index, start_date=datetime.date(year, 7, 23))
    page = html(client.get(URL))
    found = [page.index(f">{heading}</h2>") for heading in ("Upcoming", "2019", "2009")]
    assert found == sorted(found)
    assert page.count(">2019</h2>") == 1


def test_a_list_without_upcoming_events_says_so(client, index):
    place_below(index, title="The debate", start_date=datetime.date(2009, 7, 23))
    page = html(client.get(URL))
    assert "No event is announced at present." in page
    assert "The debate" in page


def test_a_list_without_events_says_so(client, index):
    assert html(client.get(URL)).count("empty-state") == 1


def test_it_is_filtered(client, index):
    ghana, peru = (Country.objects.get(code=code) for code in ("GH", "PE"))
    place_below(index, title="Debate there", kind=Kind.DEBATE, country=peru)
    place_below(
        index,
        title="Training here",
        country=ghana,
        start_date=datetime.date(2019, 7, 23),
        kind=Kind.TRAINING,
    )

    def found(query):
        return titles(client.get(URL + query).context["items"])

    assert found("?kind=debate") == ["Debate there"]
    assert found("?country=GH") == ["Training here"]
    assert found("?year=2019") == ["Training here"]
    assert found("?year=2019&kind=debate") == []
    assert "Nothing matches what you chose." in html(client.get(f"{URL}?year=2019&kind=debate"))
    assert len(found("?year=x&kind=%00&country=ZZ&page=999999999999")) == 2
    choices = {one.name: one.choices for one in client.get(URL).context["filters"]}
    assert choices["country"] == [("GH", "Ghana"), ("PE", "Peru")]
    assert choices["year"] == [("2027", "2027"), ("2019", "2019")]


def test_what_it_costs_does_not_grow_with_the_list(rf, index):
    counts = []
    for _round in range(2):
        for _number in range(5):
            place_below(index, country=Country.objects.get(code="GH"))
        with CaptureQueriesContext(connection) as queries:
            items = index.get_context(rf.get(URL))["items"]
            assert {event.country.name for event in items} == {"Ghana"}
        counts.append(len(queries))
    assert counts == [4, 4]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status.CANCELLED, "This event does not take place."),
        (Status.POSTPONED, "A new time will be shown here."),
    ],
)
def test_what_does_not_take_place_stays_and_says_so(client, index, status, says):
    event = all_day(index, "The conference", 5, status=status)
    assert f"<strong>{status.label}</strong>" in html(client.get(URL))
    page = html(client.get(event.url))
    assert says in page
    assert "The conference" in page


def test_the_page_of_an_event_says_when_and_where(client, index):
    event = place_below(
        index,
        time_zone="America/New_York",
        end_time=time(12, 30),
        place="United Nations",
        country=Country.objects.get(code="US"),
    )
    page = " ".join(html(client.get(event.url)).split())
    for shown in (
        '<time datetime="2027-03-10">10 March 2027</time>',
        "10:00\N{EN DASH}12:30",
        "local time (America/New York)",
        "United Nations, United States of America",
        "Conference",
    ):
        assert shown in page


def test_events_are_related_to_situations(client, home, index):
    situations = home.add_child(instance=SituationIndexPage(title="Situations", slug="situations"))
    ghana = Country.objects.get(code="GH")
    shown, draft = (
        situations.add_child(
            instance=SituationPage(title=title, slug=title.lower(), country=ghana, live=live)
        )
        for title, live in (("Shown", True), ("Hidden", False))
    )
    event = all_day(index, "About it", 5)
    event.situations = [shown, draft]
    event.save()
    page = html(client.get(event.url))
    assert "Shown" in page
    assert "Hidden" not in page
    template = "{% load events %}{% events_about situation as found %}{{ found.0.title }}"
    assert Template(template).render(Context({"situation": shown})) == "About it"


def test_the_next_events_are_there_for_other_pages(index):
    for number in range(1, 5):
        all_day(index, f"In {number}", number)
    all_day(index, "Past", -1)
    template = (
        "{% load events %}{% upcoming_events 2 as found %}{{ found.0.title }} {{ found|length }}"
    )
    assert Template(template).render(Context()) == "In 1 2"


def test_the_first_content_is_what_the_facts_give_a_day_for(client, home):
    load(home)
    load(home)
    assert EventIndexPage.objects.count() == 1
    event = EventPage.objects.get()
    assert (event.start_date, event.end_date, event.all_day) == (
        datetime.date(2009, 7, 23),
        None,
        True,
    )
    assert "23 July 2009" in html(client.get(URL))
    assert "A/RES/63/308" in html(client.get(event.url))
