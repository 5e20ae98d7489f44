"""What became of a letter, as it is recorded: once, by the worker whose letter it is."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from icrtop.mail import claims, control, finishing, outcomes
from icrtop.mail.models import LEASED, Delivery, Message, State
from tests.factories.mail import DeliveryFactory, MessageFactory

pytestmark = pytest.mark.django_db


def let_leases_expire() -> None:
    Delivery.objects.filter(state__in=LEASED).update(lease_until=Now() - timedelta(seconds=1))


def state_of(delivery: Delivery) -> str:
    return Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk)


def begun(number: int = 1, **values: object) -> list[Delivery]:
    """Letters of one message that are just leaving, as their worker knows them."""
    DeliveryFactory.create_batch(number, message=MessageFactory(), **values)
    held = claims.claim(number)
    assert outcomes.begin_sending(held) == {each.pk for each in held}
    return held


def uncertain() -> Delivery:
    """A letter that was leaving when its worker was thought dead."""
    (held,) = begun()
    let_leases_expire()
    claims.expire_leases()
    assert state_of(held) == State.UNCERTAIN
    return held


def test_a_letter_that_begins_is_leased_anew():
    DeliveryFactory()
    (held,) = claims.claim(1)
    Delivery.objects.update(lease_until=Now() + timedelta(seconds=30))
    assert outcomes.begin_sending([held]) == {held.pk}
    delivery = Delivery.objects.get()
    assert delivery.state == State.SENDING
    assert delivery.token == held.token
    assert delivery.lease_until - delivery.changed == claims.LEASE


def test_one_statement_notes_what_was_sent_and_what_leaves_next(django_assert_num_queries):
    first, second = begun(2)
    DeliveryFactory.create_batch(2)
    third, fourth = claims.claim(2)
    with django_assert_num_queries(1):
        may_leave = outcomes.begin_sending(
            [third, fourth], [(first, "250 One"), (second, "250 Two")]
        )
    assert may_leave == {third.pk, fourth.pk}
    sent = Delivery.objects.filter(state=State.SENT).order_by("pk")
    assert [(each.pk, each.server_reply) for each in sent] == [
        (first.pk, "250 One"),
        (second.pk, "250 Two"),
    ]
    assert {(each.attempts, each.lease_until, each.token) for each in sent} == {
        (1, None, first.token)
    }


def test_what_is_sent_does_not_count_as_allowed_to_leave():
    (held,) = begun()
    assert outcomes.begin_sending([], [(held, "250 OK")]) == set()


def test_nothing_to_note_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        outcomes.record_sent([])


def test_a_letter_of_a_message_that_was_paused_since_does_not_leave():
    delivery = DeliveryFactory()
    held = claims.claim(1)
    control.pause(delivery.message, "Wait")
    assert outcomes.begin_sending(held) == set()
    assert state_of(delivery) == State.PENDING


def test_a_letter_of_a_message_that_was_cancelled_since_does_not_leave():
    delivery = DeliveryFactory()
    held = claims.claim(1)
    control.cancel(delivery.message, "Wrong")
    assert outcomes.begin_sending(held) == set()
    assert state_of(delivery) == State.CANCELLED


def test_a_letter_that_was_withdrawn_since_does_not_leave_while_others_do():
    message = MessageFactory(list_id="news.example.org")
    gone, other = DeliveryFactory.create_batch(2, message=message)
    held = claims.claim(2)
    control.withdraw(gone.address, "news.example.org")
    assert outcomes.begin_sending(held) == {other.pk}
    assert state_of(gone) == State.CANCELLED


def test_a_letter_whose_lease_ran_out_does_not_leave_even_if_nobody_noticed():
    delivery = DeliveryFactory()
    held = claims.claim(1)
    let_leases_expire()
    assert outcomes.begin_sending(held) == set()
    assert state_of(delivery) == State.CLAIMED


def test_a_letter_that_another_worker_holds_by_now_does_not_leave():
    delivery = DeliveryFactory()
    old = claims.claim(1)
    let_leases_expire()
    claims.expire_leases()
    new = claims.claim(1)
    assert outcomes.begin_sending(old) == set()
    assert outcomes.begin_sending(new) == {delivery.pk}
    assert outcomes.begin_sending(old) == set()
    assert Delivery.objects.get().token == new[0].token


def test_to_begin_again_after_a_commit_that_was_not_heard_of_changes_nothing():
    DeliveryFactory.create_batch(2)
    first, second = claims.claim(2)
    outcomes.begin_sending([first])
    # The commit of this one is done, but the connection is lost over it: it is repeated.
    for _attempt in range(2):
        assert outcomes.begin_sending([second], [(first, "250 OK")]) == {second.pk}
    sent = Delivery.objects.get(pk=first.pk)
    assert (sent.state, sent.attempts, sent.server_reply) == (State.SENT, 1, "250 OK")
    assert state_of(second) == State.SENDING


def test_a_second_report_of_a_sent_letter_alarms_nobody(caplog):
    (held,) = begun()
    outcomes.record_sent([(held, "250 OK")])
    outcomes.record_sent([(held, "250 OK")])
    assert caplog.records == []


def test_a_report_that_comes_twice_leaves_a_finished_message_alone():
    (held,) = begun()
    outcomes.record_sent([(held, "250 OK")])
    finishing.finish_messages()
    before = Message.objects.get().finished_at
    outcomes.record_sent([(held, "250 OK")])
    assert Message.objects.get().finished_at == before


def test_a_letter_cannot_be_sent_before_it_was_noted_that_it_leaves(caplog):
    delivery = DeliveryFactory()
    (held,) = claims.claim(1)
    outcomes.record_sent([(held, "250 OK")])
    assert state_of(delivery) == State.CLAIMED
    assert "no longer this worker's" in caplog.text


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (lambda held: outcomes.record_sent([(held, "250 OK")]), State.SENT),
        (lambda held: outcomes.record_failed(held, "550 No", ""), State.FAILED),
        (lambda held: outcomes.record_deferred(held, "450 Later"), State.DEFERRED),
        (lambda held: outcomes.record_put_back(held, "554 Spam"), State.PENDING),
    ],
    ids=["sent", "failed", "deferred", "held"],
)
def test_a_worker_thought_dead_may_still_say_what_the_server_said(record, state):
    held = uncertain()
    record(held)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (state, 1)
    assert delivery.server_reply != ""


def test_a_late_report_puts_the_tally_of_a_finished_message_right():
    held = uncertain()
    finishing.finish_messages()
    message = Message.objects.get()
    assert (bool(message.finished_at), message.tally) == (True, {"uncertain": 1})

    outcomes.record_sent([(held, "250 OK")])
    finishing.finish_messages()
    message.refresh_from_db()
    assert (bool(message.finished_at), message.tally) == (True, {"sent": 1})
    assert Delivery.objects.get().reason == ""


def test_a_late_refusal_for_now_opens_a_finished_message_until_the_letter_is_sent():
    held = uncertain()
    finishing.finish_messages()
    outcomes.record_deferred(held, "450 Later")
    finishing.finish_messages()
    assert Message.objects.get().finished_at is None

    Delivery.objects.update(next_attempt_at=Now())
    (again,) = claims.claim(1)
    outcomes.begin_sending([again])
    outcomes.record_sent([(again, "250 OK")])
    finishing.finish_messages()
    message = Message.objects.get()
    assert (bool(message.finished_at), message.tally) == (True, {"sent": 1})


def test_a_worker_thought_dead_has_nothing_to_say_once_the_letter_is_sent_again(caplog):
    held = uncertain()
    control.send_again(held.message)
    outcomes.record_sent([(held, "250 OK")])
    assert not outcomes.record_deferred(held, "450 Later")
    assert not outcomes.record_failed(held, "550 No", "")
    assert not outcomes.record_put_back(held, "554 Spam")
    assert not outcomes.record_uncertain(held, "Lost")
    assert state_of(held) == State.PENDING
    assert "no longer this worker's" in caplog.text


def test_a_worker_thought_dead_does_not_speak_for_the_one_that_sends_now():
    held = uncertain()
    control.send_again(held.message)
    (new,) = claims.claim(1)
    outcomes.begin_sending([new])
    outcomes.record_sent([(held, "250 OK")])
    assert not outcomes.record_failed(held, "550 No", "")
    assert state_of(held) == State.SENDING


@pytest.mark.parametrize(
    "record",
    [
        lambda held: outcomes.record_failed(held, "550 No", ""),
        lambda held: outcomes.record_deferred(held, "450 Later"),
        lambda held: outcomes.record_put_back(held, "554 Spam"),
        lambda held: outcomes.record_uncertain(held, "Lost"),
    ],
)
def test_what_was_accepted_stays_accepted(record):
    (held,) = begun()
    outcomes.record_sent([(held, "250 OK")])
    assert not record(held)
    assert state_of(held) == State.SENT


@pytest.mark.parametrize(("attempts", "wait"), [*enumerate((5, 15, 30, 60, 120, 240, 240))])
def test_each_refusal_for_now_makes_the_next_try_later(attempts, wait):
    (held,) = begun(attempts=attempts)
    assert outcomes.record_deferred(held, "450 Later")
    delivery = Delivery.objects.get()
    assert delivery.state == State.DEFERRED
    assert delivery.next_attempt_at - delivery.changed == timedelta(minutes=wait)
    assert delivery.attempts == attempts + 1


def test_a_letter_that_was_refused_for_three_days_is_given_up():
    (held,) = begun(attempts=25, created=timezone.now() - timedelta(days=4))
    assert outcomes.record_deferred(held, "450 4.2.2 Mailbox full")
    delivery = Delivery.objects.get()
    assert delivery.state == State.FAILED
    assert delivery.server_reply == "450 4.2.2 Mailbox full"
    assert delivery.reason == "The mail server has refused it for 3 days."


def test_a_letter_that_waited_for_its_time_is_not_given_up_at_its_first_refusal():
    (held,) = begun(created=timezone.now() - timedelta(days=4))
    outcomes.record_deferred(held, "450 Later")
    assert state_of(held) == State.DEFERRED


def test_a_letter_refused_for_what_it_says_waits_behind_the_others_of_its_message():
    first, second = begun(2)
    others = Delivery.objects.get(pk=second.pk).next_attempt_at
    assert outcomes.record_put_back(first, "554 5.7.1 Spam")
    held = Delivery.objects.get(pk=first.pk)
    assert (held.state, held.token, held.lease_until) == (State.PENDING, None, None)
    assert held.server_reply == "554 5.7.1 Spam"
    assert held.next_attempt_at > others
    assert held.next_attempt_at - held.changed == outcomes.WAITS[0]


def test_a_letter_refused_three_times_for_what_it_says_is_given_up():
    delivery = DeliveryFactory()
    states = []
    for _attempt in range(outcomes.REFUSALS_FOR_GOOD):
        Delivery.objects.update(next_attempt_at=Now())
        (held,) = claims.claim(1)
        outcomes.begin_sending([held])
        outcomes.record_put_back(held, "554 5.7.1 Spam")
        states.append(state_of(delivery))
    assert states == [State.PENDING, State.PENDING, State.FAILED]
    delivery.refresh_from_db()
    assert delivery.reason == "The mail server refuses what the letter says."
    assert delivery.server_reply == "554 5.7.1 Spam"


@pytest.mark.parametrize(("refusals", "state"), [(1, State.PENDING), (2, State.FAILED)])
def test_refusals_for_now_are_not_held_against_what_a_letter_says(refusals, state):
    (held,) = begun(attempts=9, refusals=refusals, server_reply="451 Later")
    outcomes.record_put_back(held, "554 5.7.1 Spam")
    assert state_of(held) == state


def test_a_letter_that_left_without_an_answer_is_left_to_a_person():
    (held,) = begun()
    assert outcomes.record_uncertain(held, "Connection reset")
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.lease_until) == (State.UNCERTAIN, None)
    assert delivery.server_reply == "Connection reset"
    assert "may have arrived" in delivery.reason
    assert claims.claim(1) == []


def test_a_letter_that_has_not_left_cannot_be_uncertain():
    delivery = DeliveryFactory()
    (held,) = claims.claim(1)
    assert not outcomes.record_uncertain(held, "Connection reset")
    assert state_of(delivery) == State.CLAIMED
