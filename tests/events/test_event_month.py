"""The table of a month."""

import datetime
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from events.models import Status
from events.months import Month, MonthTable
from icrtop.cache import _next_generation
from icrtop.places.models import Country
from tests.events.listed import html
from tests.factories.events import place_below

pytestmark = pytest.mark.django_db

URL = "/events/month/2027/3/"


@pytest.fixture(autouse=True)
def now(monkeypatch):
    moment = datetime.datetime(2027, 2, 9, 17, tzinfo=datetime.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


class Cells(HTMLParser):
    """The text of each cell of a day, by its day."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.days: dict[str, str] = {}
        self.day = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        value = dict(attrs).get("datetime") or ""
        if tag == "time" and len(value) == 10:
            self.day = value
        elif tag == "td":
            self.day = ""

    def handle_data(self, data):
        if self.day:
            self.days[self.day] = self.days.get(self.day, "") + data


def cells(client, url=URL) -> dict[str, str]:
    answer = client.get(url)
    assert answer.status_code == 200
    return Cells(answer.text).days


def test_an_event_of_several_days_is_on_each_of_its_days(client, index):
    place_below(
        index,
        title="Conference",
        start_date=datetime.date(2027, 2, 27),
        end_date=datetime.date(2027, 3, 2),
    )
    days = cells(client)
    assert [day for day, text in days.items() if "Conference" in text] == [
        "2027-03-01",
        "2027-03-02",
    ]
    assert "Day 3 of 4" in days["2027-03-01"]
    assert "10:00" not in days["2027-03-01"]


def test_an_event_is_on_its_day_at_the_venue_with_its_time_there(client, index):
    place_below(index, title="Late", time_zone="America/New_York", start_time=datetime.time(23))
    text = cells(client)["2027-03-10"]
    assert "Late" in text
    assert "23:00" in text
    assert "New York time" in text


def test_it_is_a_table_with_a_caption_and_headers(client, index):
    place_below(index)
    page = html(client.get(URL))
    assert "<caption>March 2027</caption>" in page
    assert page.count('scope="col"') == 7
    assert page.count('<tr role="row">') == 6
    assert page.count('role="cell"') == 35


@pytest.mark.parametrize(("language", "first"), [("en", "Sunday"), ("de", "Montag")])
def test_weeks_begin_as_the_language_has_it(language, first):
    with translation.override(language):
        table = MonthTable(Month(2027, 3), [], datetime.date(2027, 3, 1))
        assert str(table.weekdays[0]) == first
        assert all(len(week) == 7 for week in table.weeks)


def test_today_is_marked(client, index):
    place_below(index, start_date=datetime.date(2027, 2, 20))
    page = html(client.get("/events/month/2027/2/"))
    assert page.count('aria-current="date"') == 1
    assert 'aria-current="date"> <p class="month-day"><time datetime="2027-02-09">' in page


def test_what_does_not_take_place_says_so(client, index):
    place_below(index, title="Conference", status=Status.CANCELLED)
    assert "Cancelled" in cells(client)["2027-03-10"]


def test_the_links_lead_to_months_with_events_and_keep_the_filters(client, index):
    ghana = Country.objects.get(code="GH")
    for year, month, country in (
        (2026, 5, ghana),
        (2027, 3, ghana),
        (2027, 4, None),
        (2028, 1, ghana),
    ):
        place_below(index, start_date=datetime.date(year, month, 10), country=country)
    page = html(client.get(URL))
    assert 'rel="prev" href="/events/month/2026/5/"' in page
    assert 'rel="next" href="/events/month/2027/4/"' in page
    page = html(client.get(f"{URL}?country=GH"))
    assert 'rel="next" href="/events/month/2028/1/?country=GH"' in page
    assert "noindex" in page
    last = html(client.get("/events/month/2028/1/"))
    assert 'rel="next"' not in last
    assert "noindex" not in last
    assert "noindex" in html(client.get("/events/month/2027/7/"))


@pytest.mark.parametrize(
    "path", ["2027/4/", "2027/1/", "2027/13/", "2027/0/", "0/1/", "9999/12/", f"{'9' * 50}/1/"]
)
def test_there_is_nothing_beyond_the_events(client, index, path):
    place_below(index)
    assert client.get(f"/events/month/{path}").status_code == 404


def test_without_a_public_index_there_is_no_month(client, index):
    place_below(index)
    index.unpublish()
    assert client.get(URL).status_code == 404


def test_each_month_has_one_address(client, index):
    place_below(index)
    for path in ("month/?kind=debate", "month/2027/02/?kind=debate"):
        answer = client.get(f"/events/{path}")
        assert answer["Location"] == "/events/month/2027/2/?kind=debate"


def test_three_hundred_events_take_at_most_ten_queries(client, index):
    for number in range(300):
        place_below(index, start_date=datetime.date(2027, 3, 1 + number % 31))
    client.get(URL)
    for query in ("", "?country=GH&kind=debate"):
        _next_generation()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL + query).status_code == 200
        assert len(queries) <= 10, [one["sql"] for one in queries]
