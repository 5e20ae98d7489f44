"""A request that queues mail never waits for the broker, and nothing depends on it."""

import socket
import threading
from contextlib import contextmanager
from time import monotonic

import pytest
from celery import Celery
from django.conf import settings as django_settings
from redis import Redis

from icrtop.mail import nudging, sending
from icrtop.mail.models import Delivery, State
from icrtop.mail.services import queue_message

LETTER = {"subject": "Hello", "purpose": "test", "html": "<p>Hello</p>", "text": "Hello"}


def broker_at(monkeypatch, url: str) -> None:
    """Let nudges go to another broker, with the project's own Celery settings."""
    app = Celery("elsewhere", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = url
    app.conf.task_default_queue = "test-nudging"
    monkeypatch.setattr(nudging, "app", app)
    monkeypatch.setattr(nudging, "_under_way", threading.Lock())


@contextmanager
def frozen_server():
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def broker():
    """The real broker, with the queue of these tests empty before and after."""
    with Redis.from_url(django_settings.REDIS_URL) as client:
        client.delete("test-nudging")
        yield client
        client.delete("test-nudging")


@pytest.mark.django_db(transaction=True)
def test_committing_a_letter_tells_the_workers(monkeypatch, broker):
    broker_at(monkeypatch, django_settings.CELERY_BROKER_URL)
    queue_message(to="jo@example.org", **LETTER)
    (task,) = broker.lrange("test-nudging", 0, -1)
    assert b"icrtop.mail.tasks.send_due" in task


@pytest.mark.django_db
def test_nobody_is_told_before_the_commit(monkeypatch, django_capture_on_commit_callbacks):
    told = []
    monkeypatch.setattr(nudging, "nudge", lambda: told.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        queue_message(to="jo@example.org", **LETTER)
        assert told == []
    assert told == [1]


def test_whatever_the_brokers_client_waits_for_a_request_goes_on(monkeypatch):
    let_go, finished, calls = threading.Event(), threading.Event(), []

    class HangingApp:
        def send_task(self, *args, **options):
            calls.append(args)
            let_go.wait(30)
            finished.set()

    monkeypatch.setattr(nudging, "app", HangingApp())
    monkeypatch.setattr(nudging, "_under_way", threading.Lock())
    began = monotonic()
    nudging.nudge()
    nudging.nudge()
    assert monotonic() - began < 2
    assert len(calls) == 1

    let_go.set()
    assert finished.wait(10)
    assert nudging._under_way.acquire(timeout=10)


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_delays_nobody_and_the_sweep_sends(monkeypatch, sink):
    broker_at(monkeypatch, "redis://127.0.0.1:1/0")
    began = monotonic()
    queue_message(to="jo@example.org", **LETTER)
    assert monotonic() - began < 2

    sending.send_due()
    assert sink.recipients == ["jo@example.org"]
    assert Delivery.objects.get().state == State.SENT


@pytest.mark.django_db(transaction=True)
def test_a_frozen_broker_delays_nobody_and_the_sweep_sends(monkeypatch, sink):
    with frozen_server() as port:
        broker_at(monkeypatch, f"redis://127.0.0.1:{port}/0")
        began = monotonic()
        queue_message(to="jo@example.org", **LETTER)
        assert monotonic() - began < 2
        began = monotonic()
        # Whoever comes while the first still hangs does not wait at all, or as long as the first.
        queue_message(to="kim@example.org", **LETTER)
        assert monotonic() - began < 2

    sending.send_due()
    assert sorted(sink.recipients) == ["jo@example.org", "kim@example.org"]
