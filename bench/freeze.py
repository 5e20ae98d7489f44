"""How long it takes to write a letter to a million subscribers into the outbox, and what it costs.

    make bench-freeze
    make bench-freeze ARGS="--subscribers 100000 --explain"

The subscribers are made up, in a database of its own on the server of DATABASE_URL, which is
dropped at the end: one in a hundred has a suppressed address, one in a thousand an unusable one,
one in a thousand is on two lists. The time is that of the caller: one transaction, to the end of
its commit. `--explain` repeats it under EXPLAIN ANALYZE, to see what costs most.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import django
from django.db import connection, transaction

DATABASE = "icrtop_bench_freeze"
SETTINGS = ("fsync", "synchronous_commit", "shared_buffers", "work_mem", "max_wal_size")

SUBSCRIBERS = """
INSERT INTO newsletter_subscriber
    (email, normalised, name, language, topics, frequency, created)
SELECT
    CASE WHEN number %% 1000 = 7 THEN 'no address ' || number
        ELSE 'Reader.' || number || '@provider' || number %% 50 || '.example' END,
    CASE WHEN number %% 1000 = 7 THEN 'no address ' || number
        ELSE 'reader.' || number || '@provider' || number %% 50 || '.example' END,
    'Reader Number ' || number, 'en', '{}', 'weekly', now()
FROM generate_series(1, %s) AS number
-- Nobody subscribes in alphabetical order.
ORDER BY hashint4(number)
"""
SUPPRESSIONS = """
INSERT INTO mail_suppression (normalised, reason, note, created)
SELECT normalised, 'bounced', '', now() FROM newsletter_subscriber WHERE id %% 100 = 0
"""


SUBSCRIPTIONS = """
INSERT INTO newsletter_subscription
    (subscriber_id, mailing_list_id, state, asked_at, confirmed_at)
SELECT id, %s, 'confirmed', now(), now() FROM newsletter_subscriber WHERE id %% %s = 0
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=1, help="how many, as the outbox grows")
    parser.add_argument("--explain", action="store_true", help="show the plan, with its times")
    options = parser.parse_args()
    django.setup()
    with own_database():
        for name in SETTINGS:
            print(f"{name:<28}{value_of(name):>14}")
        audience = subscribed(options.subscribers)
        for _message in range(options.messages):
            freeze(audience, options.subscribers)
        if options.explain:
            explain(audience)


@contextmanager
def own_database() -> Iterator[None]:
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(usual, verbosity=0)


def subscribed(number: int) -> Any:
    """The audience of two lists: everybody is on the one, and some on the other as well."""
    from icrtop.mail.audiences import Audience
    from newsletter.models import MailingList, Subscription

    every, some = (MailingList.objects.create(name=name, slug=name) for name in ("every", "some"))
    with connection.cursor() as cursor:
        cursor.execute(SUBSCRIBERS, [number])
        cursor.execute(SUPPRESSIONS, [])
        cursor.execute(SUBSCRIPTIONS, [every.pk, 1])
        cursor.execute(SUBSCRIPTIONS, [some.pk, 1000])
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return Audience(
        Subscription.objects.confirmed().filter(mailing_list__in=[every, some]),
        address="subscriber__email",
        normalised="subscriber__normalised",
        name="subscriber__name",
        merge={"name": "subscriber__name", "leave": "subscriber_id"},
    )


def queue(audience: Any) -> Any:
    from icrtop.mail.models import Priority
    from icrtop.mail.services import queue_message

    return queue_message(
        to=audience,
        subject="Bulletin for [[name]]",
        purpose="bench",
        html="<p>Dear [[name]]</p>" + "<p>What is new.</p>" * 500,
        text="Dear [[name]]\nhttps://example.org/leave/[[leave]]/",
        signed={"leave": "bench"},
        priority=Priority.BULK,
    )


def freeze(audience: Any, number: int) -> None:
    before = peak_megabytes()
    position = bytes_of_log()
    started = time.perf_counter()
    with transaction.atomic():
        message = queue(audience)
    seconds = time.perf_counter() - started
    rows = message.deliveries.count()
    assert message.candidates == rows + message.duplicates + message.unusable
    assert message.candidates == number + message.duplicates
    print(f"{'rows written':<28}{rows:>14,}")
    print(f"{'duplicates':<28}{message.duplicates:>14,}")
    print(f"{'unusable':<28}{message.unusable:>14,}")
    print(f"{'suppressed':<28}{message.deliveries.filter(state='suppressed').count():>14,}")
    print(f"{'seconds':<28}{seconds:>14.1f}")
    print(f"{'rows per second':<28}{rows / seconds:>14,.0f}")
    print(f"{'bytes of log per row':<28}{(bytes_of_log() - position) / rows:>14,.0f}")
    print(f"{'peak memory before, MB':<28}{before:>14.1f}")
    print(f"{'peak memory after, MB':<28}{peak_megabytes():>14.1f}")


def explain(audience: Any) -> None:
    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "INSERT INTO mail_delivery" not in sql:
            return execute(sql, params, many, context)
        execute("EXPLAIN (ANALYZE, BUFFERS, WAL) " + sql, params, many, context)
        print("\n".join(line for (line,) in context["cursor"].fetchall()))
        raise Shown

    with suppress(Shown), connection.execute_wrapper(explained), transaction.atomic():
        queue(audience)


class Shown(Exception):
    """The plan was shown, and the statement's own answer is gone."""


def value_of(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def bytes_of_log() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
