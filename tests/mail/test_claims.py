"""Who holds a letter, for how long, and which moves there are."""

import threading
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from icrtop.mail import claims
from icrtop.mail.models import LEASED, MOVES, Delivery, State
from tests.factories.mail import DeliveryFactory, MessageFactory


def let_leases_expire() -> None:
    Delivery.objects.filter(state__in=LEASED).update(lease_until=Now() - timedelta(seconds=1))


def state_of(delivery: Delivery) -> str:
    return Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk)


@pytest.mark.django_db
def test_a_claim_takes_the_most_urgent_up_to_its_size():
    later = DeliveryFactory(priority=90)
    soon = DeliveryFactory(priority=10)
    DeliveryFactory(priority=90)
    DeliveryFactory(priority=10, next_attempt_at=Now() + timedelta(minutes=1))

    batch = claims.claim(2)
    assert batch == [soon, later]
    assert {each.state for each in batch} == {State.CLAIMED}
    assert len({each.token for each in batch}) == 1
    assert len(claims.claim(2)) == 1
    assert claims.claim(2) == []


@pytest.mark.django_db(transaction=True)
def test_a_claim_passes_by_what_another_worker_is_claiming():
    DeliveryFactory.create_batch(2)
    claimed, done = threading.Event(), threading.Event()
    theirs = []

    def other_worker():
        try:
            with transaction.atomic():
                theirs.extend(claims.claim(1))
                claimed.set()
                assert done.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=other_worker)
    thread.start()
    assert claimed.wait(10)
    ours = claims.claim(10)
    done.set()
    thread.join()
    assert len(theirs) == len(ours) == 1
    assert theirs != ours


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_take_every_letter_once():
    message = MessageFactory()
    DeliveryFactory.create_batch(60, message=message)
    taken, together = [], threading.Barrier(4)

    def worker():
        try:
            together.wait(10)
            while batch := claims.claim(3):
                taken.extend(each.pk for each in batch)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(message.deliveries.values_list("pk", flat=True))


@pytest.mark.django_db
def test_a_lease_that_ran_out_before_sending_frees_the_letter():
    delivery = DeliveryFactory()
    (old,) = claims.claim()
    claims.expire_leases()
    assert state_of(delivery) == State.CLAIMED

    let_leases_expire()
    claims.expire_leases()
    assert state_of(delivery) == State.PENDING

    (new,) = claims.claim()
    assert not claims.begin_sending(old)
    assert not claims.record_failed(old, "550 No", "")
    assert claims.release([old]) == 0
    assert state_of(delivery) == State.CLAIMED
    assert claims.begin_sending(new)


@pytest.mark.django_db
def test_a_worker_that_wakes_up_too_late_does_not_begin_even_if_nobody_noticed():
    DeliveryFactory()
    (held,) = claims.claim()
    let_leases_expire()
    assert not claims.begin_sending(held)


@pytest.mark.django_db
def test_a_lease_that_ran_out_while_sending_leaves_the_letter_to_a_person():
    delivery = DeliveryFactory()
    (held,) = claims.claim()
    assert claims.begin_sending(held)
    let_leases_expire()
    claims.expire_leases()
    assert state_of(delivery) == State.UNCERTAIN
    assert claims.claim() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("record", "state"),
    [
        (lambda held: claims.record_sent(held, "250 OK"), State.SENT),
        (lambda held: claims.record_failed(held, "550 No", ""), State.FAILED),
        (lambda held: claims.record_deferred(held, "450 Later"), State.DEFERRED),
        (lambda held: claims.release([held], "lost"), State.PENDING),
    ],
)
def test_a_worker_thought_dead_may_still_say_what_the_server_said(record, state):
    delivery = DeliveryFactory()
    (held,) = claims.claim()
    claims.begin_sending(held)
    let_leases_expire()
    claims.expire_leases()
    assert record(held)
    assert state_of(delivery) == state


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state", [each for each in State if State.CLAIMED not in MOVES[each]], ids=str
)
def test_what_is_not_due_is_never_claimed(state):
    token = {"token": "00000000-0000-0000-0000-000000000000"} if state in LEASED else {}
    lease = {"lease_until": Now() + timedelta(minutes=1)} if state in LEASED else {}
    DeliveryFactory(state=state, **token, **lease)
    assert claims.claim() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "to"),
    [(start, to) for start, to in product(State, State) if to not in MOVES[start]],
    ids=lambda state: state.value,
)
def test_a_move_that_the_table_does_not_have_is_refused(start, to):
    with pytest.raises(claims.IllegalMove):
        claims._move(DeliveryFactory.build(pk=1), [start], to)


@pytest.mark.django_db
def test_a_letter_cannot_be_sent_before_it_was_noted_that_it_leaves():
    delivery = DeliveryFactory()
    (held,) = claims.claim()
    assert not claims.record_sent(held, "250 OK")
    assert state_of(delivery) == State.CLAIMED


@pytest.mark.django_db
def test_what_waits_and_what_is_stuck():
    token = "00000000-0000-0000-0000-000000000000"
    for state in State:
        held = state in LEASED
        DeliveryFactory(
            state=state,
            token=token if held else None,
            lease_until=Now() + timedelta(minutes=1) if held else None,
        )
    waiting = set(Delivery.objects.waiting().values_list("state", flat=True))
    stuck = set(Delivery.objects.stuck().values_list("state", flat=True))
    assert waiting == {State.PENDING, State.DEFERRED, State.CLAIMED, State.SENDING}
    assert stuck == {State.FAILED, State.UNCERTAIN}


@pytest.mark.django_db
def test_what_should_have_gone_long_ago():
    late = DeliveryFactory(next_attempt_at=Now() - timedelta(hours=2))
    DeliveryFactory()
    assert list(Delivery.objects.overdue(timedelta(hours=1))) == [late]
