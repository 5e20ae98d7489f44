"""Databases and brokers that go away while letters are on their way, and come back."""

import pytest
import redis
from django.db import connection

from icrtop.mail.models import State
from tests.faults.outbox import assert_nothing_lost, have_it_sent, queue_bulletin, states
from tests.faults.processes import wait_until

pytestmark = pytest.mark.faults


def end_postgres(servers, how: str) -> None:
    connection.close()
    if how == "stopped":
        servers.stop_postgres()
    else:
        servers.kill_postgres()


@pytest.mark.parametrize("how", ["stopped", "killed"])
@pytest.mark.parametrize("step", ["MAIL", "DATA", "END"])
def test_a_database_that_restarts_makes_no_letter_uncertain(staff, sink, servers, step, how):
    sink.hold(step, after=30)
    worker = staff.worker()
    message = queue_bulletin(150)
    sink.wait_until_somebody_is_held()
    end_postgres(servers, how)
    # The worker hears what the mail server says, and has nowhere to write it down.
    sink.let_go()
    worker.wait_until_it_says("icrtop.mail.patience")
    servers.start_postgres()

    # It waits for the database, not for its lease.
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 150}
    staff.keep(worker)


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_database_that_restarts_whenever_it_likes(staff, sink, servers, how):
    worker = staff.worker()
    message = queue_bulletin(400)
    for letters in (20, 90, 200):
        sink.wait_until(lambda: len(sink.letters) >= letters)  # noqa: B023 # It is used at once.
        end_postgres(servers, how)
        servers.start_postgres()
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 400}
    staff.keep(worker)


def test_a_broker_that_restarts_stops_no_letter(staff, sink, servers):
    sink.hold("MAIL", after=30)
    worker = staff.worker()
    message = queue_bulletin(150)
    sink.wait_until_somebody_is_held()
    servers.kill_valkey()
    sink.let_go()
    # What it has begun needs no broker.
    sink.wait_until(lambda: len(sink.letters) == 150)
    servers.start_valkey()
    have_it_sent(message)

    # And it hears of the next message as before.
    another = queue_bulletin(0)
    have_it_sent(another)
    assert assert_nothing_lost(sink, message, another) == {State.SENT: 300}
    staff.keep(worker)


def test_a_broker_that_forgets_everything(staff, sink, servers):
    sink.hold("END", after=30)
    worker = staff.worker()
    message = queue_bulletin(150)
    sink.wait_until_somebody_is_held()
    redis.Redis.from_url(servers.redis_url).flushall()
    sink.let_go()
    have_it_sent(message)
    another = queue_bulletin(0)
    have_it_sent(another)
    assert assert_nothing_lost(sink, message, another) == {State.SENT: 300}
    staff.keep(worker)


def test_what_is_queued_without_a_broker_is_sent_by_the_sweep(staff, sink, servers):
    worker = staff.worker()
    staff.new_beat()
    servers.kill_valkey()
    message = queue_bulletin(60)
    assert states(message) == {State.PENDING: 60}
    servers.start_valkey()

    # Nobody asks for it but the clock.
    have_it_sent(message, waiting=False, asking=False)
    assert assert_nothing_lost(sink, message) == {State.SENT: 60}
    staff.keep(worker)


def test_letters_wait_while_nobody_knows_how_many_have_left(staff, sink, servers):
    sink.hold("MAIL", after=30)
    worker = staff.new_worker(env={"MAIL_RATE": "1000/second"})
    message = queue_bulletin(150)
    sink.wait_until_somebody_is_held()
    servers.kill_valkey()
    sink.let_go()
    worker.wait_until_it_says("the limits cannot be looked up")
    wait_until(lambda: states(message).keys() == {State.SENT, State.PENDING}, "It holds letters")
    without = states(message)[State.SENT]
    assert without < 150

    servers.start_valkey()
    have_it_sent(message)
    assert assert_nothing_lost(sink, message) == {State.SENT: 150}
