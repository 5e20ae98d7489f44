"""What is asked for more than once happens once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from icrtop.mail import nudging
from icrtop.mail.audiences import Audience
from icrtop.mail.models import Message, State
from icrtop.mail.services import queue_message
from newsletter.models import Subscriber
from tests.faults.outbox import (
    BULLETIN,
    assert_nothing_lost,
    have_it_sent,
    queue_bulletin,
    subscribe,
)

pytestmark = pytest.mark.faults

TASK = "icrtop.mail.tasks.send_due"


def queue_once(key: str) -> Message:
    return queue_message(to=Audience(Subscriber.objects.all()), key=key, **BULLETIN)


def send(request: HttpRequest) -> HttpResponse:
    """The button of a form that has got its key when it was shown."""
    with transaction.atomic():
        message = queue_once(request.POST["key"])
    return HttpResponse(message.pk)


urlpatterns = [path("send/", send)]


def both_at_once(*actions: Callable[[], object]) -> list[object]:
    """Do these in threads of their own, all at the same moment, and return what they return."""
    barrier = threading.Barrier(len(actions))
    results: list[object] = []

    def act(action: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(60)
            results.append(action())
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_what_is_queued_reaches_a_worker_at_once(staff, sink):
    worker = staff.worker()
    message = queue_bulletin(1)
    # Nobody asks again.
    have_it_sent(message, waiting=False, asking=False)
    assert assert_nothing_lost(sink, message) == {State.SENT: 1}
    staff.keep(worker)


@pytest.mark.parametrize("same", [True, False], ids=["one task", "five tasks"])
def test_a_task_that_is_delivered_five_times(staff, sink, same):
    other, worker = staff.new_worker(), staff.new_worker()
    sink.hold("END")
    message = queue_bulletin(300)
    sink.wait_until_somebody_is_held()
    of_the_first = sink.connections
    for number in range(5):
        nudging.app.send_task(TASK, task_id="task" if same else f"task {number}")
    # Another process sends beside the one that is held.
    sink.wait_until(lambda: sink.held > of_the_first)
    sink.let_go()
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 300}
    assert other.running
    staff.keep(worker)


def test_two_clocks(staff, sink):
    worker = staff.worker()
    staff.new_beat()
    staff.new_beat()
    message = queue_bulletin(200)
    have_it_sent(message, waiting=False, asking=False)
    assert assert_nothing_lost(sink, message) == {State.SENT: 200}
    staff.keep(worker)


def test_a_double_click_queues_one_message(staff, sink):
    subscribe(300)
    results = both_at_once(*[lambda: queue_once("x")] * 4)
    message = Message.objects.get()
    assert results == [message] * 4
    assert message.deliveries.count() == 300

    worker = staff.worker()
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 300}
    staff.keep(worker)


@pytest.mark.urls(__name__)
def test_two_posts_of_one_form_queue_one_message(staff, sink):
    subscribe(300)
    answers = both_at_once(*[lambda: Client().post("/send/", {"key": "x"}).content] * 2)
    message = Message.objects.get()
    assert answers == [str(message.pk).encode()] * 2

    worker = staff.worker()
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 300}
    staff.keep(worker)


def test_the_second_click_counts_if_the_first_came_to_nothing(staff):
    subscribe(300)
    queued, failed = threading.Event(), threading.Event()

    def fail() -> None:
        with transaction.atomic():
            queue_once("x")
            queued.set()
            transaction.set_rollback(True)
        failed.set()

    def succeed() -> Message:
        queued.wait(60)
        return queue_once("x")

    results = both_at_once(fail, succeed)
    assert failed.is_set()
    assert Message.objects.get() in results
    assert Message.objects.get().deliveries.count() == 300
