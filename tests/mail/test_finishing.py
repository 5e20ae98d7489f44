"""When a message counts as finished, and how a cancelled one is emptied."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from icrtop.mail import claims, control, finishing, outcomes, sending
from icrtop.mail.models import LEASED, OPEN, Delivery, Message, State
from tests.factories.mail import DeliveryFactory, MessageFactory


def delivery_in(state: State, message: Message) -> Delivery:
    held = state in LEASED
    return DeliveryFactory(
        message=message,
        state=state,
        token="00000000-0000-0000-0000-000000000000" if held else None,
        lease_until=Now() + timedelta(minutes=1) if held else None,
    )


def tally_of(message: Message) -> dict[str, int] | None:
    """The tally of a finished message; None while it is open."""
    message.refresh_from_db()
    return message.tally if message.finished_at else None


@contextmanager
def in_thread(function, *args):
    """Run a function beside the block, which may stop it; wait for it afterwards."""
    errors = []

    def run():
        try:
            function(*args)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(20)
    assert not thread.is_alive()
    assert errors == []


def wait_until_done_or_held_up(thread: threading.Thread) -> None:
    """Until a thread is through, or some connection to this database waits for a lock."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _attempt in range(200):
        thread.join(0.05)
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0] or not thread.is_alive():
                return
    raise AssertionError("It is neither through nor held up by a lock.")


@pytest.mark.django_db
@pytest.mark.parametrize("state", OPEN)
def test_a_message_is_open_as_long_as_one_letter_is(state):
    message = MessageFactory()
    delivery_in(State.SENT, message)
    delivery_in(state, message)
    finishing.finish_messages()
    assert tally_of(message) is None


@pytest.mark.django_db
def test_a_message_is_finished_when_every_letter_is_and_keeps_their_number_by_state():
    message = MessageFactory()
    done = [state for state in State if state not in OPEN]
    for state in (*done, State.SENT):
        delivery_in(state, message)
    finishing.finish_messages()
    assert tally_of(message) == {state.value: 1 for state in done} | {"sent": 2}


@pytest.mark.django_db
def test_the_moment_a_message_was_finished_is_kept():
    message = MessageFactory()
    delivery_in(State.SENT, message)
    Message.objects.update(finished_at=Now() - timedelta(days=1))
    message.refresh_from_db()
    finished_at = message.finished_at
    finishing.finish_messages()
    message.refresh_from_db()
    assert message.finished_at == finished_at


@pytest.mark.django_db
def test_each_message_is_finished_for_itself():
    first, second = MessageFactory.create_batch(2)
    delivery_in(State.SENT, first)
    delivery_in(State.DEFERRED, second)
    finishing.finish_messages()
    assert tally_of(first) == {"sent": 1}
    assert tally_of(second) is None


@pytest.mark.django_db
def test_a_paused_message_is_finished_too_once_nothing_of_it_is_left():
    message = MessageFactory()
    delivery_in(State.SENT, message)
    control.pause(message, "Wait")
    finishing.finish_messages()
    assert tally_of(message) == {"sent": 1}
    assert list(Message.objects.held()) == []


@pytest.mark.django_db(transaction=True)
def test_a_run_finishes_what_it_has_sent(sink):
    message = MessageFactory()
    DeliveryFactory.create_batch(3, message=message)
    sink.answer("RCPT", "550 5.1.1 No such user")
    sending.send_due()
    assert tally_of(message) == {"sent": 2, "failed": 1}


@pytest.mark.django_db(transaction=True)
def test_whoever_sends_letters_again_meanwhile_keeps_the_message_open():
    message = MessageFactory()
    delivery_in(State.UNCERTAIN, message)
    counting, go_on = threading.Event(), threading.Event()

    def hold(execute, sql, params, many, context):
        if sql == finishing.FINISH:
            counting.set()
            assert go_on.wait(10)
        return execute(sql, params, many, context)

    def finish_slowly():
        with connection.execute_wrapper(hold):
            finishing.finish_messages()

    with in_thread(finish_slowly):
        assert counting.wait(10)
        with in_thread(control.send_again, message) as other:
            wait_until_done_or_held_up(other)
            go_on.set()
    assert tally_of(message) is None
    assert len(claims.claim(1)) == 1


@pytest.mark.django_db
def test_a_letter_that_appears_between_looking_and_counting_keeps_the_message_open():
    message = MessageFactory()
    delivery_in(State.SENT, message)

    def add_before_counting(execute, sql, params, many, context):
        if sql == finishing.FINISH:
            delivery_in(State.PENDING, message)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(add_before_counting):
        finishing.finish_messages()
    assert message.deliveries.count() == 2
    assert tally_of(message) is None


@pytest.mark.django_db(transaction=True)
def test_a_message_that_somebody_is_opening_again_is_left_for_the_next_time():
    message = MessageFactory()
    delivery_in(State.UNCERTAIN, message)
    with transaction.atomic():
        control.send_again(message)
        with in_thread(finishing.finish_messages):
            pass
    assert tally_of(message) is None
    finishing.finish_messages()
    assert tally_of(message) is None


@pytest.mark.django_db(transaction=True)
def test_a_late_refusal_for_now_beside_the_finishing_leaves_the_message_open():
    message = MessageFactory()
    DeliveryFactory(message=message)
    (held,) = claims.claim(1)
    outcomes.begin_sending([held])
    Delivery.objects.update(lease_until=Now() - timedelta(seconds=1))
    claims.expire_leases()
    counted, go_on = threading.Event(), threading.Event()

    def hold(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql == finishing.FINISH:
            counted.set()
            assert go_on.wait(10)
        return result

    def finish_slowly():
        with connection.execute_wrapper(hold):
            finishing.finish_messages()

    with in_thread(finish_slowly):
        assert counted.wait(10)
        with in_thread(outcomes.record_deferred, held, "450 Later") as other:
            wait_until_done_or_held_up(other)
            go_on.set()
    assert tally_of(message) is None


@pytest.mark.django_db(transaction=True)
def test_a_long_message_that_was_cancelled_is_emptied_by_the_sweep(monkeypatch, sink):
    monkeypatch.setattr(finishing, "CANCEL_CHUNK", 3)
    message = MessageFactory()
    DeliveryFactory.create_batch(11, message=message)
    assert control.cancel(message, "Wrong date")
    states = list(message.deliveries.values_list("state", flat=True))
    assert (states.count(State.CANCELLED), states.count(State.PENDING)) == (3, 8)
    assert tally_of(message) is None
    assert claims.claim(20) == []

    sending.send_due()
    assert tally_of(message) == {"cancelled": 11}
    assert set(message.deliveries.values_list("reason", flat=True)) == {"Wrong date"}
    assert sink.connections == 0


@pytest.mark.django_db
def test_cancelling_takes_letters_from_workers_but_not_those_that_are_leaving():
    message = MessageFactory()
    states = [State.PENDING, State.DEFERRED, State.CLAIMED, State.SENDING, State.SENT]
    deliveries = [delivery_in(state, message) for state in states]
    control.cancel(message, "Wrong")
    finishing.cancel_waiting()
    for delivery in deliveries:
        delivery.refresh_from_db()
    assert [each.state for each in deliveries] == [*[State.CANCELLED] * 3, *states[3:]]
    assert {(each.token, each.lease_until) for each in deliveries[:3]} == {(None, None)}
    finishing.finish_messages()
    assert tally_of(message) is None


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_a_worker_just_locks_is_cancelled_by_the_next_sweep():
    message = MessageFactory()
    locked, _other = DeliveryFactory.create_batch(2, message=message)
    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=locked.pk)
        # Whoever waited for the row would wait for ever.
        with in_thread(control.cancel, message, "Wrong"):
            pass
        assert message.deliveries.filter(state=State.CANCELLED).count() == 1
    finishing.cancel_waiting()
    assert message.deliveries.filter(state=State.CANCELLED).count() == 2


@pytest.mark.django_db
def test_a_letter_that_comes_back_to_a_cancelled_message_is_cancelled_too():
    message = MessageFactory()
    DeliveryFactory(message=message)
    (held,) = claims.claim(1)
    outcomes.begin_sending([held])
    control.cancel(message, "Wrong")
    outcomes.record_deferred(held, "450 Later")
    finishing.cancel_waiting()
    finishing.finish_messages()
    assert tally_of(message) == {"cancelled": 1}
