import pytest
from django.db import IntegrityError, transaction

from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.composing import InvalidMessage
from icrtop.mail.models import Delivery, Message, Priority, State, Suppression
from icrtop.mail.services import Recipient, cancel, queue_message, suppress
from tests.factories.mail import DeliveryFactory, MessageFactory

pytestmark = pytest.mark.django_db

LETTER = {"subject": "Hello", "purpose": "test", "html": "<p>Hello</p>", "text": "Hello"}


def test_a_letter_is_a_row_that_is_due_at_once():
    message = queue_message(to="Jo@Example.org", **LETTER)

    delivery = Delivery.objects.due().get()
    assert delivery.message == message
    assert delivery.address == "Jo@Example.org"
    assert delivery.normalised == "jo@example.org"
    assert delivery.state == State.PENDING
    assert message.headers == {"Auto-Submitted": "auto-generated"}


def test_nothing_remains_of_a_transaction_that_is_rolled_back():
    with transaction.atomic():
        queue_message(to="jo@example.org", **LETTER)
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()


def test_an_address_gets_a_message_once_however_it_is_spelt():
    message = queue_message(to=["jo@bücher.example", "JO@xn--bcher-kva.EXAMPLE"], **LETTER)
    assert message.deliveries.get().address == "jo@bücher.example"

    with pytest.raises(IntegrityError), transaction.atomic():
        DeliveryFactory(message=message, address="jo@xn--bcher-kva.example")


def test_a_suppressed_address_gets_a_row_that_says_so_and_no_letter():
    suppress("JO@example.org", Suppression.Reason.BOUNCED)
    message = queue_message(to=["jo@example.org", "kim@example.org"], **LETTER)

    assert message.deliveries.get(address="jo@example.org").state == State.SUPPRESSED
    assert message.deliveries.get(address="jo@example.org").reason == "letters to it come back"
    assert [delivery.address for delivery in Delivery.objects.due()] == ["kim@example.org"]


def test_suppressing_stops_what_waits_and_leaves_the_rest():
    waiting = DeliveryFactory(address="jo@example.org")
    deferred = DeliveryFactory(address="jo@example.org", state=State.DEFERRED)
    sent = DeliveryFactory(address="jo@example.org", state=State.SENT)
    other = DeliveryFactory(address="kim@example.org")

    suppress("Jo@example.org", Suppression.Reason.COMPLAINED)
    suppress("jo@example.org", Suppression.Reason.STAFF)

    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states[waiting.pk] == states[deferred.pk] == State.SUPPRESSED
    assert states[sent.pk] == State.SENT
    assert states[other.pk] == State.PENDING
    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINED


def test_cancelling_takes_back_what_waits():
    message = MessageFactory()
    DeliveryFactory(message=message)
    sent = DeliveryFactory(message=message, state=State.SENT)

    assert cancel(message, "Sent by mistake.") == 1
    assert message.deliveries.exclude(pk=sent.pk).get().state == State.CANCELLED
    assert message.deliveries.get(pk=sent.pk).state == State.SENT


def test_a_template_gives_both_parts_with_styles_inlined():
    message = queue_message(
        to="jo@example.org",
        subject="Hello",
        purpose="test",
        template="base",
        context={"site_name": "A <Coalition> & friends"},
    )
    assert "A &lt;Coalition&gt; &amp; friends" in message.html
    assert 'style="' in message.html
    assert "@media (prefers-color-scheme: dark)" in message.html
    assert message.text == "A <Coalition> & friends\nhttp://testserver/\n\n-- \n"


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "  \r\n "},
        {"subject": "x" * 201},
        {"text": " \n"},
        {"html": ""},
        {"text": "a\0b"},
        {"headers": {"X-Note": "a\r\nBcc: other@example.org"}},
        {"headers": {"X-Note: a\r\nBcc": "other@example.org"}},
        {"headers": {"Bcc": "other@example.org"}},
        {"headers": {"Content-Type": "text/html"}},
        {"sender": "a@b.example\r\nBcc: other@example.org"},
        {"to": []},
        {"text": "Dear [[name]]", "to": Recipient("jo@example.org", merge={"url": "x"})},
    ],
)
def test_a_letter_that_cannot_be_sent_is_refused_when_queued(wrong):
    with pytest.raises(InvalidMessage):
        queue_message(**{"to": "jo@example.org", **LETTER, **wrong})
    assert not Message.objects.exists()


def test_a_wrong_address_is_refused_when_queued():
    with pytest.raises(InvalidAddress):
        queue_message(to=["kim@example.org", "jo@example.org\r\nX: y"], **LETTER)
    assert not Message.objects.exists()


def test_a_message_is_frozen():
    message = MessageFactory()
    message.subject = "Another"
    with pytest.raises(TypeError):
        message.save()


@pytest.mark.parametrize("state", [State.CLAIMED, State.SENDING])
def test_the_database_refuses_a_held_letter_without_a_lease(state):
    with pytest.raises(IntegrityError):
        DeliveryFactory(state=state)


def test_the_database_refuses_a_state_that_is_not_in_the_table():
    with pytest.raises(IntegrityError):
        DeliveryFactory(state="lost")


def test_what_somebody_waits_for_overtakes_a_bulletin():
    bulletin = DeliveryFactory(priority=Priority.BULK)
    confirmation = DeliveryFactory(priority=Priority.TRANSACTIONAL)
    assert list(Delivery.objects.due()) == [confirmation, bulletin]
