"""One letter, and one batch, against a mail server that misbehaves at each step."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from icrtop.mail import claims, sending
from icrtop.mail.composing import message_id
from icrtop.mail.models import Delivery, State
from icrtop.mail.services import Recipient, queue_message
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.mail.sink import HANG_UP

pytestmark = pytest.mark.django_db


def make_due() -> None:
    """Let the waiting time of every letter be over."""
    Delivery.objects.filter(next_attempt_at__gt=Now()).update(next_attempt_at=Now())


def wait_of(delivery: Delivery) -> timedelta:
    """How long a letter waits from its last change to its next try."""
    return delivery.next_attempt_at - delivery.changed


def test_a_letter_arrives_as_it_was_queued(sink):
    message = queue_message(
        to=Recipient("Jo@Bücher.example", name="Jo \r\nBcc: x@y.example Ñandú"),
        subject="Réunion\r\nBcc: other@example.org",
        purpose="test",
        html="<p>Ça va?</p>",
        text=".a line with a dot\n..\nÇa va?\n" + "x" * 2000,
        headers={"Reply-To": "Kim <kim@bücher.example>"},
    )
    sending.send_due()

    delivery = message.deliveries.get()
    assert delivery.state == State.SENT
    assert delivery.server_reply == "250 Kept"
    assert delivery.attempts == 1
    assert delivery.lease_until is None
    (received,) = sink.letters
    letter = received.letter
    assert received.sender == "info@responsibilitytoprotect.org"
    assert received.recipient == "Jo@xn--bcher-kva.example"
    assert letter["To"].addresses[0].addr_spec == "Jo@xn--bcher-kva.example"
    assert letter["Subject"] == "Réunion Bcc: other@example.org"
    assert letter["Bcc"] is None
    assert letter["Reply-To"].addresses[0].addr_spec == "kim@xn--bcher-kva.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == message.created.replace(microsecond=0)
    assert letter["Message-ID"].endswith("@responsibilitytoprotect.org>")
    text, html = letter.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert text.get_content().splitlines()[:3] == [".a line with a dot", "..", "Ça va?"]
    assert html.get_content().strip() == "<p>Ça va?</p>"
    assert max(map(len, received.content.splitlines())) <= 998
    assert received.content.isascii()


def test_merge_fields_are_filled_once_and_escaped_in_html(sink):
    queue_message(
        to=[
            Recipient("jo@example.org", merge={"name": "<Jo> [[url]]", "url": "https://a.example"}),
            Recipient("kim@example.org", merge={"name": "Kim", "url": "b\r\nBcc: x@y.example"}),
        ],
        subject="For [[name]]",
        purpose="test",
        html="<p>[[name]]</p>",
        text="[[name]]: [[url]]",
        headers={"List-Unsubscribe": "<[[url]]>"},
    )
    sending.send_due()

    jo, kim = (received.letter for received in sink.letters)
    assert jo["Subject"] == "For <Jo> [[url]]"
    assert jo["List-Unsubscribe"] == "<https://a.example>"
    text, html = jo.iter_parts()
    assert text.get_content().strip() == "<Jo> [[url]]: https://a.example"
    assert html.get_content().strip() == "<p>&lt;Jo&gt; [[url]]</p>"
    assert kim["Subject"] == "For Kim"
    assert kim["Bcc"] is None


def test_brackets_that_somebody_typed_are_left_alone(sink):
    queue_message(
        to="jo@example.org", subject="S", purpose="test", html="<p>x</p>", text="see [[name]]"
    )
    sending.send_due()
    text, _html = sink.letters[0].letter.iter_parts()
    assert text.get_content().strip() == "see [[name]]"


def test_a_batch_goes_over_one_connection(sink):
    DeliveryFactory.create_batch(7)
    sending.send_due()
    assert len(sink.letters) == 7
    assert sink.connections == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_it_goes_on_until_nothing_is_due(sink, monkeypatch):
    DeliveryFactory.create_batch(claims.BATCH_SIZE + 1)
    sending.send_due()
    assert len(sink.letters) == claims.BATCH_SIZE + 1
    assert sink.connections == 2


def test_when_its_time_is_up_it_gives_the_rest_back_and_asks_for_another_run(sink, monkeypatch):
    nudges = []
    monkeypatch.setattr("icrtop.mail.nudging.nudge", lambda: nudges.append(1))
    DeliveryFactory.create_batch(3)

    sending.send_due(seconds=0)
    assert nudges == [1]
    assert Delivery.objects.due().count() == 3

    sending.send_due()
    assert len(sink.letters) == 3


@pytest.mark.parametrize("step", ["RCPT", "DATA", "END"])
def test_a_temporary_refusal_is_tried_again_later_with_the_same_message_id(sink, step):
    first, second = DeliveryFactory.create_batch(2)
    sink.answer(step, "451 4.3.0 Not now")
    sending.send_due()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.DEFERRED, State.SENT)
    assert first.server_reply == "451 4.3.0 Not now"
    assert wait_of(first) == claims.WAITS[0]

    sending.send_due()
    assert sink.recipients == [second.address]

    sink.answer(step, "451 4.3.0 Not now")
    make_due()
    sending.send_due()
    first.refresh_from_db()
    assert (first.state, wait_of(first)) == (State.DEFERRED, claims.WAITS[1])

    make_due()
    sending.send_due()
    first.refresh_from_db()
    assert first.state == State.SENT
    assert first.attempts == 3
    assert sink.recipients == [second.address, first.address]


def test_each_try_has_the_same_message_id_and_each_recipient_another(sink):
    message = MessageFactory()
    DeliveryFactory.create_batch(2, message=message)
    sink.answer("END", "450 Not now", "450 Not now")
    expected = {message_id(message, each.normalised) for each in message.deliveries.all()}
    sending.send_due()
    make_due()
    sending.send_due()
    tried = [received.letter["Message-ID"] for received in sink.letters]
    assert len(tried) == 2
    assert set(tried) == expected


def test_after_three_days_of_temporary_refusals_it_is_given_up(sink):
    delivery = DeliveryFactory(created=timezone.now() - timedelta(days=3))
    sink.answer("RCPT", "450 4.2.2 Mailbox full")
    sending.send_due()
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED
    assert delivery.server_reply == "450 4.2.2 Mailbox full"
    assert delivery.reason == "The mail server has refused it for 3 days."


@pytest.mark.parametrize("step", ["RCPT", "DATA", "END"])
def test_a_permanent_refusal_counts_against_that_letter_only(sink, step):
    first, second = DeliveryFactory.create_batch(2)
    sink.answer(step, "550 5.1.1 No such user")
    sending.send_due()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.FAILED, State.SENT)
    assert first.server_reply == "550 5.1.1 No such user"
    assert sink.connections == 1
    assert list(Delivery.objects.stuck()) == [first]


def test_a_refused_sender_is_held_against_nobody(sink):
    first, second = DeliveryFactory.create_batch(2)
    sink.answer("MAIL", "550 5.7.1 Sender not allowed")
    sending.send_due()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.PENDING, State.SENT)
    assert first.server_reply == "550 5.7.1 Sender not allowed"
    assert wait_of(first) == claims.FIRST_RELEASE_WAIT


@pytest.mark.parametrize("answer", ["421 Too busy", "554 No service", HANG_UP])
def test_a_server_that_greets_with_a_refusal_gets_the_batch_later(sink, answer):
    DeliveryFactory.create_batch(3)
    sink.answer("BANNER", answer)
    sending.send_due()
    for delivery in Delivery.objects.all():
        assert delivery.state == State.PENDING
        assert delivery.attempts == 0
        assert wait_of(delivery) == claims.FIRST_RELEASE_WAIT
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
    delivery.refresh_from_db()
    assert delivery.state == State.PENDING
    assert wait_of(delivery) == claims.LONGEST_RELEASE_WAIT


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "smtp+tls://127.0.0.1:{port}"])
def test_a_server_without_the_security_asked_for_gets_no_letter(settings, sink, url):
    settings.SMTP_URL = url.format(port=sink.port)
    delivery = DeliveryFactory()
    sending.send_due()
    delivery.refresh_from_db()
    assert delivery.state == State.PENDING
    assert sink.letters == []


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["421 Closing", HANG_UP])
def test_a_line_lost_before_the_letter_left_loses_nothing(sink, step, answer):
    first, second, third = DeliveryFactory.create_batch(3)
    sink.answer(step, None, answer)
    sending.send_due()
    for delivery in (first, second, third):
        delivery.refresh_from_db()
    assert (first.state, second.state, third.state) == (State.SENT, State.PENDING, State.PENDING)
    # The letter that it happened to must not be the first again.
    assert wait_of(second) > wait_of(third)

    make_due()
    sending.send_due()
    assert sorted(sink.recipients) == sorted(each.address for each in (first, second, third))


def test_a_line_lost_inside_the_letter_counts_as_a_refusal_for_now(sink):
    # More than the socket's buffers hold, so that the loss is noticed before the dot.
    cut = DeliveryFactory(message=MessageFactory(text="words and words\n" * 2_000_000))
    other = DeliveryFactory()
    sink.answer("BODY", HANG_UP)
    sending.send_due()
    cut.refresh_from_db()
    other.refresh_from_db()
    assert (cut.state, other.state) == (State.DEFERRED, State.PENDING)
    assert sink.letters == []


def test_a_line_lost_after_the_dot_is_never_sent_again(sink):
    first, second = DeliveryFactory.create_batch(2)
    sink.answer("END", HANG_UP)
    sending.send_due()
    make_due()
    sending.send_due()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.UNCERTAIN, State.SENT)
    assert "may have arrived" in first.reason
    assert sink.recipients == [first.address, second.address]
    assert list(Delivery.objects.stuck()) == [first]


@pytest.mark.parametrize("answer", ["099 What", "354 More"])
def test_an_answer_to_the_dot_that_means_nothing_is_uncertain(sink, answer):
    delivery = DeliveryFactory()
    sink.answer("END", answer)
    sending.send_due()
    delivery.refresh_from_db()
    assert delivery.state == State.UNCERTAIN


def test_a_letter_that_cannot_be_composed_keeps_no_other_back(sink):
    broken = DeliveryFactory(address="not an address")
    other = DeliveryFactory()
    sending.send_due()
    broken.refresh_from_db()
    assert broken.state == State.FAILED
    assert "cannot be composed" in broken.reason
    assert sink.recipients == [other.address]


def test_a_refused_address_in_the_middle_of_a_batch(sink):
    deliveries = DeliveryFactory.create_batch(5)
    sink.refused[deliveries[2].address] = "550 5.1.1 No such user"
    sending.send_due()
    assert len(sink.letters) == 4
    assert deliveries[2].address not in sink.recipients
