"""An event that no calendar can have, such as one whose row was changed past the editor."""

import logging
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from icalendar import Calendar

from events.models import EventPage, YearException
from tests.factories.events import place_below

pytestmark = pytest.mark.django_db

FEED = "/events/calendar.ics"
LIVE = {"HTTP_COOKIE": "sessionid=any"}
PANEL = "Missing from calendars"


def day(offset: int) -> date:
    return timezone.now().date() + timedelta(days=offset)


def spoil(event: EventPage, how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE events_eventpage SET {how} WHERE page_ptr_id = %s", [event.pk])  # noqa: S608


def titles(client, path: str = FEED) -> set[str]:
    response = client.get(path, **LIVE)
    assert response.status_code == 200
    return {str(one["SUMMARY"]) for one in Calendar.from_ical(response.content).events}


@pytest.mark.parametrize(
    "how",
    [
        "time_zone = 'Mars/Olympus'",
        "time_zone = '../../etc/passwd'",
        "time_zone = ''",
        "start_date = '9999-12-31', end_date = '9999-12-31'",
        "end_date = '1999-01-01'",
        "end_date = 'infinity'",
        "start_date = '-infinity'",
        "start_date = '20000-01-01'",
        "ends_at = 'infinity', time_zone = 'Mars/Olympus'",
        "start_date = '2028-02-29', yearly = true, last_year = 2031",
        "status = 'sold out'",
    ],
)
def test_it_breaks_no_feed_is_not_found_itself_and_staff_see_it(
    client, index, admin_client, caplog, how
):
    place_below(index, title="Sound", start_date=day(3))
    broken = place_below(index, title="Broken", slug="broken", start_date=day(3))
    spoil(broken, how)
    with caplog.at_level(logging.ERROR):
        assert titles(client) == titles(client) == {"Sound"}
    assert [one.args for one in caplog.records if "left out" in one.msg] == [(broken.pk,)]
    assert client.get("/events/broken.ics").status_code == 404
    page = admin_client.get("/admin/").content.decode()
    assert PANEL in page
    assert f"/admin/pages/{broken.pk}/edit/" in page.partition(PANEL)[2]


def test_an_exception_with_a_day_that_cannot_be_breaks_none_either(client, index):
    place_below(index, title="Sound", start_date=day(3))
    first = date(timezone.now().year + 1, 4, 7)
    event = place_below(
        index, title="Broken", start_date=first, yearly=True, last_year=first.year + 3
    )
    YearException.objects.create(
        event=event, year=first.year + 1, what="moved", start_date=first.replace(month=5)
    )
    assert titles(client) == {"Sound", "Broken"}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_yearexception SET start_date = 'infinity'")
    assert titles(client) == {"Sound"}


def test_the_warning_goes_once_it_is_right_again(client, index, admin_client):
    event = place_below(index, title="Event", start_date=day(3))
    spoil(event, "time_zone = 'Mars/Olympus'")
    titles(client)
    assert PANEL in admin_client.get("/admin/").content.decode()
    spoil(event, "time_zone = 'Africa/Accra'")
    assert PANEL not in admin_client.get("/admin/").content.decode()
    assert titles(client) == {"Event"}


def test_nobody_is_warned_while_all_is_right(client, index, admin_client):
    place_below(index, start_date=day(3))
    titles(client)
    assert cache.get("events-left-out-of-calendars") is None
    assert PANEL not in admin_client.get("/admin/").content.decode()
