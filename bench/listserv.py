"""How long the pages of the listserv take with many subscribers, and how many queries.

    make bench-listserv
    make bench-listserv ARGS="--subscribers 20000 --only send"

The subscribers are made up (bench/listserv.sql), in a database of its own on the server of
DATABASE_URL, which is dropped at the end: three years of history, a bulletin that everybody was
sent, and what came back of it. The pages are asked for with Django's test client, by somebody of
the Secretariat: the time is that of the whole request, without the network. Whatever takes more
than a second or 20 queries is marked, and its slowest query shown.
"""

import argparse
import io
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
from django.db import connection

DATABASE = "icrtop_bench_listserv"
SEED = Path(__file__).with_suffix(".sql")
MOST_SECONDS, MOST_QUERIES = 1.0, 20
BOUNCED = """
INSERT INTO newsletter_bounce
    (kind, delivery_id, message_id, normalised, status, detail, excerpt, digest, received_at)
SELECT (ARRAY['hard', 'soft', 'auto_reply', 'complaint'])[id % 4 + 1], id, message_id, normalised,
    '5.1.1', '550 5.1.1 User unknown', '', md5(id::text), now()
FROM mail_delivery WHERE id % 20 = 0
"""
SENT = """
UPDATE mail_delivery SET state = 'sent', server_reply = '250 2.0.0 Ok', attempts = 1
WHERE state = 'pending'
"""


@dataclass
class Measured:
    """The rounds of one page: seconds, and queries with their own seconds."""

    seconds: list[float] = field(default_factory=list)
    queries: list[tuple[float, str]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return statistics.median(self.seconds) > MOST_SECONDS or len(self.queries) > MOST_QUERIES

    def record(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.queries.append((time.perf_counter() - started, sql))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="pages whose name contains this")
    options = parser.parse_args()
    django.setup()
    from bench.listserv_pages import pages

    with own_database():
        started = time.perf_counter()
        seed(options.subscribers)
        print(f"{options.subscribers:,} subscribers made in {time.perf_counter() - started:.0f} s")
        print(f"{'page':<44}{'median s':>10}{'longest s':>10}{'queries':>9}")
        over = []
        for page in pages():
            if options.only in page.name:
                measured = measure(page, options.rounds)
                show(page.name, measured)
                over += [(page.name, measured)] * measured.is_over
        for name, measured in over:
            explain(name, measured)


@contextmanager
def own_database() -> Iterator[None]:
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(usual, verbosity=0)


def measure(page: Any, rounds: int) -> Measured:
    page.prepare()
    page.ask()
    measured = Measured()
    for _round in range(rounds):
        page.prepare()
        measured.queries.clear()
        with connection.execute_wrapper(measured.record):
            started = time.perf_counter()
            page.ask()
            measured.seconds.append(time.perf_counter() - started)
    return measured


def show(name: str, measured: Measured) -> None:
    median, longest = statistics.median(measured.seconds), max(measured.seconds)
    mark = "  <--" if measured.is_over else ""
    print(f"{name:<44}{median:>10.3f}{longest:>10.3f}{len(measured.queries):>9}{mark}", flush=True)


def explain(name: str, measured: Measured) -> None:
    """Show which query is slow, and which are made again and again."""
    seconds, slowest = max(measured.queries)
    print(f"\n{name}: {len(measured.queries)} queries. The slowest, {seconds:.3f} s:\n{slowest}")
    for sql, times in Counter(sql for _seconds, sql in measured.queries).items():
        if times > 1:
            print(f"{times} times: {sql[:200]}")


def seed(subscribers: int) -> None:
    """The site with its content, its subscribers, and a first bulletin that was sent to all."""
    from django.core.management import call_command

    from bench.listserv_pages import bulletin, confirm
    from newsletter.services import mailings

    call_command("load_content", stdout=io.StringIO())
    with connection.cursor() as cursor:
        for statement in SEED.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"subscribers": subscribers})
        cursor.execute("VACUUM ANALYZE")
    confirm(bulletin("The first bulletin"))
    started = time.perf_counter()
    mailings.queue_due_mailings()
    print(f"A bulletin put into the outbox in {time.perf_counter() - started:.1f} s")
    with connection.cursor() as cursor:
        cursor.execute(SENT)
        cursor.execute("UPDATE mail_message SET started_at = now(), finished_at = now()")
        cursor.execute(BOUNCED)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
