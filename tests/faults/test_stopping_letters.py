"""Pausing, cancelling and unsubscribing while letters leave: what has not begun stays here."""

import pytest

from icrtop.mail import control
from icrtop.mail.models import Delivery, Message, State, Suppression
from tests.faults.outbox import (
    MOST_AT_ONCE,
    assert_nothing_lost,
    have_it_sent,
    queue_bulletin,
    states,
    wait_until_nobody_sends,
)

pytestmark = pytest.mark.faults

BEGUN = (State.SENDING, State.SENT)
WITHDRAWN = {"withdraw": State.CANCELLED, "suppress": State.SUPPRESSED}


def stop(how: str, message: Message) -> None:
    assert getattr(control, how)(message, "Stop.")


def leave(how: str, address: str) -> None:
    if how == "withdraw":
        assert control.withdraw(address, "bulletin") == 1
    else:
        control.suppress(address, Suppression.Reason.COMPLAINED)


def begun(message: Message) -> set[str]:
    return set(message.deliveries.filter(state__in=BEGUN).values_list("address", flat=True))


@pytest.mark.parametrize(
    ("step", "pipelining"), [("MAIL", False), ("DATA", False), ("DATA", True), ("END", True)]
)
@pytest.mark.parametrize("how", ["pause", "cancel"])
def test_a_message_is_stopped_with_the_letters_on_their_way(worker, sink, how, step, pipelining):
    sink.pipelining = pipelining
    sink.hold(step, after=30)
    message = queue_bulletin(200)
    sink.wait_until_somebody_is_held()
    stop(how, message)
    last = begun(message)
    sink.let_go()
    wait_until_nobody_sends(message)
    # Not one that was not on its way already, also of those that the server had agreed to.
    assert set(sink.recipients) == last

    have_it_sent(message, paused=True)
    tally = assert_nothing_lost(sink, message)
    if how == "pause":
        assert tally == {State.SENT: 200}
    else:
        assert tally == {State.SENT: len(last), State.CANCELLED: 200 - len(last)}


@pytest.mark.parametrize("how", ["pause", "cancel"])
def test_a_message_that_is_stopped_at_any_moment(worker, sink, how):
    message = queue_bulletin(400)
    for letters in (40, 120):
        sink.wait_until(lambda: len(sink.letters) >= letters)  # noqa: B023 # It is used at once.
        stop(how, message)
        before = len(sink.letters)
        wait_until_nobody_sends(message)
        assert len(sink.letters) <= before + MOST_AT_ONCE
        if how == "cancel":
            break
        assert states(message).keys() == {State.SENT, State.PENDING}
        control.resume(message)
    have_it_sent(message)
    assert_nothing_lost(sink, message)


@pytest.mark.parametrize("step", ["MAIL", "DATA", "END"])
@pytest.mark.parametrize("how", WITHDRAWN)
def test_who_unsubscribes_while_a_bulletin_leaves_does_not_get_it(worker, sink, how, step):
    sink.hold(step, after=30)
    message = queue_bulletin(200)
    sink.wait_until_somebody_is_held()
    # Also those that the server is being asked about at this moment.
    claimed = message.deliveries.filter(state=State.CLAIMED).values_list("address", flat=True)
    waiting = message.deliveries.filter(state=State.PENDING).values_list("address", flat=True)
    leaving = {*claimed, *waiting[:20]}
    for address in leaving:
        leave(how, address)
    sink.let_go()
    have_it_sent(message)
    tally = assert_nothing_lost(sink, message)
    assert tally == {WITHDRAWN[how]: len(leaving), State.SENT: 200 - len(leaving)}
    assert leaving.isdisjoint(sink.recipients)


@pytest.mark.parametrize("how", WITHDRAWN)
def test_readers_who_unsubscribe_at_any_moment(worker, sink, how):
    message = queue_bulletin(300)
    sink.wait_until(lambda: len(sink.letters) >= 20)
    letters_when_left = {}
    for address in [f"reader{n}@example.org" for n in range(299, 0, -3)]:
        if how == "withdraw":
            control.withdraw(address, "bulletin")
        else:
            control.suppress(address, Suppression.Reason.COMPLAINED)
        letters_when_left[address] = len(sink.letters)
    have_it_sent(message)
    assert_nothing_lost(sink, message)
    arrived = {address: place for place, address in enumerate(sink.recipients)}
    late = {
        address
        for address, before in letters_when_left.items()
        if arrived.get(address, -1) >= before + MOST_AT_ONCE
    }
    assert not late
    stopped = Delivery.objects.filter(state=WITHDRAWN[how])
    assert {each.address for each in stopped} == letters_when_left.keys() - arrived.keys()
