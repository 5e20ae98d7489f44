"""Workers that are killed while they import a file of subscribers."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from icrtop.mail import nudging
from newsletter.imports import running
from newsletter.models import (
    Consent,
    HistoryEntry,
    ImportRow,
    MailingList,
    Subscriber,
    SubscriberImport,
    Subscription,
)
from tests.faults.processes import wait_until

pytestmark = pytest.mark.faults

State = SubscriberImport.State
READERS = 200
CONTENT = "\r\n".join(["email", *(f"reader{n}@example.org" for n in range(READERS))]).encode()

# A statement trigger that goes round until nobody holds the lock: a plain wait for a lock would be
# given up by the import itself.
HOLD = """
CREATE FUNCTION hold_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WHILE NOT pg_try_advisory_xact_lock_shared(4711) LOOP
        PERFORM pg_sleep(0.02);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_here BEFORE INSERT ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION hold_here();
"""


@pytest.fixture
def mailing_list(staff) -> Iterator[MailingList]:
    yield MailingList.objects.create(name="Bulletin", slug="bulletin")
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS hold_here CASCADE")
        cursor.execute("TRUNCATE newsletter_subscriber, newsletter_mailinglist CASCADE")
        cursor.execute("TRUNCATE newsletter_subscriberimport CASCADE")


@contextmanager
def held_at(table: str) -> Iterator[None]:
    """Whoever writes into this table stays there until the end of the block."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(4711)")
        holder.execute(HOLD.format(table=table))
        yield
    wait_until(lambda: not at_work(), "The dead worker's connection does not end")


def at_work() -> bool:
    """Whether somebody is inside the trigger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
            "current_database() AND query ~ '^\\s*(COPY|INSERT|WITH)' AND state = 'active'"
        )
        return cursor.fetchone() is not None


def upload(mailing_list: MailingList) -> SubscriberImport:
    batch = SubscriberImport(file_name="people.csv", encoding="utf-8-sig", language="en")
    running.upload(batch, CONTENT, [mailing_list])
    return batch


def have_it(batch: SubscriberImport, state: State) -> None:
    """Ask the workers again and again, as the sweep does, until the import stands like this."""

    def is_so() -> bool:
        nudging.nudge(running.TASK)
        batch.refresh_from_db()
        return batch.state == state

    wait_until(is_so, f"The import is not {state}", every=0.2)


def stored() -> dict[str, int]:
    models = (Subscriber, Subscription, Consent, HistoryEntry)
    return {model.__name__: model.objects.count() for model in models}


def test_a_worker_killed_while_it_checks_leaves_no_row_behind(staff, mailing_list):
    victim = staff.worker()
    with held_at("newsletter_importrow"):
        batch = upload(mailing_list)
        wait_until(at_work, "Nobody checks the file")
        victim.kill()
    assert not ImportRow.objects.exists()
    successor = staff.worker()
    have_it(batch, State.CHECKED)
    assert batch.counts == {"new": READERS}
    assert batch.rows.count() == READERS
    staff.keep(successor)


def test_a_worker_killed_while_it_stores_leaves_nothing_half_done(staff, mailing_list):
    victim = staff.worker()
    batch = upload(mailing_list)
    have_it(batch, State.CHECKED)
    with held_at("newsletter_historyentry"):
        running.confirm(batch, None)
        wait_until(at_work, "Nobody imports the file")
        victim.kill()
    assert stored() == dict.fromkeys(stored(), 0)
    batch.refresh_from_db()
    assert batch.state == State.CONFIRMED
    successor = staff.worker()
    have_it(batch, State.DONE)
    assert stored() == dict.fromkeys(stored(), READERS)
    assert batch.created_subscribers == READERS
    staff.keep(successor)
