"""Many letters over a few connections side by side, to servers with limits and moods."""

import threading
from datetime import timedelta

import pytest
from django.db.models import F

from icrtop.mail import sending, smtp
from icrtop.mail.models import Delivery, Priority, State
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.mail.sink import HANG_UP

pytestmark = pytest.mark.django_db


def bulletin(letters: int) -> list[Delivery]:
    return DeliveryFactory.create_batch(letters, message=MessageFactory(priority=Priority.BULK))


def tally() -> dict[str, int]:
    states = list(Delivery.objects.values_list("state", flat=True))
    return {state: states.count(state) for state in set(states)}


def pass_time(seconds: int) -> None:
    Delivery.objects.update(next_attempt_at=F("next_attempt_at") - timedelta(seconds=seconds))


def test_a_few_letters_go_over_one_connection(sink):
    DeliveryFactory.create_batch(sending.LETTERS_PER_CONNECTION)
    sending.send_due()
    assert tally() == {State.SENT: 5}
    assert sink.connections == 1


@pytest.mark.parametrize("pipelining", [False, True])
def test_many_letters_go_over_a_few_connections_each_once(settings, sink, pipelining):
    settings.MAIL_CONNECTIONS = 3
    sink.pipelining = pipelining
    deliveries = bulletin(100)
    sending.send_due()
    assert sorted(sink.recipients) == sorted(each.address for each in deliveries)
    assert tally() == {State.SENT: 100}
    assert set(Delivery.objects.values_list("server_reply", "attempts")) == {("250 Kept", 1)}
    assert sink.connections == 3
    sink.wait_until(lambda: sink.open == 0)


def test_connections_take_letters_side_by_side(settings, sink, monkeypatch):
    settings.MAIL_CONNECTIONS = 4
    monkeypatch.setattr(sending, "FIRST_BATCH", 20)
    bulletin(20)
    sink.hold("END")
    held = []

    def let_go_once_all_are_held():
        sink.wait_until(lambda: sink.held == 4)
        held.append(sink.held)
        sink.let_go()

    thread = threading.Thread(target=let_go_once_all_are_held)
    thread.start()
    sending.send_due()
    thread.join()
    assert held == [4]
    assert tally() == {State.SENT: 20}


def test_a_server_that_is_slow_to_greet_is_asked_for_one_connection(sink, monkeypatch):
    monkeypatch.setattr(sending, "LONG_GREETING_SECONDS", 0.0)
    bulletin(100)
    sending.send_due()
    assert tally() == {State.SENT: 100}
    assert sink.connections == 1


def test_a_server_that_has_had_enough_of_wrong_addresses_is_asked_again_at_once(settings, sink):
    settings.MAIL_CONNECTIONS = 1
    bulletin(3)
    sink.answer("RCPT", "550 5.1.1 No such user")
    sink.answer("MAIL", None, "421 4.7.0 Too many errors")
    sending.send_due()
    assert tally() == {State.FAILED: 1, State.SENT: 2}
    assert sink.connections == 2


def test_nothing_to_send_opens_no_connection(sink):
    sending.send_due()
    assert sink.connections == 0


@pytest.mark.parametrize("most", [1, 2])
def test_a_server_that_takes_few_connections_gets_all_letters_over_these(settings, sink, most):
    settings.MAIL_CONNECTIONS = 4
    sink.most_connections = most
    bulletin(60)
    sending.send_due()
    assert tally() == {State.SENT: 60}
    assert not Delivery.objects.exclude(releases=0, attempts=1).exists()
    # Those that it takes, and one that shows that it takes no more.
    assert sink.connections == most + 1


@pytest.mark.parametrize("connections", [1, 4, 8])
@pytest.mark.parametrize("letters", [1, 3])
def test_a_server_that_takes_few_letters_per_connection_gets_all_over_many(
    settings, sink, connections, letters
):
    settings.MAIL_CONNECTIONS = connections
    sink.letters_per_connection = letters
    bulletin(40)
    sending.send_due()
    assert tally() == {State.SENT: 40}
    assert not Delivery.objects.exclude(releases=0, attempts=1).exists()


@pytest.mark.parametrize("letters", [3, 12, 30])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_letter_that_kills_every_connection_keeps_no_other_back(sink, letters, position):
    deliveries = bulletin(letters)
    killer = deliveries.pop(position)
    sink.refused[killer.address] = "421 4.3.0 Out of memory"
    for _run in range(3):
        sending.send_due()
        # By then those that were given back are due again, but not the one behind them.
        pass_time(30)
    assert sorted(sink.recipients) == sorted(each.address for each in deliveries)
    killer.refresh_from_db()
    assert killer.state == State.PENDING
    assert killer.releases > 0


def test_a_lost_answer_costs_the_letters_over_other_connections_nothing(sink):
    bulletin(30)
    sink.answer("END", HANG_UP, after=10)
    sending.send_due()
    pass_time(30)
    sending.send_due()
    assert tally() == {State.SENT: 29, State.UNCERTAIN: 1}
    assert len(set(sink.recipients)) == len(sink.recipients) == 30


def test_a_server_that_hangs_over_the_dot_gets_no_more_letters_that_would_be_in_doubt(
    settings, sink, monkeypatch
):
    settings.MAIL_CONNECTIONS = 4
    monkeypatch.setattr(sending, "FIRST_BATCH", 20)
    monkeypatch.setattr(smtp, "FINAL_REPLY_SECONDS", 0.5)
    deliveries = bulletin(20)
    sink.hold("END")
    sending.send_due()
    assert tally() == {State.UNCERTAIN: 4, State.PENDING: 16}
    assert sink.connections == 4

    sink.let_go()
    pass_time(30)
    sending.send_due()
    assert tally() == {State.UNCERTAIN: 4, State.SENT: 16}
    assert sorted(sink.recipients) == sorted(each.address for each in deliveries)
