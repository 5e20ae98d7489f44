"""A database that is away for a moment costs nobody what the mail server said."""

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from icrtop.mail import claims, outcomes, patience
from icrtop.mail.models import Delivery, State
from icrtop.mail.patience import patiently
from tests.factories.mail import DeliveryFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.01)


def kill_connection() -> None:
    """Have the server end our connection, as it does to all when it restarts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [ours])
    finally:
        other.close()


def test_a_connection_that_was_lost_is_replaced_and_the_work_done():
    delivery = DeliveryFactory()
    (held,) = claims.claim(1)
    kill_connection()
    assert outcomes.begin_sending([held]) == {delivery.pk}
    kill_connection()
    outcomes.record_sent([(held, "250 OK")])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.server_reply) == (State.SENT, "250 OK")


@pytest.mark.parametrize(
    "function",
    [
        lambda held: claims.claim(1),
        lambda held: claims.expire_leases(),
        lambda held: claims.still_ours([held]),
        lambda held: claims.release([held], "Lost"),
        lambda held: claims.postpone([held], 5),
        lambda held: outcomes.record_failed(held, "550 No", ""),
        lambda held: outcomes.record_deferred(held, "450 Later"),
        lambda held: outcomes.record_put_back(held, "554 Spam"),
        lambda held: outcomes.record_uncertain(held, "Lost"),
    ],
)
def test_whatever_a_worker_does_outlasts_a_lost_connection(function):
    DeliveryFactory.create_batch(2)
    (held,) = claims.claim(1)
    kill_connection()
    function(held)


def test_a_commit_that_was_not_heard_of_is_repeated_without_harm():
    first, second = DeliveryFactory.create_batch(2)
    held = claims.claim(2)
    outcomes.begin_sending(held[:1])
    lost = []

    def lose_the_answer(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql == outcomes.BEGIN and not lost:
            lost.append(1)
            raise OperationalError("server closed the connection unexpectedly")
        return result

    with connection.execute_wrapper(lose_the_answer):
        assert outcomes.begin_sending(held[1:], [(held[0], "250 OK")]) == {second.pk}
    assert lost == [1]
    first.refresh_from_db()
    assert (first.state, first.attempts) == (State.SENT, 1)


def test_within_a_transaction_nothing_is_repeated():
    calls = []

    @patiently
    def fail():
        calls.append(1)
        raise OperationalError("away")

    with pytest.raises(OperationalError), transaction.atomic():
        fail()
    assert calls == [1]


def test_a_transaction_of_its_own_is_repeated_as_a_whole():
    calls = []

    @patiently
    @transaction.atomic
    def write_and_lose():
        DeliveryFactory(address=f"try{len(calls)}@example.org")
        calls.append(1)
        if len(calls) == 1:
            kill_connection()
        Delivery.objects.count()

    write_and_lose()
    assert calls == [1, 1]
    assert Delivery.objects.get().address == "try1@example.org"


def test_after_a_while_it_says_that_the_database_is_away(monkeypatch, caplog):
    calls = []
    monkeypatch.setattr(patience, "SECONDS", 0.2)

    @patiently
    def fail():
        calls.append(1)
        raise OperationalError("away")

    with pytest.raises(OperationalError, match="away"):
        fail()
    assert len(calls) > 1
    assert "trying again" in caplog.text


@pytest.mark.parametrize("error", [IntegrityError, DatabaseError, ValueError])
def test_what_is_no_lost_connection_is_not_repeated(error):
    calls = []

    @patiently
    def fail():
        calls.append(1)
        raise error("wrong")

    with pytest.raises(error, match="wrong"):
        fail()
    assert calls == [1]
