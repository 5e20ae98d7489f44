"""What becomes of one letter, against a mail server that misbehaves at each step."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from icrtop.mail import claims, control, outcomes, sending
from icrtop.mail.models import Delivery, State
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.mail.sink import HANG_UP

pytestmark = pytest.mark.django_db
either_way = pytest.mark.parametrize("pipelining", [False, True], ids=["alone", "piped"])


def make_due() -> None:
    """Let a day go by."""
    Delivery.objects.update(next_attempt_at=F("next_attempt_at") - timedelta(days=1))


def wait_of(delivery: Delivery) -> timedelta:
    """How long a letter waits from its last change to its next try."""
    return delivery.next_attempt_at - delivery.changed


def states(*deliveries: Delivery) -> list[str]:
    for delivery in deliveries:
        delivery.refresh_from_db()
    return [delivery.state for delivery in deliveries]


@either_way
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("reply", ["450 4.2.1 Not now", "451 4.7.1 Not now", "452 4.3.1 Not now"])
def test_a_temporary_refusal_is_tried_again_later(sink, pipelining, step, reply):
    sink.pipelining = pipelining
    first, second = DeliveryFactory.create_batch(2)
    sink.answer(step, reply)
    sending.send_due()
    assert states(first, second) == [State.DEFERRED, State.SENT]
    assert first.server_reply == reply
    assert wait_of(first) == outcomes.WAITS[0]

    sending.send_due()
    assert sink.recipients == [second.address]

    sink.answer(step, reply)
    make_due()
    sending.send_due()
    assert states(first) == [State.DEFERRED]
    assert wait_of(first) == outcomes.WAITS[1]

    make_due()
    sending.send_due()
    assert states(first) == [State.SENT]
    assert first.attempts == 3
    assert sink.recipients == [second.address, first.address]


def test_after_three_days_of_temporary_refusals_it_is_given_up(sink):
    long_ago = timezone.now() - timedelta(days=3)
    delivery = DeliveryFactory(created=long_ago, attempts=outcomes.TRIES - 1)
    sink.answer("RCPT", "450 4.2.2 Mailbox full")
    sending.send_due()
    assert states(delivery) == [State.FAILED]
    assert delivery.server_reply == "450 4.2.2 Mailbox full"
    assert delivery.reason == "The mail server has refused it for 3 days."


@either_way
@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("RCPT", "550 5.1.1 No such user"),
        ("RCPT", "550 No such user"),
        ("DATA", "550 5.1.1 No such user"),
        ("END", "550 5.2.2 Mailbox full"),
        ("END", "552 Mailbox full"),
    ],
)
def test_a_refused_address_counts_against_that_address_only(sink, pipelining, step, reply):
    sink.pipelining = pipelining
    message = MessageFactory()
    first, second = DeliveryFactory.create_batch(2, message=message)
    sink.answer(step, reply)
    sending.send_due()
    assert states(first, second) == [State.FAILED, State.SENT]
    assert (first.server_reply, first.attempts) == (reply, 1)
    message.refresh_from_db()
    assert (message.paused_at, message.tally) == (None, {"failed": 1, "sent": 1})
    assert sink.connections == 1


@either_way
@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("MAIL", "550 5.7.1 Sender not allowed"),
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("DATA", "554 5.7.1 Not today"),
        ("END", "554 5.7.1 Looks like spam"),
        ("END", "554 Transaction failed"),
    ],
)
def test_a_refusal_of_us_or_of_the_letter_pauses_the_message(sink, pipelining, step, reply):
    sink.pipelining = pipelining
    message, other = MessageFactory.create_batch(2)
    first, second = DeliveryFactory.create_batch(2, message=message)
    elsewhere = DeliveryFactory(message=other)
    sink.answer(step, reply)
    sending.send_due()
    assert states(first, second, elsewhere) == [State.PENDING, State.PENDING, State.SENT]
    assert (first.server_reply, first.attempts) == (reply, 1)
    assert (second.server_reply, second.attempts, second.token) == ("", 0, None)
    message.refresh_from_db()
    assert message.paused_at is not None
    assert message.reason == f"The mail server refuses it: {reply}"

    make_due()
    sending.send_due()
    assert sink.recipients == [elsewhere.address]

    control.resume(message)
    sending.send_due()
    # Not first the one that was refused: perhaps it is about that one after all.
    assert sink.recipients == [elsewhere.address, second.address, first.address]


@pytest.mark.parametrize("answer", ["421 Too busy", "554 No service", HANG_UP])
def test_a_server_that_greets_with_a_refusal_gets_the_batch_later(sink, answer):
    deliveries = DeliveryFactory.create_batch(3)
    sink.answer("BANNER", answer)
    sending.send_due()
    assert states(*deliveries) == [State.PENDING] * 3
    assert {each.attempts for each in deliveries} == {0}
    assert {wait_of(each) for each in deliveries} == {claims.FIRST_RELEASE_WAIT}
    assert sink.connections == 1

    sink.answer("BANNER", answer)
    make_due()
    sending.send_due()
    assert {wait_of(each) for each in Delivery.objects.all()} == {claims.FIRST_RELEASE_WAIT * 2}

    make_due()
    sending.send_due()
    assert len(sink.letters) == 3


def test_a_server_that_is_not_there_costs_nobody_a_letter(settings, sink):
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    delivery = DeliveryFactory(releases=30)
    sending.send_due()
    assert states(delivery) == [State.PENDING]
    assert wait_of(delivery) == claims.LONGEST_RELEASE_WAIT


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "smtp+tls://127.0.0.1:{port}"])
def test_a_server_without_the_security_asked_for_gets_no_letter(settings, sink, url):
    settings.SMTP_URL = url.format(port=sink.port)
    delivery = DeliveryFactory()
    sending.send_due()
    assert states(delivery) == [State.PENDING]
    assert sink.letters == []


@either_way
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["421 Closing", HANG_UP])
def test_a_used_connection_that_is_lost_is_replaced_at_once(sink, pipelining, step, answer):
    sink.pipelining = pipelining
    deliveries = DeliveryFactory.create_batch(3)
    sink.answer(step, None, answer)
    sending.send_due()
    assert states(*deliveries) == [State.SENT] * 3
    assert {(each.attempts, each.releases) for each in deliveries} == {(1, 0)}
    assert sink.recipients == [each.address for each in deliveries]
    assert sink.connections == 2


@either_way
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["421 Closing", HANG_UP])
@pytest.mark.parametrize("before", [0, 1])
def test_a_new_connection_that_is_lost_loses_nothing(sink, pipelining, step, answer, before):
    sink.pipelining = pipelining
    first, second, third = DeliveryFactory.create_batch(3)
    if before:
        sink.answer(step, None, answer, answer)
    else:
        second, first = first, second
        sink.answer(step, answer)
    sending.send_due()
    assert states(second, third) == [State.PENDING, State.PENDING]
    assert {second.attempts, third.attempts} == {0}
    # The letter that it happened to must not be the first again.
    assert wait_of(second) == 2 * claims.FIRST_RELEASE_WAIT
    assert wait_of(third) == claims.FIRST_RELEASE_WAIT

    make_due()
    sending.send_due()
    assert sorted(sink.recipients) == sorted(each.address for each in (first, second, third))


def test_a_line_lost_inside_the_letter_counts_as_a_refusal_for_now(sink):
    # More than the socket's buffers hold, so that the loss is noticed before the dot.
    cut = DeliveryFactory(message=MessageFactory(text="words and words\n" * 800_000))
    other = DeliveryFactory()
    sink.answer("BODY", HANG_UP)
    sending.send_due()
    assert states(cut, other) == [State.DEFERRED, State.SENT]
    assert sink.recipients == [other.address]


def test_a_line_lost_after_the_dot_is_never_sent_again(sink):
    first, second = DeliveryFactory.create_batch(2)
    sink.answer("END", HANG_UP)
    sending.send_due()
    make_due()
    sending.send_due()
    assert states(first, second) == [State.UNCERTAIN, State.SENT]
    assert "may have arrived" in first.reason
    assert sink.recipients == [first.address, second.address]


@pytest.mark.parametrize("answer", ["099 What", "354 More"])
def test_an_answer_to_the_dot_that_means_nothing_is_uncertain(sink, answer):
    delivery = DeliveryFactory()
    sink.answer("END", answer)
    sending.send_due()
    assert states(delivery) == [State.UNCERTAIN]
