"""The list of events, and its filters."""

import datetime
from datetime import time

import pytest
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext

from events.clocks import offset_label, zone_label
from events.models import EventPage, Kind, Occurrence, Status
from icrtop.cache import _next_generation
from icrtop.places.models import Country
from tests.events.listed import all_day, day, html, titles
from tests.factories.events import place_below

pytestmark = pytest.mark.django_db

URL = "/events/"


def look(client, query=""):
    """The list as it is made now."""
    _next_generation()
    return client.get(URL + query)


def listed(client, query="") -> list[str]:
    return titles(look(client, query).context["items"])


def test_upcoming_ones_come_first_next_one_on_top_then_past_ones_latest_on_top(client, index):
    for title, first, last in (
        ("Long ago", -900, None),
        ("Yesterday", -1, None),
        ("Far", 90, None),
        ("Now", -3, 3),
        ("Today", 0, None),
        ("Near", 2, None),
    ):
        all_day(index, title, first, last)
    assert listed(client) == ["Now", "Today", "Near", "Far", "Yesterday", "Long ago"]
    shown = look(client).context["items"]
    assert [one.is_upcoming for one in shown] == [True] * 4 + [False] * 2


def test_an_event_is_over_when_it_is_over_in_its_own_zone(client, index, monkeypatch):
    place_below(index, time_zone="Asia/Tokyo", end_time=time(12))  # Ends at 03:00 UTC.
    moment = datetime.datetime(2027, 3, 10, 2, 59, 59, tzinfo=datetime.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    assert Occurrence.objects.not_over().exists()
    assert "On now" in html(look(client))
    moment += datetime.timedelta(seconds=1)
    assert not Occurrence.objects.not_over().exists()
    assert "On now" not in html(look(client))


def test_drafts_are_not_listed(client, index):
    all_day(index, "Draft", 3, live=False)
    assert listed(client) == []


def test_it_is_grouped_by_month_and_past_ones_by_year(client, index, monkeypatch):
    moment = datetime.datetime(2027, 3, 9, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    place_below(index, title="On", start_date=datetime.date(2027, 1, 5), end_date=moment.date())
    # An evening in New York is the next morning in Apia; the days there make the months.
    place_below(
        index,
        title="Evening",
        start_date=datetime.date(2027, 3, 31),
        start_time=time(20),
        time_zone="America/New_York",
    )
    place_below(
        index,
        title="Morning",
        start_date=datetime.date(2027, 4, 1),
        start_time=time(0, 30),
        time_zone="Pacific/Apia",
    )
    for year in (2019, 2019, 2009):
        place_below(index, start_date=datetime.date(year, 7, 23))
    page = html(look(client))
    headings = ("March 2027", "April 2027", "2019", "2009")
    found = [page.index(f">{heading}</h3>") for heading in headings]
    assert found == sorted(found)
    assert [page.count(f">{heading}</h3>") for heading in headings] == [1] * 4
    assert listed(client)[:3] == ["On", "Evening", "Morning"]


def test_an_event_of_every_year_is_listed_once_with_its_next_day(client, index, monkeypatch):
    moment = datetime.datetime(2027, 3, 9, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    for title, last in (("Goes on", 2040), ("Has ended", 2025)):
        place_below(
            index,
            title=title,
            start_date=datetime.date(2015, 4, 7),
            all_day=True,
            start_time=None,
            yearly=True,
            last_year=last,
        )
    shown = look(client).context["items"]
    assert [(one.event.title, str(one.start_date)) for one in shown] == [
        ("Goes on", "2027-04-07"),
        ("Has ended", "2025-04-07"),
    ]
    assert "Every year" in html(look(client))
    assert listed(client, "?year=2020") == ["Goes on", "Has ended"]
    assert listed(client, "?month=2039-04") == ["Goes on"]
    years = {one.name: one.choices for one in look(client).context["filters"]}["year"]
    assert years[0] == ("2027", "2027")


def test_a_list_without_upcoming_events_says_so(client, index):
    place_below(index, title="The debate", start_date=datetime.date(2009, 7, 23))
    page = html(look(client))
    assert "No event is announced at present." in page
    assert "The debate" in page


def test_a_list_without_events_says_so(client, index):
    assert html(look(client)).count('class="empty-state"') == 1


@pytest.mark.parametrize(
    "status", [Status.CANCELLED, Status.POSTPONED], ids=lambda status: status.value
)
def test_what_does_not_take_place_stays_and_says_so_and_why(client, index, status):
    all_day(index, "The conference", 5, status=status, status_note="The hall is closed.")
    page = html(look(client))
    assert f"</svg>{status.label}</span>" in page
    assert "The conference" in page
    assert "The hall is closed." in page


@pytest.fixture
def choices(index):
    place_below(
        index, title="Debate there", kind=Kind.DEBATE, country=Country.objects.get(code="PE")
    )
    place_below(
        index,
        title="Training here",
        country=Country.objects.get(code="GH"),
        start_date=datetime.date(2019, 7, 31),
        end_date=datetime.date(2019, 8, 2),
        kind=Kind.TRAINING,
        online=True,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?kind=debate", ["Debate there"]),
        ("?country=GH", ["Training here"]),
        ("?region=002", ["Training here"]),
        ("?region=019", ["Debate there"]),
        ("?online=1", ["Training here"]),
        ("?year=2019", ["Training here"]),
        ("?month=2019-08", ["Training here"]),
        ("?month=2027-03", ["Debate there"]),
        ("?year=2019&kind=debate", []),
        ("?year=2018&month=2019-08", []),
        # There is such a country, but no event in it: this is not the list of all.
        ("?country=NP", []),
    ],
)
def test_it_is_filtered(client, choices, query, found):
    answer = client.get(URL + query)
    assert titles(answer.context["items"]) == found
    assert ("Nothing matches what you chose." in html(answer)) is not bool(found)


@pytest.mark.parametrize(
    "query",
    [
        "?year=abc",
        "?year=9999",
        "?year=%D9%A2%D9%A0%D9%A1%D9%A9",
        "?month=9999-99",
        "?month=2027-13",
        "?month=2027-00",
        "?kind=%00&country=%00&region=%00&online=%00&month=%00&year=%00",
        "?country=ZZ&region=777",
        "?region=XYZ",
        "?page=1000000000",
        "?page=-1",
        "?kind=debate'%3B+DROP+TABLE+events_eventpage%3B--",
        f"?year={'9' * 5000}",
    ],
)
@pytest.mark.parametrize("url", [URL, f"{URL}month/2027/3/", f"{URL}feed/"])
def test_what_cannot_be_counts_as_not_chosen(client, choices, url, query):
    answer = client.get(url + query)
    assert answer.status_code == 200
    if url == URL:
        assert len(answer.context["items"]) == 2


def test_only_what_events_have_is_offered(client, choices):
    offered = {one.name: one.choices for one in look(client).context["filters"]}
    assert offered["country"] == [("GH", "Ghana"), ("PE", "Peru")]
    assert offered["region"] == [("002", "Africa"), ("019", "Americas")]
    assert [value for value, _label in offered["kind"]] == ["debate", "training"]
    assert [value for value, _label in offered["year"]] == ["2027", "2019"]


def test_three_hundred_events_take_at_most_ten_queries(client, index):
    ghana = Country.objects.get(code="GH")
    for number in range(300):
        all_day(index, f"Event {number}", number - 150, country=ghana)
    client.get(URL)  # The site knows where its pages are.
    for query in ("", "?country=GH&year=2027&page=2", "?region=002&online=1"):
        _next_generation()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL + query).status_code == 200
        assert len(queries) <= 10, [one["sql"] for one in queries]


def test_the_next_events_are_there_for_other_pages(index):
    for number in range(1, 5):
        all_day(index, f"In {number}", number, country=Country.objects.get(code="GH"))
    all_day(index, "Past", -1)
    all_day(index, "In Peru", 1, country=Country.objects.get(code="PE"))

    def shown(arguments):
        template = f"{{% load events %}}{{% upcoming_events {arguments} as found %}}"
        each = "{% for one in found %}{{ one.event.title }};{% endfor %}"
        return Template(template + each).render(Context())

    assert shown("2") == "In 1;In Peru;"
    assert shown("2 'GH'") == "In 1;In 2;"


@pytest.mark.parametrize(
    ("zone", "month", "words"),
    [
        ("Africa/Accra", 1, "Accra time (UTC)"),
        ("America/New_York", 1, "New York time (UTC-5)"),
        ("America/New_York", 7, "New York time (UTC-4)"),
        ("Asia/Kathmandu", 7, "Kathmandu time (UTC+5:45)"),
        ("America/St_Johns", 1, "St Johns time (UTC-3:30)"),
        ("America/Argentina/Buenos_Aires", 1, "Buenos Aires time (UTC-3)"),
        ("Pacific/Apia", 1, "Apia time (UTC+13)"),
        ("US/Eastern", 1, "US Eastern time (UTC-5)"),
        ("UTC", 1, "UTC"),
        ("Mars/Olympus_Mons", 1, "Mars Olympus Mons time"),
    ],
)
def test_zones_are_told_in_words_as_they_are_in_summer_and_in_winter(zone, month, words):
    at = datetime.datetime(2027, month, 10, tzinfo=datetime.UTC)
    assert zone_label(zone, at).replace("\N{MINUS SIGN}", "-") == words


def test_whole_days_have_no_zone(client, index):
    all_day(index, "All day", 5, time_zone="America/New_York")
    page = html(look(client))
    assert "New York" not in page
    assert "data-there" not in page
    assert offset_label(datetime.timedelta()) == "UTC"


def test_times_are_those_of_the_venue_and_instants_for_programs(client, index):
    place_below(index, time_zone="America/New_York", end_time=time(11, 30))
    page = html(look(client))
    for shown in (
        'datetime="2027-03-10T15:00Z" data-there="2027-03-10T10:00"',
        'data-ends="2027-03-10T16:30Z" data-ends-there="2027-03-10T11:30"',
        "New York time (UTC\N{MINUS SIGN}5)",
    ):
        assert shown in page
    assert EventPage.objects.get().occurrence.start_date > day(-1)
