"""What arrives at the mail server is what was queued, whatever it contains."""

from datetime import timedelta

import pytest
from django.db.models import F

from icrtop.mail import sending
from icrtop.mail.composing import message_id
from icrtop.mail.models import Delivery, Message, State
from icrtop.mail.services import Recipient, queue_message
from tests.factories.mail import DeliveryFactory, MessageFactory

pytestmark = pytest.mark.django_db


def make_due() -> None:
    """Let a day go by."""
    Delivery.objects.update(next_attempt_at=F("next_attempt_at") - timedelta(days=1))


def states(*deliveries: Delivery) -> list[str]:
    for delivery in deliveries:
        delivery.refresh_from_db()
    return [delivery.state for delivery in deliveries]


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


def test_reports_about_a_letter_go_where_the_settings_say(settings, sink):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"
    delivery = DeliveryFactory()
    sending.send_due()
    (received,) = sink.letters
    assert received.sender.startswith(f"bounces+{delivery.pk}-")
    assert received.letter["From"].addresses[0].addr_spec == "info@icrtop.example"


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


def test_a_letter_that_cannot_be_composed_keeps_no_other_back(sink):
    broken = DeliveryFactory(address="not an address")
    other = DeliveryFactory()
    sending.send_due()
    assert states(broken, other) == [State.FAILED, State.SENT]
    assert "cannot be composed" in broken.reason


def test_a_message_that_cannot_be_composed_is_paused_and_keeps_no_other_back(sink):
    broken = MessageFactory(sender="nobody in particular")
    letters = DeliveryFactory.create_batch(3, message=broken)
    other = DeliveryFactory()
    sending.send_due()
    assert states(*letters, other) == [*[State.PENDING] * 3, State.SENT]
    broken.refresh_from_db()
    assert broken.paused_at is not None
    assert "cannot be composed" in broken.reason
    assert list(Message.objects.held()) == [broken]
