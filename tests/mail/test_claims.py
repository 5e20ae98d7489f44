"""Which letters a worker gets, in which order, and that no other gets them."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from icrtop.mail import claims
from icrtop.mail.models import LEASED, Delivery, Message, Priority, State, Suppression
from icrtop.mail.moves import MOVES
from tests.factories.mail import DeliveryFactory, MessageFactory

MISSED_AFTER = timedelta(hours=django_settings.MAIL_MISSED_AFTER_HOURS)


def state_of(delivery: Delivery) -> str:
    return Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk)


@pytest.mark.django_db
def test_a_claim_takes_the_most_urgent_up_to_its_size():
    bulletin = MessageFactory(priority=Priority.BULK)
    alert = MessageFactory(priority=Priority.ALERT)
    later = DeliveryFactory.create_batch(2, message=bulletin)
    soon = DeliveryFactory.create_batch(2, message=alert)
    at_once = DeliveryFactory()

    batch = claims.claim(4)
    assert batch == [at_once, *soon, later[0]]
    assert {each.state for each in batch} == {State.CLAIMED}
    assert len({each.token for each in batch}) == 1
    assert claims.claim(4) == [later[1]]
    assert claims.claim(4) == []


@pytest.mark.django_db
def test_of_messages_alike_the_older_goes_first_and_within_one_who_waits_longest():
    first, second = MessageFactory.create_batch(2)
    of_second = DeliveryFactory(message=second, next_attempt_at=Now() - timedelta(hours=2))
    newer = DeliveryFactory(message=first, next_attempt_at=Now() - timedelta(minutes=1))
    older = DeliveryFactory(message=first, next_attempt_at=Now() - timedelta(hours=1))
    assert claims.claim(10) == [older, newer, of_second]


@pytest.mark.django_db
def test_a_claim_knows_what_was_to_be_sent_and_until_when_it_holds():
    delivery = DeliveryFactory(name="Jo", merge={"token": "x"}, attempts=2, releases=3)
    (held,) = claims.claim(1)
    assert (held.address, held.name, held.merge) == (delivery.address, "Jo", {"token": "x"})
    assert (held.attempts, held.releases) == (2, 3)
    assert held.lease_until - held.changed == claims.LEASE


@pytest.mark.django_db
def test_a_letter_is_not_claimed_before_its_time():
    DeliveryFactory(next_attempt_at=Now() + timedelta(minutes=1))
    DeliveryFactory(state=State.DEFERRED, next_attempt_at=Now() + timedelta(minutes=1))
    due = DeliveryFactory(state=State.DEFERRED, next_attempt_at=Now() - timedelta(minutes=1))
    assert claims.claim(10) == [due]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state", [each for each in State if State.CLAIMED not in MOVES[each]], ids=str
)
def test_what_is_not_waiting_is_never_claimed(state):
    token = {"token": "00000000-0000-0000-0000-000000000000"} if state in LEASED else {}
    lease = {"lease_until": Now() + timedelta(minutes=1)} if state in LEASED else {}
    DeliveryFactory(state=state, **token, **lease)
    assert claims.claim(1) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "message",
    [
        {"paused_at": Now()},
        {"cancelled_at": Now()},
        {"finished_at": Now()},
        {"scheduled_for": Now() + timedelta(minutes=1)},
        {"scheduled_for": Now() - MISSED_AFTER - timedelta(minutes=1)},
        {"scheduled_for": Now() - timedelta(minutes=1), "paused_at": Now()},
    ],
    ids=["paused", "cancelled", "finished", "scheduled", "missed", "scheduled and paused"],
)
def test_a_message_that_must_not_be_sent_now_yields_no_letter(message):
    held_back = MessageFactory(priority=Priority.TRANSACTIONAL)
    Message.objects.filter(pk=held_back.pk).update(**message)
    DeliveryFactory.create_batch(3, message=held_back)
    other = DeliveryFactory(message__priority=Priority.BULK)
    assert claims.claim(10) == [other]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "message",
    [
        {"scheduled_for": Now() - timedelta(minutes=1)},
        {"scheduled_for": Now() - MISSED_AFTER + timedelta(minutes=1)},
        # It was begun in time, and has taken, or was paused for, longer than that.
        {"scheduled_for": Now() - MISSED_AFTER * 2, "started_at": Now() - MISSED_AFTER},
    ],
    ids=["due", "a little late", "begun in time"],
)
def test_a_message_whose_time_has_come_is_sent(message):
    delivery = DeliveryFactory()
    Message.objects.update(**message)
    assert claims.claim(10) == [delivery]


@pytest.mark.django_db
def test_a_claim_notes_when_a_message_was_begun_and_keeps_to_it():
    message = MessageFactory()
    DeliveryFactory.create_batch(2, message=message)
    untouched = MessageFactory()
    claims.claim(1)
    message.refresh_from_db()
    began = message.started_at
    assert began is not None
    claims.claim(1)
    message.refresh_from_db()
    assert message.started_at == began
    untouched.refresh_from_db()
    assert untouched.started_at is None


@pytest.mark.django_db
def test_an_address_that_was_suppressed_since_gets_no_letter():
    gone, other = DeliveryFactory.create_batch(2)
    Suppression.objects.create(normalised=gone.normalised, reason=Suppression.Reason.BOUNCED)
    assert claims.claim(10) == [other]
    gone.refresh_from_db()
    assert (gone.state, gone.lease_until) == (State.SUPPRESSED, None)
    assert gone.reason == "letters to it come back"


@pytest.mark.django_db
def test_a_claim_of_nothing_but_suppressed_addresses_goes_on_to_the_next():
    # The caller takes an empty batch for the end of all that is due.
    gone = DeliveryFactory.create_batch(3)
    other = DeliveryFactory()
    for delivery in gone:
        Suppression.objects.create(normalised=delivery.normalised, reason=Suppression.Reason.STAFF)
    assert claims.claim(1) == [other]
    assert {state_of(delivery) for delivery in gone} == {State.SUPPRESSED}
    assert claims.claim(1) == []


def scans(node: dict) -> list[dict]:
    """The nodes of a plan that read a table or an index."""
    below = [scan for child in node.get("Plans", []) for scan in scans(child)]
    return [node, *below] if "Scan" in node["Node Type"] else below


@pytest.mark.django_db
def test_a_claim_reads_only_letters_that_are_due_however_many_are_done_or_paused():
    MessageFactory.create_batch(500, finished_at=timezone.now())
    paused = MessageFactory(paused_at=timezone.now())
    missed = MessageFactory(scheduled_for=timezone.now() - MISSED_AFTER * 2)
    under_way = MessageFactory()
    for message, state in (
        (paused, State.PENDING),
        (missed, State.PENDING),
        (under_way, State.SENT),
        (under_way, State.PENDING),
    ):
        Delivery.objects.bulk_create(
            DeliveryFactory.build(message=message, state=state) for _ in range(2000)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mail_message, mail_delivery")
        cursor.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {claims.CLAIM}",
            {
                "size": 10,
                "token": "00000000-0000-0000-0000-000000000000",
                "lease": claims.LEASE,
                "missed_after": MISSED_AFTER,
            },
        )
        ((plan,),) = cursor.fetchone()
    read = {scan["Index Name"]: scan for scan in scans(plan["Plan"]) if "Index Name" in scan}
    assert read.keys() >= {"mail_message_open", "mail_delivery_due"}
    due = read["mail_delivery_due"]
    assert (due["Actual Rows"], due["Actual Loops"]) == (10, 1)
    assert due.get("Rows Removed by Filter", 0) == 0
    assert not [scan for scan in scans(plan["Plan"]) if scan["Node Type"] == "Seq Scan"]


@pytest.mark.django_db(transaction=True)
def test_a_claim_passes_by_what_another_worker_is_claiming():
    message = MessageFactory()
    DeliveryFactory.create_batch(4, message=message)
    claimed, done = threading.Event(), threading.Event()
    theirs = []

    def other_worker():
        try:
            with transaction.atomic():
                theirs.extend(claims.claim(2))
                claimed.set()
                assert done.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=other_worker)
    thread.start()
    assert claimed.wait(10)
    # The other one has not committed: whoever waited for it would never get here.
    ours = claims._claim(10)
    done.set()
    thread.join()
    assert {each.pk for each in ours}.isdisjoint(each.pk for each in theirs)
    assert len(theirs) == len(ours) == 2


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_take_every_letter_once():
    messages = MessageFactory.create_batch(3)
    for message in messages:
        DeliveryFactory.create_batch(20, message=message)
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
    assert len(taken) == 60
    assert sorted(taken) == sorted(Delivery.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_what_a_person_has_to_decide_about_and_what_was_refused_lately():
    for state in State:
        held = state in LEASED
        DeliveryFactory(
            state=state,
            token="00000000-0000-0000-0000-000000000000" if held else None,
            lease_until=Now() + timedelta(minutes=1) if held else None,
        )
    assert [each.state for each in Delivery.objects.uncertain()] == [State.UNCERTAIN]
    now = timezone.now()
    yesterday, tomorrow = now - timedelta(days=1), now + timedelta(days=1)
    assert [each.state for each in Delivery.objects.refused_since(yesterday)] == [State.FAILED]
    assert not Delivery.objects.refused_since(tomorrow).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("message", "is_overdue"),
    [
        ({}, True),
        ({"scheduled_for": Now() - timedelta(hours=2)}, True),
        ({"scheduled_for": Now() - timedelta(minutes=30)}, False),
        ({"scheduled_for": Now() + timedelta(hours=1)}, False),
        ({"paused_at": Now()}, False),
        ({"cancelled_at": Now()}, False),
        ({"finished_at": Now()}, False),
        ({"priority": Priority.BULK}, True),
        ({"priority": Priority.BULK, "started_at": Now()}, False),
    ],
)
def test_what_should_have_gone_long_ago(message, is_overdue):
    late = DeliveryFactory(next_attempt_at=Now() - timedelta(hours=2))
    DeliveryFactory(message=late.message)
    Message.objects.update(**message)
    overdue = list(Delivery.objects.overdue(timedelta(hours=1)))
    assert overdue == ([late] if is_overdue else [])


@pytest.mark.django_db
@pytest.mark.parametrize("stopped", ["paused_at", "cancelled_at"])
def test_a_message_that_is_stopped_while_its_letters_are_claimed_gets_them_back(
    monkeypatch, stopped
):
    other = DeliveryFactory()
    late = DeliveryFactory()
    claim = claims._claim

    def claim_while_somebody_stops(size: int) -> list[Delivery]:
        taken = claim(size)
        # Who stops it does not see the claim, which is not committed yet.
        Message.objects.filter(pk=late.message_id).update(**{stopped: Now()})
        return taken

    monkeypatch.setattr(claims, "_claim", claim_while_somebody_stops)
    assert claims.claim(10) == [other]
    late.refresh_from_db()
    assert (late.state, late.lease_until) == (State.PENDING, None)
