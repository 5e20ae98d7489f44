"""Imports go on wherever they were stopped, once, and one at a time."""

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.db.models.functions import Now

from newsletter.imports import checking, running, storing
from newsletter.models import (
    ImportFile,
    ImportRow,
    Subscriber,
    SubscriberImport,
)
from newsletter.tasks import discard_old_imports, run_imports
from tests.factories.newsletter import MailingListFactory, SubscriberImportFactory
from tests.newsletter.importing import checked, imported, stored

pytestmark = pytest.mark.django_db
State = SubscriberImport.State


@pytest.fixture
def bulletin():
    return MailingListFactory()


class Killed(BaseException):
    """A worker that is gone: no handler of ours sees it."""


def stop_at(monkeypatch, module, name: str, error: BaseException) -> None:
    """Have a function of a module do its work, and then end like this, once."""
    real = getattr(module, name)

    def ended(*args: object) -> None:
        real(*args)
        monkeypatch.setattr(module, name, real)
        raise error

    monkeypatch.setattr(module, name, ended)


def test_a_worker_that_dies_while_it_checks_leaves_the_file_to_be_checked(bulletin, monkeypatch):
    batch = SubscriberImportFactory(rows=["jo@example.org,,,"], lists=[bulletin])
    stop_at(monkeypatch, running, "check", Killed())
    with pytest.raises(Killed):
        run_imports()
    assert not ImportRow.objects.exists()
    batch.refresh_from_db()
    assert batch.state == State.UPLOADED
    run_imports()
    batch.refresh_from_db()
    assert (batch.state, batch.counts) == (State.CHECKED, {"new": 1})


def test_a_worker_that_dies_while_it_stores_has_stored_nothing(bulletin, monkeypatch):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    running.confirm(batch, None)
    before = stored()
    stop_at(monkeypatch, running, "store", Killed())
    with pytest.raises(Killed):
        run_imports()
    assert stored() == before
    run_imports()
    batch.refresh_from_db()
    assert (batch.state, batch.created_subscribers) == (State.DONE, 1)
    assert Subscriber.objects.count() == 1


def test_an_error_in_the_middle_undoes_all_and_it_is_tried_again(bulletin, monkeypatch):
    monkeypatch.setattr(storing, "LINES", 1)
    batch = checked("jo@example.org,,,", "kim@example.org,,,", lists=[bulletin])
    reports = []

    def report(batch, done: int, total: int) -> None:
        reports.append((done, total))
        if len(reports) == 3:  # Of the second row, in the first try.
            raise OSError("The disk is full")

    monkeypatch.setattr(running, "_report", report)
    batch = imported(batch)
    assert (batch.state, batch.created_subscribers, batch.created_subscriptions) == (
        State.DONE,
        2,
        2,
    )
    assert stored() == dict.fromkeys(("Subscriber", "Subscription", "Consent", "HistoryEntry"), 2)


def test_what_fails_always_ends_as_failed_and_keeps_no_address(bulletin, monkeypatch):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    calls = []

    def store(*args: object) -> None:
        calls.append(args)
        raise RuntimeError("always")

    monkeypatch.setattr(running, "store", store)
    batch = imported(batch)
    assert len(calls) == running.MOST_TRIES
    assert batch.state == State.FAILED
    assert "Nothing was imported" in batch.failure
    assert not ImportRow.objects.exists()
    assert not Subscriber.objects.exists()


def test_a_file_that_cannot_be_read_after_all_fails_with_the_reason(bulletin):
    batch = SubscriberImportFactory(content=b"name\r\nJo\r\n", lists=[bulletin])
    run_imports()
    batch.refresh_from_db()
    assert batch.state == State.FAILED
    assert "email" in batch.failure
    assert not ImportFile.objects.exists()


def test_two_clicks_are_one_import(bulletin):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    assert running.confirm(batch, None)
    assert not running.confirm(batch, None)
    run_imports()
    assert not running.confirm(batch, None)
    run_imports()
    assert Subscriber.objects.get().consents.count() == 1


def test_a_discarded_file_is_forgotten_and_never_imported(bulletin):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    assert running.discard(batch)
    assert not running.discard(batch)
    assert not running.confirm(batch, None)
    run_imports()
    batch.refresh_from_db()
    assert (batch.state, batch.counts) == (State.DISCARDED, {"new": 1})
    assert not ImportRow.objects.exists()
    assert not Subscriber.objects.exists()


def test_a_confirmed_file_is_not_discarded(bulletin):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    running.confirm(batch, None)
    assert not running.discard(batch)
    assert ImportRow.objects.exists()


def test_files_that_nobody_decides_about_are_forgotten_after_a_week(bulletin):
    old, new = (checked(f"{name}@example.org,,,", lists=[bulletin]) for name in ("old", "new"))
    SubscriberImport.objects.filter(pk=old.pk).update(
        checked_at=Now() - running.KEPT - timedelta(minutes=1)
    )
    discard_old_imports()
    assert list(ImportRow.objects.values_list("batch", flat=True)) == [new.pk]
    old.refresh_from_db()
    assert old.state == State.DISCARDED


def test_files_are_taken_one_after_the_other(bulletin):
    batches = [
        SubscriberImportFactory(rows=[f"reader{n}@example.org,,,"], lists=[bulletin])
        for n in range(3)
    ]
    run_imports()
    states = {SubscriberImport.objects.get(pk=batch.pk).state for batch in batches}
    assert states == {State.CHECKED}


def test_progress_moves_from_nothing_to_all(bulletin, monkeypatch):
    monkeypatch.setattr(checking, "ROWS", 10)
    batch = SubscriberImportFactory(
        rows=[f"reader{n}@example.org,,," for n in range(1000)], lists=[bulletin]
    )
    seen = []
    real = running._report

    def report(batch, done: int, total: int) -> None:
        real(batch, done, total)
        seen.append(running.progress(batch))

    monkeypatch.setattr(running, "_report", report)
    run_imports()
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert 75 <= seen[-1] <= 100
    assert len(set(seen)) > 3
    batch.refresh_from_db()
    running.confirm(batch, None)
    assert running.progress(batch) == 0


def test_without_redis_an_import_goes_on(bulletin, monkeypatch):
    monkeypatch.setattr(cache, "set", lambda *args, **kwargs: None)
    monkeypatch.setattr(cache, "get", lambda *args, **kwargs: None)
    batch = imported(checked("jo@example.org,,,", lists=[bulletin]))
    assert batch.state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_while_one_worker_is_at_it_another_leaves_it_alone(bulletin, monkeypatch):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    running.confirm(batch, None)
    inside, go_on = threading.Event(), threading.Event()
    real = running.store

    def store(*args: object) -> None:
        inside.set()
        assert go_on.wait(30)
        real(*args)

    def work() -> None:
        try:
            run_imports()
        finally:
            connections.close_all()

    monkeypatch.setattr(running, "store", store)
    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert inside.wait(30)
        run_imports()
        batch.refresh_from_db()
        assert (batch.state, batch.tries) == (State.CONFIRMED, 1)
        assert not Subscriber.objects.exists()
    finally:
        go_on.set()
        worker.join()
    batch.refresh_from_db()
    assert batch.state == State.DONE
    assert Subscriber.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_somebody_who_leaves_at_this_moment_has_left(bulletin, monkeypatch):
    """They take back what they had not confirmed, after the import has looked them up."""
    from newsletter.imports import judging
    from newsletter.services.leaving import unsubscribe
    from tests.factories.newsletter import SubscriptionFactory

    pending = SubscriptionFactory(subscriber__email="jo@example.org", mailing_list=bulletin)
    batch = checked("jo@example.org,,,", lists=[bulletin])
    real = judging.judge

    def leave() -> None:
        try:
            unsubscribe(pending.subscriber, how="link")
        finally:
            connections.close_all()

    def judge(*args: object) -> None:
        real(*args)
        leaver = threading.Thread(target=leave)
        leaver.start()
        leaver.join()

    monkeypatch.setattr(judging, "judge", judge)
    batch = imported(batch)
    pending.refresh_from_db()
    assert (batch.state, batch.created_subscriptions) == (State.DONE, 0)
    assert pending.state == "unsubscribed"
    assert not pending.subscriber.consents.exists()


@pytest.mark.django_db(transaction=True)
def test_an_import_that_has_to_wait_for_a_click_gives_way_and_begins_again(bulletin, monkeypatch):
    """Else each could wait for the other, and PostgreSQL might refuse the visitor."""
    batch = checked("jo@example.org,,,", lists=[bulletin])
    held, let_go = threading.Event(), threading.Event()

    def click() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(
                    "INSERT INTO newsletter_subscriber "
                    "(email, normalised, name, language, topics, frequency) "
                    "VALUES ('jo@example.org', 'jo@example.org', '', 'en', '{}', 'weekly')"
                )
                held.set()
                assert let_go.wait(30)
                cursor.execute("COMMIT")
        finally:
            connections.close_all()

    real = running._take_on

    def take_on(batch: SubscriberImport) -> None:
        try:
            real(batch)
        except Exception:
            let_go.set()
            visitor.join()
            raise

    visitor = threading.Thread(target=click)
    visitor.start()
    assert held.wait(30)
    monkeypatch.setattr(running, "_take_on", take_on)
    batch = imported(batch)
    assert let_go.is_set()
    assert (batch.state, batch.created_subscribers, batch.created_subscriptions) == (
        State.DONE,
        0,
        1,
    )
