"""For how long a worker holds a letter, and how it gives it back."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from icrtop.mail import claims, control, outcomes
from icrtop.mail.models import LEASED, Delivery, State
from tests.factories.mail import DeliveryFactory

pytestmark = pytest.mark.django_db


def let_leases_expire() -> None:
    Delivery.objects.filter(state__in=LEASED).update(lease_until=Now() - timedelta(seconds=1))


def state_of(delivery: Delivery) -> str:
    return Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk)


def test_a_lease_that_ran_out_before_sending_frees_the_letter():
    delivery = DeliveryFactory()
    old = claims.claim(1)
    claims.expire_leases()
    assert state_of(delivery) == State.CLAIMED

    let_leases_expire()
    claims.expire_leases()
    assert state_of(delivery) == State.PENDING

    new = claims.claim(1)
    assert not outcomes.begin_sending(old)
    assert not outcomes.record_failed(old[0], "550 No", "")
    assert claims.release(old) == 0
    assert claims.postpone(old, 60) == 0
    assert claims.still_ours(old) == set()
    assert state_of(delivery) == State.CLAIMED
    assert outcomes.begin_sending(new)


def test_a_lease_that_ran_out_while_sending_leaves_the_letter_to_a_person(caplog):
    delivery = DeliveryFactory()
    held = claims.claim(1)
    assert outcomes.begin_sending(held)
    let_leases_expire()
    claims.expire_leases()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.lease_until) == (State.UNCERTAIN, None)
    assert "may have arrived" in delivery.reason
    assert claims.claim(1) == []
    assert "1 letters may or may not have been sent" in caplog.text


def test_what_was_given_back_because_the_server_is_away_waits_twice_as_long_each_time():
    delivery = DeliveryFactory()
    waits = []
    for _attempt in range(7):
        Delivery.objects.update(next_attempt_at=Now())
        assert claims.release(claims.claim(1), "Connection refused") == 1
        delivery.refresh_from_db()
        waits.append((delivery.next_attempt_at - delivery.changed).total_seconds())
    assert waits == [20, 40, 80, 160, 320, 600, 600]
    assert (delivery.state, delivery.attempts, delivery.token) == (State.PENDING, 0, None)
    assert delivery.server_reply == "Connection refused"


def test_what_has_waited_often_goes_again_with_what_is_new():
    # A bulletin that found no server all night must not keep a new letter from trying at once.
    DeliveryFactory(releases=9)
    DeliveryFactory(releases=0)
    claims.release(claims.claim(2), "Connection refused")
    waits = {each.next_attempt_at - each.changed for each in Delivery.objects.all()}
    assert waits == {claims.FIRST_RELEASE_WAIT}


def test_a_letter_can_be_put_behind_others_that_wait_for_the_server():
    DeliveryFactory()
    claims.release(claims.claim(1), "Lost", behind_others=True)
    delivery = Delivery.objects.get()
    assert delivery.next_attempt_at - delivery.changed == claims.FIRST_RELEASE_WAIT * 2


def test_what_was_not_tried_goes_back_as_it_was():
    before = DeliveryFactory(
        server_reply="450 Once", next_attempt_at=timezone.now() - timedelta(minutes=5)
    )
    assert claims.release(claims.claim(1), wait=False) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.releases) == (State.PENDING, 0)
    assert delivery.server_reply == "450 Once"
    assert delivery.next_attempt_at == before.next_attempt_at


def test_a_letter_that_is_put_off_comes_back_when_its_turn_has_come():
    DeliveryFactory()
    assert claims.postpone(claims.claim(1), 7.5) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.releases, delivery.token) == (State.PENDING, 0, None)
    assert delivery.next_attempt_at - delivery.changed == timedelta(seconds=7.5)
    assert claims.claim(1) == []


def test_what_is_leaving_cannot_be_given_back():
    delivery = DeliveryFactory()
    held = claims.claim(1)
    outcomes.begin_sending(held)
    assert claims.release(held, "Lost") == 0
    assert claims.postpone(held, 1) == 0
    assert state_of(delivery) == State.SENDING


def test_a_worker_can_ask_which_of_its_letters_it_still_holds():
    paused = DeliveryFactory()
    withdrawn = DeliveryFactory(message__list_id="news.example.org")
    kept = DeliveryFactory()
    held = claims.claim(3)
    control.pause(paused.message, "Wait")
    control.withdraw(withdrawn.address)
    assert claims.still_ours(held) == {kept.pk}
