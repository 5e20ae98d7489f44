"""How long it takes to import a file of subscribers, and what it costs.

    make bench-import
    make bench-import ARGS="--rows 500000 --lists 2"

The subscribers are made up, in a database of its own on the server of DATABASE_URL, which is
dropped at the end. Of the rows, one in ten is known already, and of these one in a hundred is
suppressed; one in a thousand has a mistake, and one in a thousand stands twice in the file. The
times are those of whoever waits: reading the file at the upload, the check, and storing, each to
the end of its commit.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.db import connection
from freeze import (  # The benchmark beside this one.
    SETTINGS,
    SUBSCRIBERS,
    SUPPRESSIONS,
    bytes_of_log,
    own_database,
    peak_megabytes,
    value_of,
)

SUBSCRIPTIONS = """
INSERT INTO newsletter_subscription
    (subscriber_id, mailing_list_id, state, asked_at, confirmed_at)
SELECT id, list, 'confirmed', now(), now() FROM newsletter_subscriber, unnest(%s::bigint[]) AS list
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--lists", type=int, default=1, help="that the file is for")
    parser.add_argument("--subscribers", type=int, default=200_000, help="that there are before")
    options = parser.parse_args()
    django.setup()
    with own_database():
        for name in SETTINGS:
            print(f"{name:<28}{value_of(name):>14}")
        lists = lists_with(options.subscribers, options.lists)
        run(file_of(options.rows, options.subscribers), lists, options.rows)


def lists_with(subscribers: int, number: int) -> list[Any]:
    """So many lists, which so many subscribers are on already."""
    from newsletter.models import MailingList

    lists = [MailingList.objects.create(name=f"List {n}", slug=f"list-{n}") for n in range(number)]
    with connection.cursor() as cursor:
        cursor.execute(SUBSCRIBERS, [subscribers])
        cursor.execute(SUPPRESSIONS, [])
        cursor.execute(SUBSCRIPTIONS, [[each.pk for each in lists]])
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return lists


def file_of(rows: int, subscribers: int) -> bytes:
    lines = ["email,name,language,countries"]
    for number in range(1, rows + 1):
        reader = subscribers + number
        if number % 10 == 0:
            reader = number % subscribers + 1
        address = f"Reader.{reader}@provider{reader % 50}.example"
        if number % 1000 == 7:
            address = "no address"
        elif number % 1000 == 9:
            address = lines[-1].partition(",")[0].upper()
        lines.append(f'{address},"Reader Number {reader}",fr,KE UG')
    return "\r\n".join([*lines, ""]).encode()


def run(content: bytes, lists: list[Any], rows: int) -> None:
    from newsletter.imports import running
    from newsletter.imports.reading import check_file
    from newsletter.models import SubscriberImport

    before, position = peak_megabytes(), bytes_of_log()
    batch = SubscriberImport(file_name="bench.csv", encoding="utf-8-sig", language="en", source="x")

    def upload() -> None:
        check_file(content)
        running.upload(batch, content, lists)

    seconds = [timed("upload", upload), timed("check", running.run_due)]
    batch.refresh_from_db()
    assert batch.state == SubscriberImport.State.CHECKED, batch.failure
    running.confirm(batch, None)
    seconds.append(timed("store", running.run_due))
    batch.refresh_from_db()
    assert batch.state == SubscriberImport.State.DONE, batch.failure
    assert sum(batch.counts.values()) == rows
    print(f"{'seconds, check and store':<28}{seconds[1] + seconds[2]:>14.1f}")
    print(f"{'rows per second':<28}{rows / (seconds[1] + seconds[2]):>14,.0f}")
    for verdict, number in sorted(batch.counts.items()):
        print(f"{verdict:<28}{number:>14,}")
    print(f"{'subscriptions':<28}{batch.created_subscriptions:>14,}")
    print(f"{'bytes of log per row':<28}{(bytes_of_log() - position) / rows:>14,.0f}")
    print(f"{'peak memory before, MB':<28}{before:>14.1f}")
    print(f"{'peak memory after, MB':<28}{peak_megabytes():>14.1f}")


def timed(name: str, work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(f"{f'seconds, {name}':<28}{seconds:>14.1f}")
    return seconds


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
