"""What people do with messages on their way, and what becomes of letters that a worker holds."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from icrtop.mail import claims, control, finishing, nudging, outcomes, sending
from icrtop.mail.models import LEASED, UNSENT, Delivery, Message, State, Suppression
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.mail.outbox import letter, one_of_each, reload, states, unchanged

pytestmark = pytest.mark.django_db

SETTLED = [state for state in State if state not in UNSENT and state not in LEASED]


@pytest.fixture
def message() -> Message:
    return MessageFactory()


@pytest.fixture
def finished() -> Message:
    return MessageFactory(finished_at=Now(), tally={"sent": 1})


@pytest.fixture
def nudges(monkeypatch, django_capture_on_commit_callbacks) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(nudging, "nudge", lambda: told.append("now"))
    return told


def test_pausing_takes_letters_back_from_workers_but_not_those_being_sent(message):
    letters = one_of_each(message)
    assert control.pause(message, "A wrong date.") is True
    assert states(letters) == unchanged(CLAIMED=State.PENDING)
    taken_back = Delivery.objects.get(pk=letters[State.CLAIMED].pk)
    assert (taken_back.token, taken_back.lease_until) == (None, None)
    paused = reload(message)
    assert paused.paused_at is not None
    assert paused.reason == "A wrong date."
    assert list(Message.objects.held()) == [message]


def test_nothing_of_a_paused_message_is_claimed_and_others_go_on(message):
    DeliveryFactory.create_batch(3, message=message)
    other = DeliveryFactory()
    control.pause(message, "Wait.")
    assert claims.claim(10) == [other]


def test_a_letter_that_was_taken_back_cannot_be_sent_by_whoever_held_it(message):
    DeliveryFactory(message=message)
    held = claims.claim(10)
    control.pause(message, "Wait.")
    assert outcomes.begin_sending(held) == set()
    control.resume(message)
    assert len(claims.claim(10)) == 1
    assert outcomes.begin_sending(held) == set()


def test_pausing_twice_keeps_the_first_reason(message):
    DeliveryFactory(message=message)
    assert control.pause(message, "First.") is True
    since = reload(message).paused_at
    assert control.pause(message, "Second.") is True
    assert (reload(message).reason, reload(message).paused_at) == ("First.", since)


def test_what_is_finished_or_cancelled_cannot_be_paused_or_resumed_or_cancelled(finished):
    cancelled = MessageFactory(cancelled_at=Now(), reason="Sent by mistake.")
    letters = one_of_each(cancelled)
    for each in (finished, cancelled):
        before = Message.objects.values().get(pk=each.pk)
        assert control.pause(each, "Wait.") is False
        assert control.resume(each) == 0
        assert control.cancel(each, "No.") is False
        assert Message.objects.values().get(pk=each.pk) == before
    assert states(letters) == unchanged()


def test_resuming_says_how_many_letters_are_to_be_sent_and_workers_find_them(message):
    letters = one_of_each(message)
    control.pause(message, "Wait.")
    assert control.resume(message) == 3  # Pending, deferred, and once claimed.
    assert states(letters) == unchanged(CLAIMED=State.PENDING)
    resumed = reload(message)
    assert (resumed.paused_at, resumed.reason) == (None, "")
    assert {each.pk for each in claims.claim(10)} == {
        letters[state].pk for state in (State.PENDING, State.DEFERRED, State.CLAIMED)
    }
    assert control.resume(message) == 0


def test_resuming_tells_the_workers(message, nudges, django_capture_on_commit_callbacks):
    DeliveryFactory(message=message)
    with django_capture_on_commit_callbacks(execute=True):
        control.pause(message, "Wait.")
    assert nudges == []
    with django_capture_on_commit_callbacks(execute=True):
        control.resume(message)
    assert nudges == ["now"]


def test_a_message_that_missed_its_time_waits_and_is_not_asked_about_twice(settings):
    settings.MAIL_MISSED_AFTER_HOURS = 6
    missed = MessageFactory(scheduled_for=Now() - timedelta(hours=7))
    soon_enough = MessageFactory(scheduled_for=Now() - timedelta(hours=5))
    begun = MessageFactory(
        scheduled_for=Now() - timedelta(days=2), started_at=Now() - timedelta(days=2)
    )
    unscheduled = MessageFactory()
    later = MessageFactory(scheduled_for=Now() + timedelta(days=1))
    for each in (missed, soon_enough, begun, unscheduled, later):
        DeliveryFactory(message=each)

    assert control.hold_missed() == 1
    assert control.hold_missed() == 0
    assert list(Message.objects.held()) == [missed]
    assert "Is it still right?" in reload(missed).reason
    assert {each.message_id for each in claims.claim(10)} == {
        soon_enough.pk,
        begun.pk,
        unscheduled.pk,
    }

    assert control.resume(missed) == 1
    assert control.hold_missed() == 0
    assert [each.message_id for each in claims.claim(10)] == [missed.pk]


def test_a_message_that_was_resumed_before_its_time_can_still_miss_it():
    message = MessageFactory(scheduled_for=Now() + timedelta(days=1))
    DeliveryFactory(message=message)
    control.pause(message, "Wait.")
    control.resume(message)
    assert reload(message).started_at is None

    Message.objects.update(scheduled_for=Now() - timedelta(days=1))
    assert claims.claim(10) == []
    assert control.hold_missed() == 1


def test_a_message_that_missed_its_time_and_is_cancelled_waits_for_nobody():
    message = MessageFactory(scheduled_for=Now() - timedelta(days=1))
    DeliveryFactory(message=message)
    control.hold_missed()
    control.cancel(message, "Too late.")
    assert not Message.objects.held().exists()
    assert control.hold_missed() == 0
    assert reload(message).reason == "Too late."


def test_cancelling_takes_back_what_has_not_left(message):
    letters = one_of_each(message)
    assert control.cancel(message, "Sent by mistake.") is True
    expected = unchanged(PENDING=State.CANCELLED, DEFERRED=State.CANCELLED, CLAIMED=State.CANCELLED)
    assert states(letters) == expected
    cancelled = Delivery.objects.get(pk=letters[State.CLAIMED].pk)
    assert (cancelled.token, cancelled.lease_until) == (None, None)
    assert cancelled.reason == "Sent by mistake."
    assert message.cancelled_at is not None
    assert control.cancel(message, "Again.") is False
    assert reload(message).reason == "Sent by mistake."


def test_cancelling_a_paused_message_ends_it(message):
    waiting = DeliveryFactory(message=message)
    control.pause(message, "Wait.")
    assert control.cancel(message, "No.") is True
    assert Delivery.objects.get(pk=waiting.pk).state == State.CANCELLED
    finishing.finish_messages()
    assert reload(message).tally == {"cancelled": 1}
    assert not Message.objects.held().exists()


def test_a_letter_that_was_cancelled_cannot_be_sent_by_whoever_held_it(message):
    DeliveryFactory(message=message)
    held = claims.claim(10)
    control.cancel(message, "No.")
    assert outcomes.begin_sending(held) == set()


def test_what_is_left_of_a_long_cancelled_message_is_marked_by_workers(message, monkeypatch, sink):
    monkeypatch.setattr(finishing, "CANCEL_CHUNK", 2)
    DeliveryFactory.create_batch(5, message=message)
    control.cancel(message, "No.")
    assert message.deliveries.filter(state=State.CANCELLED).count() == 2
    assert claims.claim(10) == []
    sending.send_due()
    assert reload(message).tally == {"cancelled": 5}
    assert not sink.letters


def test_letters_that_were_refused_for_now_are_tried_at_once(message):
    later = Now() + timedelta(hours=4)
    letters = {state: letter(state, message, next_attempt_at=later) for state in State}
    other = letter(State.DEFERRED, next_attempt_at=later)
    assert control.retry_deferred(message) == 1
    assert states(letters) == unchanged()
    assert [each.pk for each in claims.claim(10)] == [letters[State.DEFERRED].pk]
    assert Delivery.objects.get(pk=other.pk).state == State.DEFERRED
    assert control.retry_deferred(message) == 0


def test_letters_that_may_have_arrived_are_sent_again_when_a_person_says_so(message):
    letters = one_of_each(message)
    assert control.send_again(message) == 1
    assert states(letters) == unchanged(UNCERTAIN=State.PENDING)
    assert control.send_again(message) == 0


def test_sending_again_opens_a_message_that_was_finished(finished, sink):
    again = letter(State.UNCERTAIN, finished, reason="It may have arrived.", token=uuid.uuid4())
    assert control.send_again(finished) == 1
    again.refresh_from_db()
    assert (again.token, again.reason) == (None, "")
    assert reload(finished).finished_at is None
    sending.send_due()
    assert sink.recipients == [again.address]
    assert reload(finished).tally == {"sent": 1}


def test_sending_again_of_a_message_that_ended_while_paused_does_not_wait(message):
    DeliveryFactory(message=message, state=State.UNCERTAIN)
    Message.objects.update(paused_at=Now(), reason="Wait.", finished_at=Now())
    assert control.send_again(message) == 1
    assert len(claims.claim(10)) == 1


def test_sending_again_of_a_paused_message_leaves_it_paused(message):
    DeliveryFactory(message=message, state=State.UNCERTAIN)
    DeliveryFactory(message=message)
    control.pause(message, "Wait.")
    assert control.send_again(message) == 1
    assert claims.claim(10) == []


def test_sending_again_of_a_cancelled_message_sends_those_letters_only(message, sink):
    waiting = DeliveryFactory(message=message)
    again = letter(State.UNCERTAIN, message)
    control.cancel(message, "No.")
    finishing.finish_messages()
    assert control.send_again(message) == 1
    sending.send_due()
    assert sink.recipients == [again.address]
    assert Delivery.objects.get(pk=waiting.pk).state == State.CANCELLED


def test_a_message_that_is_still_being_cancelled_is_not_sent_again(message):
    letters = one_of_each(message)
    control.cancel(message, "No.")
    assert control.send_again(message) == 0
    assert states(letters)[State.UNCERTAIN] == State.UNCERTAIN


def test_a_finished_message_without_doubt_stays_finished(finished):
    letter(State.SENT, finished)
    assert control.send_again(finished) == 0
    assert reload(finished).finished_at is not None


def test_the_worker_that_was_thought_dead_cannot_record_what_is_sent_again(message):
    DeliveryFactory(message=message)
    (held,) = claims.claim(1)
    outcomes.begin_sending([held])
    Delivery.objects.update(lease_until=Now() - timedelta(seconds=1))
    claims.expire_leases()
    control.send_again(message)
    outcomes.record_sent([(held, "250 OK")])
    assert Delivery.objects.get(pk=held.pk).state == State.PENDING


@pytest.mark.parametrize("state", SETTLED)
def test_no_service_changes_what_is_settled_but_to_send_again(state):
    settled = letter(state, MessageFactory(list_id="bulletin"), address="jo@example.org")
    control.pause(settled.message, "Wait.")
    control.resume(settled.message)
    control.retry_deferred(settled.message)
    control.withdraw("jo@example.org")
    control.suppress("jo@example.org", Suppression.Reason.STAFF)
    control.cancel(settled.message, "No.")
    assert Delivery.objects.get(pk=settled.pk).state == state
