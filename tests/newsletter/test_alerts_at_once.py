"""Two clicks, two workers and lost connections: each change reaches everybody once all the same."""

import itertools
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, transaction

from icrtop.mail.models import Delivery, Message
from newsletter import tasks
from newsletter.alerts import noticing, sending
from newsletter.models import Alert, DigestRun, Frequency, Subscriber
from tests.factories.pages import DevelopmentPageFactory
from tests.newsletter.alerting import at, follower, publish, published_at, told

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("subscribe_page", "lists"),
]

MONDAY = at(2026, 11, 23, 7)


def both_at_once(*actions: Callable[[], object]) -> None:
    """Do these in threads of their own at the same moment; what one raises, this does."""
    barrier = threading.Barrier(len(actions))
    raised: list[BaseException] = []

    def act(action: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(60)
            action()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if raised:
        raise raised[0]


def sunday(*levels: str) -> list[int]:
    """Publish developments of these levels on Sunday; return the keys of their alerts."""
    keys = []
    for level in levels:
        publish(DevelopmentPageFactory(level=level))
        keys.append(published_at(Alert.objects.latest("pk"), at(2026, 11, 22)).pk)
    return keys


def test_a_page_that_two_people_publish_at_once_is_told_once():
    reader = follower("un")
    page = DevelopmentPageFactory()
    drafts = []
    for _ in range(2):
        page.notify = True
        drafts.append(page.save_revision())
    both_at_once(*(draft.publish for draft in drafts))
    assert Alert.objects.count() == 1
    sending.send_at_once()
    assert len(told(reader)) == 1
    page.refresh_from_db()
    assert not page.notify


def test_what_is_rolled_back_is_not_told():
    page = DevelopmentPageFactory()
    with transaction.atomic():
        publish(page)
        assert Alert.objects.exists()
        transaction.set_rollback(True)
    tasks.send_alerts()
    assert not Alert.objects.exists()
    assert not Message.objects.exists()


def test_workers_that_run_at_once_write_to_nobody_twice():
    readers = [
        follower(*topics, frequency=frequency)
        for frequency in Frequency
        for topics in (["un"], ["national"], ["un", "national"])
        for _ in range(3)
    ]
    alerts = sunday("un", "national", "un")
    both_at_once(*[lambda: sending.send_alerts(MONDAY)] * 4)
    sending.send_alerts(MONDAY)
    for reader in readers:
        wanted = [alerts[0], alerts[2]] if "un" in reader.topics else []
        wanted += [alerts[1]] if "national" in reader.topics else []
        assert told(reader) == sorted(wanted)
    assert not DigestRun.objects.filter(finished_at=None).exists()


def wait_until_somebody_waits_to_queue() -> None:
    stop = time.monotonic() + 60
    waiting = """
        SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute(waiting)
            if cursor.fetchone():
                return
            assert time.monotonic() < stop, "Nobody waits."


def test_who_changes_to_at_once_while_digests_are_written_is_told_once(monkeypatch):
    reader = follower("un", frequency=Frequency.DAILY)
    (alert,) = sunday("un")
    write, others = sending.letters.write, []  # The other process, and that it waits.

    def elsewhere():
        try:
            Subscriber.objects.filter(pk=reader.pk).update(frequency=Frequency.AT_ONCE)
            sending.send_at_once()
        finally:
            connection.close()

    def write_while_that_happens(*arguments):
        """The digest is about to be queued; the other process has planned its letter, too."""
        if not others:
            others.append(threading.Thread(target=elsewhere))
            others[0].start()
            wait_until_somebody_waits_to_queue()
            others.append("waits")
        return write(*arguments)

    monkeypatch.setattr(sending.letters, "write", write_while_that_happens)
    sending.send_digests(MONDAY)
    others[0].join(60)
    assert others[1:] == ["waits"]
    assert told(reader) == [alert]
    assert Alert.objects.get().told_at


@pytest.mark.parametrize("lost_at", [1, 2, 3])
def test_a_run_that_loses_its_database_is_repeated_and_doubles_nothing(monkeypatch, lost_at):
    readers = [
        follower(*topics, frequency=Frequency.DAILY)
        for topics in (["un"], ["national"], ["un", "national"])
        for _ in range(2)
    ]
    un, national = sunday("un", "national")
    write, written = sending.letters.write, []

    def write_until_lost(*arguments):
        written.append(arguments)
        if len(written) == lost_at:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(sending.letters, "write", write_until_lost)
        with pytest.raises(OperationalError):
            sending.send_digests(MONDAY)
    connection.close()
    assert Message.objects.count() == lost_at - 1
    assert DigestRun.objects.get().finished_at is None
    sending.send_digests(MONDAY)
    assert [told(reader) for reader in readers] == [
        [key] for key in (un, un, national, national)
    ] + [[un, national]] * 2
    assert Message.objects.count() == 3
    assert Delivery.objects.count() == 6


def test_a_run_that_takes_too_long_is_gone_on_with(monkeypatch):
    readers = [follower(topic, frequency=Frequency.DAILY) for topic in ("un", "national")]
    alerts = sunday("un", "national")
    nudged: list[str] = []
    monkeypatch.setattr(sending, "nudge", nudged.append)
    # A second passes with each look at the clock.
    clock = SimpleNamespace(monotonic=itertools.count().__next__)
    monkeypatch.setattr(sending, "time", clock)
    monkeypatch.setattr(sending, "STRETCH_SECONDS", 1)
    sending.send_digests(MONDAY)
    assert sum(len(told(reader)) for reader in readers) == 1
    assert nudged == [noticing.TASK]
    monkeypatch.undo()
    sending.send_digests(MONDAY)
    assert [told(reader) for reader in readers] == [[key] for key in alerts]
