"""How long the calendar of 1,000 events takes to write, and how large it is.

    make bench-calendar
    make bench-calendar ARGS="--events 5000 --rounds 10"

The events are made up, in a database of its own on the server of DATABASE_URL, which is dropped at
the end: in every zone of the database of time zones in turn, a fifth of them of every year. Asked
for as by a program that has no session: from the page cache, and with an empty one.
"""

import argparse
import datetime
import gzip
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

sys.path.insert(0, str(Path(__file__).parent.parent))

DATABASE = "icrtop_bench_calendars"
FEED = "/events/calendar.ics"
WORDS = "What was agreed in 2005, what has been done since, and what is still to be done. "


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    django.setup()
    with own_database():
        add_events(options.events)
        show(options.events, options.rounds)


@contextmanager
def own_database() -> Iterator[None]:
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(usual, verbosity=0)


def add_events(number: int) -> None:
    from wagtail.models import Page, Site

    from events.models import EventIndexPage
    from events.zones import zone_names
    from pages.models import HomePage
    from tests.factories.events import place_below

    root = Page.objects.get(depth=1)
    home = root.add_child(instance=HomePage(title="Home", slug="bench"))
    Site.objects.filter(is_default_site=True).update(root_page=home)
    index = home.add_child(instance=EventIndexPage(title="Events", slug="events"))
    zones, today = zone_names(), datetime.date.today()
    with transaction.atomic():
        for one in range(number):
            is_yearly = one % 5 == 0
            first = today + datetime.timedelta(days=one % 700)
            if is_yearly and (first.month, first.day) == (2, 29):
                first += datetime.timedelta(days=1)
            place_below(
                index,
                title=f"Conference {one} on the Responsibility to Protect",
                introduction=WORDS * 3,
                place="Conference Building, Room 4",
                time_zone=zones[one % len(zones)],
                start_date=first,
                end_time=datetime.time(12, 30),
                yearly=is_yearly,
                last_year=first.year + 10 if is_yearly else None,
            )


def show(number: int, rounds: int) -> None:
    from events.calendars.entries import About, calendar_of
    from events.calendars.left_out import entries_for
    from events.models import EventPage

    client = Client(SERVER_NAME="localhost")
    about = About("Events", "All of them.", "https://example.org/a", "https://example.org/b")
    entries, _left_out = entries_for(EventPage.objects.shown())
    compressed = {"HTTP_ACCEPT_ENCODING": "gzip"}
    cache.clear()
    body = client.get(FEED).content
    rows = {
        "rows and components": timed(lambda: entries_for(EventPage.objects.shown()), rounds),
        "components to text": timed(lambda: calendar_of(entries, about), rounds),
        "request, not kept": timed(lambda: client.get(FEED, **compressed), rounds, cache.clear),
        "request, kept": timed(lambda: client.get(FEED, **compressed), rounds),
    }
    print(
        f"{number} events, {body.count(b'BEGIN:VEVENT')} components, "
        f"{body.count(b'BEGIN:VTIMEZONE')} zones"
    )
    print(f"{len(body):,} bytes, {len(gzip.compress(body, 6)):,} compressed")
    for name, took in rows.items():
        print(f"{name:<22}{took:>9.1f} ms")
    print(f"Medians of {rounds} rounds.")


def timed(
    action: Callable[[], object], rounds: int, before: Callable[[], object] = lambda: None
) -> float:
    """Milliseconds that an action takes, once it has run."""
    action()
    took = []
    for _round in range(rounds):
        before()
        started = time.perf_counter()
        action()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    main()
