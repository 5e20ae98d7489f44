"""One run of a worker: batches, who goes first, and what changes while it sends."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from icrtop.mail import claims, control, nudging, outcomes, sending
from icrtop.mail.models import Delivery, Message, Priority, State
from tests.factories.mail import DeliveryFactory, MessageFactory

pytestmark = pytest.mark.django_db


def bulletin(letters: int) -> list[Delivery]:
    return DeliveryFactory.create_batch(letters, message=MessageFactory(priority=Priority.BULK))


def tally() -> dict[str, int]:
    states = list(Delivery.objects.values_list("state", flat=True))
    return {state: states.count(state) for state in set(states)}


@pytest.fixture
def meanwhile(monkeypatch):
    """Have something done in the round of the given number, just before its letters leave."""

    def do(number, action):
        rounds, begin_sending = [], outcomes.begin_sending

        def act_and_begin(ready, sent=()):
            rounds.append(ready)
            if len(rounds) == number:
                action()
            return begin_sending(ready, sent)

        monkeypatch.setattr(outcomes, "begin_sending", act_and_begin)

    return do


@pytest.fixture
def claimed(monkeypatch) -> list[int]:
    """The sizes of the batches that are asked for."""
    sizes, claim = [], claims.claim

    def note_and_claim(size):
        sizes.append(size)
        return claim(size)

    monkeypatch.setattr(claims, "claim", note_and_claim)
    return sizes


def test_refused_addresses_in_the_middle_of_a_bulletin(sink):
    deliveries = bulletin(30)
    refused = {each.address for each in deliveries[2::7]}
    sink.refused.update(dict.fromkeys(refused, "550 5.1.1 No such user"))
    sending.send_due()
    assert tally() == {State.SENT: 26, State.FAILED: 4}
    assert refused.isdisjoint(sink.recipients)
    message = Message.objects.get()
    assert message.tally == {"sent": 26, "failed": 4}
    assert sink.connections <= 4


def test_once_one_letter_is_refused_for_what_it_says_the_others_do_not_leave(sink):
    deliveries = bulletin(10)
    sink.answer("RCPT", "554 5.7.1 Spam")
    sending.send_due()
    # Also not the one that the server was waiting for over another connection.
    assert sink.letters == []
    assert tally() == {State.PENDING: 10}
    assert [each.attempts for each in Delivery.objects.order_by("pk")] == [1, *[0] * 9]
    assert Message.objects.get().paused_at is not None
    assert len(deliveries) == 10


def test_a_message_that_is_paused_while_it_is_sent_stops_at_once(sink, meanwhile):
    deliveries, other = bulletin(20), DeliveryFactory(message__priority=Priority.BULK)
    message = deliveries[0].message
    meanwhile(2, lambda: control.pause(message, "A mistake on page two"))
    sending.send_due()
    assert message.deliveries.filter(state=State.SENT).count() == 2
    assert message.deliveries.filter(state=State.PENDING, token=None).count() == 18
    assert other.address in sink.recipients
    assert len(sink.letters) == 3


def test_whoever_unsubscribes_while_a_bulletin_is_sent_gets_it_no_more(sink, meanwhile):
    message = MessageFactory(priority=Priority.BULK, list_id="news.example.org")
    deliveries = DeliveryFactory.create_batch(10, message=message)
    gone = deliveries[7]
    meanwhile(1, lambda: control.withdraw(gone.address, "news.example.org"))
    sending.send_due()
    assert gone.address not in sink.recipients
    assert tally() == {State.SENT: 9, State.CANCELLED: 1}


def test_a_confirmation_overtakes_a_bulletin_with_the_next_batch(sink, meanwhile):
    bulletin(60)
    meanwhile(1, lambda: DeliveryFactory(address="in-a-hurry@example.org"))
    sending.send_due()
    turn = sink.recipients.index("in-a-hurry@example.org")
    # Whoever goes over another connection at the same time may be a little faster.
    assert turn < sending.FIRST_BATCH + 4
    assert len(sink.letters) == 61


def test_a_batch_is_what_two_seconds_take_within_bounds(sink, monkeypatch, claimed):
    monkeypatch.setattr(sending, "LARGEST_BATCH", 12)
    monkeypatch.setattr(sending, "BATCH_SECONDS", 1000.0)
    bulletin(40)
    sending.send_due()
    assert claimed == [sending.FIRST_BATCH, 12, 12, 12, 12]
    assert tally() == {State.SENT: 40}


def test_a_server_that_is_ever_so_slow_gets_one_letter_at_a_time(sink, monkeypatch, claimed):
    monkeypatch.setattr(sending, "BATCH_SECONDS", 0.0)
    bulletin(13)
    sending.send_due()
    assert claimed == [sending.FIRST_BATCH, 1, 1, 1, 1]
    assert tally() == {State.SENT: 13}


def test_when_its_time_is_up_it_gives_the_rest_back_and_asks_for_another_run(sink, monkeypatch):
    nudges = []
    monkeypatch.setattr(nudging, "nudge", lambda: nudges.append(1))
    before = {each.pk: each.next_attempt_at for each in bulletin(8)}

    sending.send_due(seconds=0)
    assert nudges == [1]
    assert len(sink.letters) == 2
    rest = Delivery.objects.filter(state=State.PENDING)
    assert len(rest) == 6
    assert {(each.token, each.releases, each.attempts) for each in rest} == {(None, 0, 0)}
    assert all(each.next_attempt_at == before[each.pk] for each in rest)

    sending.send_due()
    assert nudges == [1]
    assert len(sink.letters) == 8


def test_a_run_begins_with_what_workers_that_died_have_left(sink):
    token = "00000000-0000-0000-0000-000000000000"
    lease = {"token": token, "lease_until": Now() - timedelta(seconds=1)}
    unsent = DeliveryFactory(state=State.CLAIMED, **lease)
    DeliveryFactory(state=State.SENDING, **lease)
    sending.send_due()
    assert sink.recipients == [unsent.address]
    assert tally() == {State.SENT: 1, State.UNCERTAIN: 1}


def test_a_scheduled_message_goes_at_its_time_and_not_unasked_long_after(settings, sink):
    soon, now, missed = MessageFactory.create_batch(3)
    late = timedelta(hours=settings.MAIL_MISSED_AFTER_HOURS, minutes=1)
    for message, scheduled_for in ((soon, timedelta(hours=1)), (now, -late / 2), (missed, -late)):
        DeliveryFactory(message=message)
        Message.objects.filter(pk=message.pk).update(scheduled_for=Now() + scheduled_for)
    sending.send_due()
    assert sink.recipients == [now.deliveries.get().address]
    assert list(Message.objects.held()) == [missed]

    control.resume(missed)
    sending.send_due()
    assert len(sink.letters) == 2


def test_what_was_accepted_is_noted_even_if_the_run_breaks_off(sink, monkeypatch):
    def fail(*args):
        raise RuntimeError("Nobody thought of this.")

    monkeypatch.setattr(control, "pause", fail)
    accepted, refused = DeliveryFactory.create_batch(2)
    # The next commit, which would have noted the first letter, never comes.
    sink.answer("RCPT", None, "554 5.7.1 Relay access denied")
    with pytest.raises(RuntimeError):
        sending.send_due()
    accepted.refresh_from_db()
    refused.refresh_from_db()
    assert (accepted.state, refused.state) == (State.SENT, State.PENDING)
    sink.wait_until(lambda: sink.open == 0)


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_every_letter_once(sink):
    deliveries = bulletin(80)
    together = threading.Barrier(3)

    def work():
        try:
            together.wait(10)
            sending.send_due()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(sink.recipients) == sorted(each.address for each in deliveries)
    assert tally() == {State.SENT: 80}
    assert Message.objects.get().tally == {"sent": 80}
