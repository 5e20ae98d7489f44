"""An address that nothing more is sent to: from one list, from all of them, or at all."""

import uuid

import pytest
from django.db.models.functions import Now

from icrtop.mail import claims, control, outcomes, sending
from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.models import Delivery, State, Suppression
from tests.factories.mail import MessageFactory
from tests.mail.outbox import letter, reload, states, unchanged

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("list_id", ["bulletin", ""])
def test_leaving_withdraws_what_has_not_left_from_that_list_or_from_all(list_id):
    of_list = {
        state: letter(state, MessageFactory(list_id="bulletin"), address="jo@example.org")
        for state in State
    }
    kept = {
        "of no list": letter(address="jo@example.org"),
        "to others": letter(message=of_list[State.PENDING].message, address="kim@example.org"),
    }
    events = letter(message=MessageFactory(list_id="events"), address="jo@example.org")

    withdrawn = control.withdraw(" JO@Example.org", list_id)
    expected = unchanged(PENDING=State.CANCELLED, DEFERRED=State.CANCELLED, CLAIMED=State.CANCELLED)
    assert states(of_list) == expected
    assert set(states(kept).values()) == {State.PENDING}
    assert Delivery.objects.get(pk=events.pk).state == (
        State.PENDING if list_id else State.CANCELLED
    )
    assert withdrawn == (3 if list_id else 4)
    assert control.withdraw("jo@example.org", list_id) == 0
    taken = Delivery.objects.get(pk=of_list[State.CLAIMED].pk)
    assert (taken.token, taken.lease_until) == (None, None)
    assert taken.reason == "The recipient has unsubscribed."


def test_a_reason_of_ones_own_for_withdrawing():
    waiting = letter(message=MessageFactory(list_id="bulletin"), address="jo@example.org")
    control.withdraw("jo@example.org", "bulletin", "Asked by telephone.")
    waiting.refresh_from_db()
    assert waiting.reason == "Asked by telephone."


def test_a_letter_that_was_withdrawn_cannot_be_sent_by_whoever_held_it():
    letter(message=MessageFactory(list_id="bulletin"), address="jo@example.org")
    held = claims.claim(10)
    control.withdraw("jo@example.org")
    assert outcomes.begin_sending(held) == set()


def test_a_message_of_which_everything_was_withdrawn_finishes(sink):
    waiting = letter(message=MessageFactory(list_id="bulletin"), address="jo@example.org")
    control.withdraw("jo@example.org")
    sending.send_due()
    assert reload(waiting.message).tally == {"cancelled": 1}


@pytest.mark.parametrize("service", [control.withdraw, lambda a: control.suppress(a, "staff")])
def test_what_is_no_address_is_refused(service):
    with pytest.raises(InvalidAddress):
        service("jo")
    assert not Suppression.objects.exists()


def test_suppressing_stops_what_has_not_left_wherever_it_comes_from():
    letters = {state: letter(state, address="jo@example.org") for state in State}
    listed = letter(message=MessageFactory(list_id="bulletin"), address="jo@example.org")
    other = letter(address="kim@example.org")
    control.suppress("Jo@example.org", Suppression.Reason.COMPLAINED, "By telephone.")
    expected = unchanged(
        PENDING=State.SUPPRESSED, DEFERRED=State.SUPPRESSED, CLAIMED=State.SUPPRESSED
    )
    assert states(letters) == expected
    taken = Delivery.objects.get(pk=letters[State.CLAIMED].pk)
    assert (taken.token, taken.lease_until) == (None, None)
    assert taken.reason == Suppression.Reason.COMPLAINED.label
    assert Delivery.objects.get(pk=listed.pk).state == State.SUPPRESSED
    assert Delivery.objects.get(pk=other.pk).state == State.PENDING


def test_suppressing_twice_keeps_the_first_reason_and_stops_what_came_since():
    control.suppress("jo@example.org", Suppression.Reason.COMPLAINED, "First.")
    since = letter(address="jo@example.org")
    control.suppress("JO@example.org", Suppression.Reason.STAFF, "Second.")
    suppression = Suppression.objects.get()
    assert (suppression.reason, suppression.note) == (Suppression.Reason.COMPLAINED, "First.")
    since.refresh_from_db()
    assert since.state == State.SUPPRESSED
    assert since.reason == Suppression.Reason.COMPLAINED.label


@pytest.mark.parametrize("state", [State.SENDING, State.UNCERTAIN])
def test_what_was_leaving_when_its_reader_left_the_list_is_not_tried_again(state):
    held = letter(state, MessageFactory(list_id="bulletin"), address="jo@example.org")
    Delivery.objects.update(token=uuid.uuid4())
    held.refresh_from_db()
    control.withdraw("jo@example.org", "bulletin")
    assert Delivery.objects.get(pk=held.pk).state == state

    outcomes.record_deferred(held, "450 Not now")
    Delivery.objects.update(next_attempt_at=Now())
    assert claims.claim(10) == []
    given_up = Delivery.objects.get(pk=held.pk)
    assert given_up.state == State.CANCELLED
    assert given_up.reason == "The recipient has unsubscribed."


def test_what_was_perhaps_sent_to_somebody_who_has_left_is_not_sent_again():
    message = MessageFactory(list_id="bulletin", finished_at=Now())
    letter(State.UNCERTAIN, message, address="jo@example.org")
    letter(State.UNCERTAIN, message, address="kim@example.org")
    control.withdraw("jo@example.org", "bulletin")
    assert control.send_again(message) == 1
    assert [each.address for each in claims.claim(10)] == ["kim@example.org"]
