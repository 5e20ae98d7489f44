"""Mail servers that refuse, limit, hang up, and stop answering."""

import pytest

from icrtop.mail import control
from icrtop.mail.models import Message, State
from tests.faults.outbox import (
    LONG_TEXT,
    MOST_AT_ONCE,
    assert_nothing_lost,
    have_it_sent,
    queue_bulletin,
    states,
    wait_until_nobody_sends,
)
from tests.faults.processes import wait_until
from tests.mail.sink import HANG_UP

pytestmark = pytest.mark.faults

FOR_NOW = ["421 4.3.2 Shutting down", "450 4.2.0 Busy", "451 4.3.0 Not now", "452 4.2.2 Full"]


@pytest.mark.parametrize("answer", FOR_NOW)
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
def test_a_refusal_for_now_costs_no_letter(worker, sink, step, answer):
    sink.answer(step, *[answer] * 3, after=10)
    message = queue_bulletin(60)
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 60}


@pytest.mark.parametrize("answer", ["421 4.7.0 Too many connections", "554 No service", HANG_UP])
@pytest.mark.parametrize("after", [0, 10], ids=["at first", "later"])
def test_a_server_that_does_not_greet(worker, sink, answer, after):
    sink.answer("BANNER", *[answer] * 3, after=after)
    message = queue_bulletin(60)
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 60}


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_hangs_up_before_the_dot(worker, sink, step):
    sink.answer(step, *[HANG_UP] * 3, after=10)
    message = queue_bulletin(60)
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 60}


@pytest.mark.parametrize("step", ["BODY", "END"])
def test_a_server_that_hangs_up_when_the_letter_has_left(worker, sink, step):
    # A short letter has left in one piece before anybody hears of the server's leaving.
    sink.answer(step, *[HANG_UP] * 3, after=10)
    message = queue_bulletin(60)
    have_it_sent(message)
    tally = assert_nothing_lost(sink, message, uncertain_at_most=3)
    assert tally[State.SENT] + tally[State.UNCERTAIN] == 60
    assert tally[State.UNCERTAIN] == 3 or step == "BODY"


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("RCPT", "550 5.1.1 No such user"),
        ("RCPT", "550 No such user"),
        ("END", "550 5.1.1 No such user"),
        ("END", "552 5.2.2 Mailbox full"),
        ("END", "552 Mailbox full"),
    ],
)
def test_a_refusal_of_an_address_is_about_that_one(worker, sink, step, answer):
    sink.answer(step, answer, after=10)
    message = queue_bulletin(60)
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 59, State.FAILED: 1}


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("MAIL", "550 5.7.1 We do not know you"),
        ("RCPT", "554 5.7.1 Listed"),
        ("END", "550 Not this"),
        ("END", "554 5.7.1 This is spam"),
        ("END", "554 Transaction failed"),
    ],
)
def test_a_refusal_of_us_or_of_the_letter_pauses_the_message(worker, sink, step, answer):
    sink.answer(step, answer, after=10)
    message = queue_bulletin(60)
    wait_until(lambda: Message.objects.held().exists(), "It is not paused")
    wait_until_nobody_sends(message)
    assert states(message).keys() == {State.SENT, State.PENDING}
    assert answer in Message.objects.get().reason

    have_it_sent(message, paused=True)
    assert assert_nothing_lost(sink, message) == {State.SENT: 60}


def test_a_password_that_is_refused_pauses_until_it_is_right(worker, sink):
    sink.password = "another"
    message = queue_bulletin(60)
    wait_until(lambda: Message.objects.held().exists(), "It is not paused")
    wait_until_nobody_sends(message)
    assert states(message) == {State.PENDING: 60}
    assert "535" in Message.objects.get().reason

    sink.password = "right"
    assert control.resume(message) == 60
    have_it_sent(message, waiting=False)
    assert assert_nothing_lost(sink, message) == {State.SENT: 60}


@pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "pipelining"])
def test_a_server_that_takes_one_connection(worker, sink, pipelining):
    sink.pipelining = pipelining
    sink.most_connections = 1
    message = queue_bulletin(60)
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 60}


@pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "pipelining"])
@pytest.mark.parametrize("letters", [1, 5])
def test_a_server_that_takes_few_letters_over_one_connection(worker, sink, letters, pipelining):
    sink.pipelining = pipelining
    sink.letters_per_connection = letters
    message = queue_bulletin(60)
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 60}
    # It was not away: no letter had to wait for it.
    assert not message.deliveries.filter(releases__gt=0).exists()


@pytest.mark.parametrize(
    ("step", "after"),
    [("BANNER", 0), ("MAIL", 10), ("RCPT", 10), ("DATA", 10), ("DOT", 10), ("END", 10)],
)
def test_a_server_that_stops_answering(staff, sink, step, after):
    worker = staff.worker(loads="tests.faults.impatient")
    sink.hold(step, after=after)
    message = queue_bulletin(60)
    sink.wait_until_somebody_is_held()
    wait_until_nobody_sends(message)
    sink.let_go()
    have_it_sent(message)
    tally = assert_nothing_lost(
        sink, message, uncertain_at_most=MOST_AT_ONCE if step in ("DOT", "END") else 0
    )
    assert tally[State.SENT] + tally[State.UNCERTAIN] == 60
    staff.keep(worker)


def test_a_server_that_stops_reading_inside_a_letter(staff, sink):
    impatient = staff.worker(loads="tests.faults.impatient")
    sink.hold("BODY")
    message = queue_bulletin(4, text=LONG_TEXT)
    sink.wait_until_somebody_is_held()
    wait_until_nobody_sends(message)
    # The end of the letter has not left: it cannot have been accepted.
    assert State.UNCERTAIN not in states(message)
    impatient.kill()
    sink.let_go()

    worker = staff.worker()
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 4}
    staff.keep(worker)
