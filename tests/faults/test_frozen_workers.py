"""Workers that hang for longer than their lease, and workers that are asked to stop."""

import pytest

from icrtop.mail.models import LEASED, State
from tests.faults.outbox import (
    assert_nothing_lost,
    have_it_sent,
    let_leases_expire,
    queue_bulletin,
    states,
)
from tests.faults.processes import wait_until

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    ("step", "after", "pipelining"),
    [
        ("MAIL", 0, False),
        ("DATA", 30, True),
        ("END", 30, False),
        ("END", 30, True),
    ],
)
def test_a_worker_frozen_past_its_lease_sends_nothing_twice(staff, sink, step, after, pipelining):
    sink.pipelining = pipelining
    sink.hold(step, after=after)
    frozen = staff.worker()
    message = queue_bulletin(60)
    sink.wait_until_somebody_is_held()
    frozen.freeze()
    sink.let_go()

    let_leases_expire()
    other = staff.new_worker()
    have_it_sent(message)
    meanwhile = states(message)
    assert meanwhile[State.SENT] + meanwhile[State.UNCERTAIN] == 60
    assert meanwhile[State.UNCERTAIN] or step != "END"

    frozen.thaw()
    # It comes back, is told that its letters are no longer its own, and says what it knows.
    wait_until(lambda: not states(message)[State.UNCERTAIN], "It says nothing")
    sink.wait_until(lambda: not sink.open)
    have_it_sent(message)
    tally = assert_nothing_lost(sink, message)
    assert tally == {State.SENT: 60}
    staff.keep(other)


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_a_worker_that_is_asked_to_stop_finishes_what_it_has_begun(staff, sink, pool):
    sink.hold("END", after=20)
    # Its time to send is over with the letters that are held.
    leaving = staff.new_worker(pool=pool, loads="tests.faults.short_of_time")
    message = queue_bulletin(100)
    sink.wait_until_somebody_is_held()
    leaving.ask_to_stop()
    sink.let_go()
    assert leaving.wait_for_its_end() == 0

    left = states(message)
    assert left.keys() <= {State.SENT, State.PENDING}
    assert left[State.SENT] == len(sink.letters) < 100
    assert not message.deliveries.filter(state__in=LEASED).exists()

    # No lease has to run out before the next one goes on, and no letter waits for anything.
    successor = staff.worker()
    have_it_sent(message, waiting=False)
    tally = assert_nothing_lost(sink, message)
    assert tally == {State.SENT: 100}
    staff.keep(successor)
