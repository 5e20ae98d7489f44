"""The addresses of calendars: what is in them, and how they are answered."""

from datetime import date, time, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar
from wagtail.models import PageViewRestriction, Site

from events.models import EventPage, Kind, YearException
from events.zones import zone_names
from icrtop.places.models import Country
from pages.models import SiteSettings
from tests.factories.events import EventFactory, place_below

pytestmark = pytest.mark.django_db

FEED = "/events/calendar.ics"
# Past the page cache, as whoever has a session is.
LIVE = {"HTTP_COOKIE": "sessionid=any"}


def day(offset: int) -> date:
    return timezone.now().date() + timedelta(days=offset)


def read(client, query: str = "") -> Calendar:
    response = client.get(f"{FEED}{query}", **LIVE)
    assert response.status_code == 200
    return Calendar.from_ical(response.content)


def titles(client, query: str = "") -> set[str]:
    return {str(one["SUMMARY"]) for one in read(client, query).events}


def test_it_says_what_it_is(client, index):
    site = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    site.acronym = "ICRtoP"
    site.save()
    calendar = read(client)
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"] == "-//ICRtoP//Events//EN"
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == "ICRtoP events"
    assert calendar["DESCRIPTION"] == calendar["X-WR-CALDESC"]
    assert calendar["SOURCE"] == "http://testserver/events/calendar.ics"
    assert calendar["URL"] == "http://testserver/events/"
    text = client.get(FEED).content.decode()
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT2H\r\n" in text
    assert "X-PUBLISHED-TTL:PT2H\r\n" in text
    assert "METHOD" not in text


def test_it_is_named_for_what_was_chosen(client, index):
    place_below(index, country=Country.objects.get(pk="GH"))
    calendar = read(client, "?country=GH&kind=conference&page=2")
    assert calendar["NAME"].endswith(": Conference, Ghana")
    query = "?kind=conference&country=GH"
    assert calendar["SOURCE"] == f"http://testserver/events/calendar.ics{query}"
    assert calendar["URL"] == f"http://testserver/events/{query}"


def test_it_has_what_is_to_come_and_what_is_over_for_a_year_at_most(client, index):
    for title, offset in (("Far", 3000), ("Soon", 1), ("Over", -300), ("Long over", -400)):
        place_below(index, title=title, start_date=day(offset))
    first = day(-3000).replace(day=1)
    place_below(
        index, title="Yearly", start_date=first, yearly=True, last_year=timezone.now().year + 2
    )
    assert titles(client) == {"Far", "Soon", "Over", "Yearly"}


def test_a_period_that_is_chosen_is_there_however_long_ago(client, index):
    place_below(index, title="Then", start_date=date(2005, 9, 14))
    place_below(index, title="Now", start_date=day(3))
    assert titles(client) == {"Now"}
    assert titles(client, "?year=2005") == titles(client, "?month=2005-09") == {"Then"}
    assert titles(client, "?month=2005-10") == set()


def test_filters_choose(client, index):
    ghana = Country.objects.get(pk="GH")
    place_below(index, title="Accra", start_date=day(3), country=ghana)
    place_below(index, title="Online", start_date=day(3), kind=Kind.ONLINE)
    assert titles(client, "?country=GH") == titles(client, "?region=002") == {"Accra"}
    assert titles(client, "?online=1") == titles(client, "?kind=online") == {"Online"}


def test_only_what_visitors_may_read_is_in_it(client, index):
    place_below(index, title="Draft", start_date=day(3), live=False, slug="draft")
    private = place_below(index, title="Private", start_date=day(3), slug="private")
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    place_below(index, title="Public", start_date=day(3), slug="public")
    assert titles(client) == {"Public"}
    assert client.get("/events/public.ics").status_code == 200
    for slug in ("draft", "private", "nothing"):
        assert client.get(f"/events/{slug}.ics").status_code == 404


def test_without_a_public_index_there_is_no_feed(client, index):
    PageViewRestriction.objects.create(page=index, restriction_type="login")
    assert client.get(FEED).status_code == 404


def test_an_address_for_those_registered_is_in_neither(client, index):
    place_below(
        index,
        slug="closed",
        start_date=day(3),
        online=True,
        online_address="https://example.org/secret",
        online_address_private=True,
        registration=True,
    )
    for path in (FEED, "/events/closed.ics"):
        assert b"secret" not in client.get(path).content


def test_how_it_is_answered(client, index):
    event = place_below(index, slug="debate", start_date=day(3))
    for path, name in ((FEED, "events.ics"), ("/events/debate.ics", "debate.ics")):
        response = client.get(path)
        assert response["Content-Type"] == "text/calendar; charset=utf-8"
        assert response["Content-Disposition"] == f'inline; filename="{name}"'
        assert response["ETag"]
        assert client.head(path).status_code == 200
        assert client.head(path).content == b""
        for method in (client.post, client.put, client.delete, client.patch):
            refused = method(path)
            assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
    changed = client.get("/events/debate.ics")["Last-Modified"]
    assert changed == event.calendar_changed_at.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_a_name_beyond_ascii_has_an_entry(client, index):
    place_below(index, slug="débat", start_date=day(3))
    response = client.get("/events/d%C3%A9bat.ics")
    assert response.status_code == 200
    assert response["Content-Disposition"] == "inline; filename*=utf-8''d%C3%A9bat.ics"


def test_nothing_is_sent_again_until_something_changes(
    client, index, django_capture_on_commit_callbacks
):
    event = place_below(index, slug="debate", start_date=day(3))
    for path in (FEED, "/events/debate.ics"):
        tag = client.get(path, HTTP_ACCEPT_ENCODING="gzip")["ETag"]
        for _time in range(2):  # Rendered, and from the page cache.
            same = client.get(path, HTTP_IF_NONE_MATCH=tag, HTTP_ACCEPT_ENCODING="gzip")
            assert (same.status_code, same.content) == (304, b"")
        with django_capture_on_commit_callbacks(execute=True):
            page = EventPage.objects.get(pk=event.pk)
            page.place = f"Hall {page.sequence}"
            page.save_revision().publish()
        assert client.get(path, HTTP_IF_NONE_MATCH=tag).status_code == 200


def test_an_event_that_is_taken_down_goes_although_nothing_in_the_feed_is_newer(
    client, index, django_capture_on_commit_callbacks
):
    place_below(index, title="Stays", start_date=day(3))
    gone = place_below(index, title="Goes", start_date=day(3))
    response = client.get(FEED)
    assert "Last-Modified" not in response
    with django_capture_on_commit_callbacks(execute=True):
        gone.unpublish()
    again = client.get(FEED, HTTP_IF_NONE_MATCH=response["ETag"])
    assert again.status_code == 200
    assert b"Goes" not in again.content


def test_it_is_kept_and_then_costs_no_query(client, index):
    place_below(index, start_date=day(3))
    client.get(FEED)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(FEED)["X-Cache"] == "hit"
    assert len(queries) == 0


@pytest.mark.parametrize("query", ["", "?kind=conference&region=002", "?year=2027"])
def test_however_many_events_there_are_it_is_10_queries_at_most(client, index, query):
    SiteSettings.for_site(Site.objects.get(is_default_site=True))
    add_events(index, 3)
    few = queries_for(client, FEED + query)
    add_events(index, 30)
    assert queries_for(client, FEED + query) == few <= 10
    assert len(Calendar.from_ical(client.get(FEED + query).content).events) == 33 + 11


def queries_for(client, path: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path)["X-Cache"] == "miss"
    return len(queries)


def add_events(index, number: int) -> None:
    """So many events; a third are of every year, and cancelled in one."""
    zones = zone_names()
    for one in range(number):
        is_yearly = one % 3 == 0
        event = EventFactory(
            country=Country.objects.get(pk="GH"),
            time_zone=zones[one * 7],
            start_date=date(2027, 1, 1) + timedelta(days=one),
            end_time=time(12),
            yearly=is_yearly,
            last_year=2031 if is_yearly else None,
        )
        if is_yearly:
            event.exceptions = [YearException(year=2029, what="cancelled")]
        index.add_child(instance=event)
