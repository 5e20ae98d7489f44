"""Real workers, killed at the worst moments."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.db import connection
from django.db.models.functions import Now

from icrtop.mail import nudging, sending
from icrtop.mail.models import LEASED, Delivery, State
from icrtop.mail.services import queue_message
from tests.factories.mail import DeliveryFactory
from tests.mail.sink import Sink, running_sink

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

QUEUE = "test-faults-mail"
SET_UP = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
"""
RUN_ONCE = SET_UP + "from icrtop.mail.tasks import send_due; send_due()"
RUN_WORKER = SET_UP + (
    f"from icrtop.celery import app; app.conf.task_default_queue = '{QUEUE}';"
    "app.worker_main(['worker', '--pool=solo', '--loglevel=WARNING', '--without-mingle'])"
)


@pytest.fixture
def sink(settings):
    with running_sink() as sink:
        settings.SMTP_URL = sink.url
        yield sink


@contextmanager
def process(sink: Sink, code: str):
    """A process of its own on this test's database."""
    started = subprocess.Popen(
        [sys.executable, "-c", code, connection.settings_dict["NAME"]],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "icrtop.settings.test",
            "SMTP_URL": sink.url,
        },
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait(10)


def let_leases_expire() -> None:
    Delivery.objects.filter(state__in=LEASED).update(lease_until=Now() - timedelta(seconds=1))


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("address", "state"))


def test_a_worker_killed_after_the_dot_leaves_one_letter_uncertain_and_none_twice(sink):
    first, *others = DeliveryFactory.create_batch(5)
    sink.hold_end = True
    with process(sink, RUN_ONCE) as worker:
        assert sink.at_end.wait(30)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    sink.hold_end = False
    assert sorted(states().values()) == [State.CLAIMED] * 4 + [State.SENDING]

    # Until its lease is over, nobody knows that the worker is dead.
    sending.send_due()
    assert sink.recipients == [first.address]

    let_leases_expire()
    sending.send_due()
    assert states() == {
        first.address: State.UNCERTAIN,
        **{each.address: State.SENT for each in others},
    }
    assert sorted(sink.recipients) == sorted(each.address for each in [first, *others])


def test_a_worker_that_was_frozen_past_its_lease_sends_nothing_twice(sink):
    first, *others = DeliveryFactory.create_batch(4)
    sink.hold_end = True
    with process(sink, RUN_ONCE) as worker:
        assert sink.at_end.wait(30)
        worker.send_signal(signal.SIGSTOP)
        sink.hold_end = False
        let_leases_expire()
        sending.send_due()
        assert states()[first.address] == State.UNCERTAIN
        worker.send_signal(signal.SIGCONT)
        sink.let_go()
        worker.wait(30)
        assert worker.returncode == 0
    # The worker has come back and has said what the server said.
    assert set(states().values()) == {State.SENT}
    assert sorted(sink.recipients) == sorted(each.address for each in [first, *others])


def test_what_is_queued_reaches_a_real_worker_at_once(sink, monkeypatch):
    # A queue of its own: this test's worker must not take the tasks of another.
    app = Celery("queueing", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.task_default_queue = QUEUE
    monkeypatch.setattr(nudging, "app", app)
    sink.hold_end = True  # So that its arrival can be waited for.
    with process(sink, RUN_WORKER) as worker:
        queue_message(
            to="jo@example.org", subject="Hello", purpose="test", html="<p>Hello</p>", text="Hello"
        )
        assert sink.at_end.wait(30)
        sink.let_go()
        # Asked to stop, it finishes what it began.
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
    assert states() == {"jo@example.org": State.SENT}
