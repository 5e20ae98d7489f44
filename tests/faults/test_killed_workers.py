"""Workers that are killed at the worst moments, as the kernel does when memory is short."""

import pytest

from icrtop.mail import nudging
from icrtop.mail.models import State
from tests.faults.outbox import (
    LONG_TEXT,
    MOST_AT_ONCE,
    assert_nothing_lost,
    have_it_sent,
    let_leases_expire,
    queue_bulletin,
    states,
)

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    ("step", "after", "pipelining"),
    [
        ("MAIL", 0, False),
        ("MAIL", 30, True),
        ("RCPT", 0, True),
        ("RCPT", 30, False),
        ("DATA", 0, True),
        ("DATA", 30, False),
        ("DATA", 30, True),
    ],
)
def test_a_worker_killed_before_a_letter_leaves(staff, sink, step, after, pipelining):
    sink.pipelining = pipelining
    sink.hold(step, after=after)
    victim = staff.worker()
    message = queue_bulletin(60)
    sink.wait_until_somebody_is_held()
    victim.kill()
    connections = sink.connections
    sink.let_go()

    let_leases_expire()
    successor = staff.worker()
    have_it_sent(message)
    # Those before had been accepted, but not yet noted: that is done with the next ones.
    tally = assert_nothing_lost(sink, message, uncertain_at_most=connections if after else 0)
    assert len(sink.letters) == 60
    assert tally[State.SENT] + tally[State.UNCERTAIN] == 60
    staff.keep(successor)


def test_a_worker_killed_inside_a_letter(staff, sink):
    sink.hold("BODY")
    victim = staff.worker()
    message = queue_bulletin(6, text=LONG_TEXT)
    sink.wait_until_somebody_is_held()
    victim.kill()
    on_their_way = states(message)[State.SENDING]
    sink.let_go()
    # What the system still has of these letters arrives.
    sink.wait_until(lambda: not sink.open)
    assert not sink.letters, "The letter was not long enough to be stuck in"

    let_leases_expire()
    successor = staff.worker()
    have_it_sent(message)
    tally = assert_nothing_lost(sink, message, uncertain_at_most=on_their_way)
    # Nobody can know that their ends have not left.
    assert tally[State.UNCERTAIN] == on_their_way >= 1
    staff.keep(successor)


@pytest.mark.parametrize(("after", "pipelining"), [(0, False), (30, False), (30, True)])
def test_a_worker_killed_after_the_dot(staff, sink, after, pipelining):
    sink.pipelining = pipelining
    sink.hold("END", after=after)
    victim = staff.worker()
    message = queue_bulletin(60)
    sink.wait_until_somebody_is_held()
    victim.kill()
    on_their_way = states(message)[State.SENDING]
    assert 1 <= on_their_way <= sink.connections
    sink.let_go()

    # Until its lease is over, nobody knows that the worker is dead.
    successor = staff.worker()
    let_leases_expire()
    have_it_sent(message)
    tally = assert_nothing_lost(sink, message, uncertain_at_most=on_their_way)
    assert tally == {State.SENT: 60 - on_their_way, State.UNCERTAIN: on_their_way}
    staff.keep(successor)


def test_workers_that_are_killed_again_and_again(staff, sink):
    message = None
    uncertain = 0
    for letters in (25, 110, 200):
        victim = staff.worker()
        message = message or queue_bulletin(300)
        nudging.nudge()
        before = sink.connections
        sink.wait_until(lambda: len(sink.letters) >= letters)  # noqa: B023 # It is used at once.
        victim.kill()
        uncertain += min(sink.connections - before, MOST_AT_ONCE)
        let_leases_expire()
    successor = staff.worker()
    have_it_sent(message)
    assert_nothing_lost(sink, message, uncertain_at_most=uncertain)
    staff.keep(successor)
