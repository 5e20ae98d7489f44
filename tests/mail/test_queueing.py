"""Putting letters into the outbox: what is written, what is refused, and in whose transaction."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from icrtop.mail import claims, nudging
from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.composing import compose
from icrtop.mail.control import suppress
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.models import Delivery, Message, Priority, State, Suppression
from icrtop.mail.services import MAX_SUBJECT, Recipient, queue_message
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.mail.letters import mailbox, written
from tests.mail.queueing import BULLETIN, queue

pytestmark = pytest.mark.django_db


def wait_for(condition: str) -> None:
    """Until a query of the database finds something."""
    stop = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute(condition)
            if cursor.fetchone():
                return
            assert time.monotonic() < stop, condition


def test_a_letter_is_a_row_that_is_due_at_once():
    message = queue(to="Jo@Example.org")

    (delivery,) = claims.claim(10)
    assert delivery.message == message
    assert delivery.address == "Jo@Example.org"
    assert delivery.normalised == "jo@example.org"
    assert message.headers == {"Auto-Submitted": "auto-generated"}
    assert message.priority == Priority.TRANSACTIONAL
    assert (message.list_id, message.key, message.scheduled_for) == ("", None, None)
    assert (message.candidates, message.duplicates, message.unusable) == (1, 0, 0)


def test_nothing_remains_of_a_transaction_that_is_rolled_back():
    with transaction.atomic():
        queue(to=["jo@example.org", "kim@example.org"], key="once")
        assert Delivery.objects.count() == 2
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()


def test_workers_are_told_when_the_transaction_commits_and_not_before(
    monkeypatch, django_capture_on_commit_callbacks
):
    nudges = []
    monkeypatch.setattr(nudging, "nudge", lambda: nudges.append("now"))
    with django_capture_on_commit_callbacks(execute=True):
        queue()
        assert not nudges
    assert nudges == ["now"]
    with pytest.raises(InvalidMessage), django_capture_on_commit_callbacks(execute=True):
        queue(subject="")
    assert nudges == ["now"]


def test_an_address_gets_a_message_once_however_it_is_spelt():
    message = queue(to=["jo@bücher.example", "JO@xn--bcher-kva.EXAMPLE", " jo@bücher.example "])
    assert message.deliveries.get().address == "jo@bücher.example"
    assert message.candidates == message.deliveries.count() + message.duplicates

    with pytest.raises(IntegrityError), transaction.atomic():
        DeliveryFactory(message=message, address="jo@xn--bcher-kva.example")


def test_recipients_may_come_one_at_a_time_from_a_generator():
    message = queue(to=(f"reader{number}@example.org" for number in range(3)))
    assert message.deliveries.count() == message.candidates == 3


def test_a_suppressed_address_gets_a_row_that_says_so_and_no_letter():
    suppress("JO@example.org", Suppression.Reason.BOUNCED)
    message = queue(to=["jo@example.org", "kim@example.org"])

    assert message.deliveries.get(address="jo@example.org").state == State.SUPPRESSED
    assert message.deliveries.get(address="jo@example.org").reason == "letters to it come back"
    assert [delivery.address for delivery in claims.claim(10)] == ["kim@example.org"]


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


def test_a_letter_of_a_mailing_list_says_so_in_its_headers():
    message = queue(
        to=Recipient("jo@example.org", merge={"leave": "7"}),
        mailing_list=BULLETIN,
        signed={"leave": "test"},
        headers={"X-Issue": "12"},
        priority=Priority.BULK,
    )
    assert message.list_id == "bulletin"
    assert message.headers == {**BULLETIN.as_headers(), "X-Issue": "12"}
    assert "Auto-Submitted" not in message.headers
    assert message.signed == {"leave": "test"}
    assert message.priority == Priority.BULK
    letter = compose(message.deliveries.get()).decode()
    assert "[[leave]]" not in letter
    assert "/leave/7/" not in letter


def test_the_caller_may_say_otherwise_than_the_usual_headers_in_any_spelling():
    for name in ("Auto-Submitted", "auto-submitted"):
        message = queue(headers={name: "no"})
        letter = written(message.deliveries.get())
        assert letter.lower().count(b"auto-submitted:") == 1
        assert b": no\r\n" in letter


REPLIERS = ["Jo", "Müller, Jo", 'Jo "X"', "王" * 100, "é " * 90, "x" * 200]


@pytest.mark.parametrize("name", REPLIERS)
@pytest.mark.parametrize("header", ["Reply-To", "reply-to"])
def test_answers_go_to_whoever_wrote_whatever_their_name(name, header):
    quoted = name.replace('"', '\\"')
    message = queue(headers={header: f'"{quoted}" <jo@bücher.example>'})
    letter = written(message.deliveries.get())
    assert mailbox(letter, "Reply-To") == (name.strip(), "jo@xn--bcher-kva.example")


def test_answers_to_no_address_are_refused():
    with pytest.raises(InvalidAddress):
        queue(headers={"Reply-To": "Jo"})
    assert not Message.objects.exists()


def test_a_letter_for_later_waits_until_then():
    later = timezone.now() + timedelta(hours=1)
    message = queue(send_at=later)
    assert message.scheduled_for == later
    assert claims.claim(10) == []
    Message.objects.update(scheduled_for=timezone.now() - timedelta(seconds=1))
    assert len(claims.claim(10)) == 1


def test_a_subject_and_names_have_one_line_each():
    message = queue(
        subject=" Hello\r\nBcc: x@example.org\u2028 there\0 ",
        to=Recipient("jo@example.org", name="Jo\r\n\tBlow\0" + "w" * 300),
    )
    assert message.subject == "Hello Bcc: x@example.org there"
    name = message.deliveries.get().name
    assert name.startswith("Jo Bloww")
    assert len(name) == 200


def test_the_longest_subject_that_there_may_be_is_written():
    assert queue(subject="é" * MAX_SUBJECT).subject == "é" * MAX_SUBJECT


def test_a_second_call_with_the_same_key_writes_nothing():
    first = queue(key="bulletin-12", subject="First")
    second = queue(key="bulletin-12", subject="Second", to="kim@example.org")
    other = queue(key="bulletin-13")
    unkeyed = [queue(), queue()]
    assert second == first
    assert second.subject == "First"
    assert Message.objects.count() == len({first, other, *unkeyed}) == 4
    assert Delivery.objects.count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first_commits", [True, False])
def test_of_two_calls_with_one_key_at_the_same_time_one_writes(first_commits):
    queued = []

    def second_call():
        try:
            queued.append(queue(key="once", subject="Second"))
        finally:
            connection.close()

    thread = threading.Thread(target=second_call)
    with transaction.atomic():
        first = queue(key="once", subject="First")
        thread.start()
        wait_for("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        assert not queued
        transaction.set_rollback(not first_commits)
    thread.join(10)
    (second,) = queued
    assert Message.objects.get() == second
    assert Delivery.objects.count() == 1
    assert second.subject == ("First" if first_commits else "Second")
    assert (second == first) is first_commits


@pytest.mark.django_db(transaction=True)
def test_calls_with_different_keys_do_not_wait_for_each_other():
    queued = []

    def second_call():
        try:
            queued.append(queue(key="two"))
        finally:
            connection.close()

    with transaction.atomic():
        queue(key="one")
        thread = threading.Thread(target=second_call)
        thread.start()
        thread.join(10)
        assert queued
    assert Message.objects.count() == 2


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
    with pytest.raises(DatabaseError):
        DeliveryFactory(state="lost")


def test_what_somebody_waits_for_overtakes_a_bulletin():
    queue(to="bulletin@example.org", priority=Priority.BULK)
    queue(to="alert@example.org", priority=Priority.ALERT)
    queue(to="confirmation@example.org")
    assert [each.address.partition("@")[0] for each in claims.claim(10)] == [
        *("confirmation", "alert", "bulletin")
    ]
