"""A request that queues mail never waits for the broker, and nothing depends on it."""

import json
import socket
import threading
from collections import defaultdict
from contextlib import contextmanager, suppress

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.db import transaction
from redis import Redis

from icrtop.mail import control, nudging, sending
from icrtop.mail.models import Delivery, State
from icrtop.mail.services import queue_message
from tests.factories.mail import DeliveryFactory

LETTER = {"subject": "Hello", "purpose": "test", "html": "<p>Hello</p>", "text": "Hello"}


def broker_at(monkeypatch, url: str) -> None:
    """Let nudges go to another broker, with the project's own Celery settings."""
    app = Celery("elsewhere", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = url
    app.conf.task_default_queue = "test-nudging"
    monkeypatch.setattr(nudging, "app", app)
    monkeypatch.setattr(nudging, "_under_way", defaultdict(threading.Lock))


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
    headers = json.loads(task)["headers"]
    assert headers["task"] == "icrtop.mail.tasks.send_due"
    # Were no worker there for an hour, each letter would have left one behind.
    assert headers["expires"] is not None


@pytest.mark.django_db
def test_nobody_is_told_before_the_commit(monkeypatch, django_capture_on_commit_callbacks):
    told = []
    monkeypatch.setattr(nudging, "nudge", lambda: told.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        queue_message(to="jo@example.org", **LETTER)
        assert told == []
    assert told == [1]


@pytest.mark.django_db
def test_nobody_is_told_of_a_letter_that_is_taken_back(
    monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr(nudging, "nudge", lambda: told.append(1))
    with (
        django_capture_on_commit_callbacks(execute=True),
        suppress(ZeroDivisionError),
        transaction.atomic(),
    ):
        queue_message(to="jo@example.org", **LETTER)
        raise ZeroDivisionError
    assert not Delivery.objects.exists()
    assert told == []


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.PENDING, State.DEFERRED, State.UNCERTAIN])
def test_whoever_has_letters_sent_tells_the_workers(
    monkeypatch, django_capture_on_commit_callbacks, state
):
    told = []
    monkeypatch.setattr(nudging, "nudge", lambda: told.append(1))
    message = DeliveryFactory(state=state).message
    act = {
        State.PENDING: control.resume,
        State.DEFERRED: control.retry_deferred,
        State.UNCERTAIN: control.send_again,
    }[state]
    if state == State.PENDING:
        control.pause(message, "Wait")
    with django_capture_on_commit_callbacks(execute=True):
        assert act(message) == 1
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
    monkeypatch.setattr(nudging, "_under_way", defaultdict(threading.Lock))
    nudging.nudge()
    nudging.nudge()
    # Both are back, and the client still hangs in the first.
    assert not finished.is_set()
    assert len(calls) == 1

    let_go.set()
    assert finished.wait(10)
    assert nudging._under_way[nudging.SEND_DUE].acquire(timeout=10)


def test_whatever_the_brokers_client_raises_the_next_nudge_goes(monkeypatch, caplog):
    calls = []

    class BrokenApp:
        def send_task(self, *args, **options):
            calls.append(args)
            raise ZeroDivisionError("Nobody thought of this.")

    monkeypatch.setattr(nudging, "app", BrokenApp())
    monkeypatch.setattr(nudging, "_under_way", defaultdict(threading.Lock))
    nudging.nudge()
    nudging.nudge()
    assert len(calls) == 2
    assert "the sweep will find it: Nobody thought of this." in caplog.text


def test_a_machine_that_has_no_thread_left_goes_on(monkeypatch, caplog):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(nudging, "_under_way", defaultdict(threading.Lock))
    monkeypatch.setattr(threading.Thread, "start", refuse)
    nudging.nudge()
    assert "can't start new thread" in caplog.text
    assert not nudging._under_way[nudging.SEND_DUE].locked()


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_delays_nobody_and_the_sweep_sends(monkeypatch, sink):
    broker_at(monkeypatch, "redis://127.0.0.1:1/0")
    queue_message(to="jo@example.org", **LETTER)

    sending.send_due()
    assert sink.recipients == ["jo@example.org"]
    assert Delivery.objects.get().state == State.SENT


@pytest.mark.django_db(transaction=True)
def test_a_frozen_broker_delays_nobody_and_the_sweep_sends(monkeypatch, sink):
    monkeypatch.setattr(nudging, "WAIT_SECONDS", 0.05)
    with frozen_server() as port:
        broker_at(monkeypatch, f"redis://127.0.0.1:{port}/0")
        queue_message(to="jo@example.org", **LETTER)
        # The client still waits for the broker, but not the request that wrote the letter.
        assert nudging._under_way[nudging.SEND_DUE].locked()
        # Nor does whoever comes meanwhile.
        queue_message(to="kim@example.org", **LETTER)
        assert nudging._under_way[nudging.SEND_DUE].locked()

    sending.send_due()
    assert sorted(sink.recipients) == ["jo@example.org", "kim@example.org"]
