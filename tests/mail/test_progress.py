"""How far a message has got: numbers, rate, time left."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from icrtop.mail import finishing
from icrtop.mail.models import LEASED, OPEN, Delivery, Message, State
from icrtop.mail.progress import Progress, progress
from tests.factories.mail import DeliveryFactory, MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def message() -> Message:
    return MessageFactory(started_at=Now() - timedelta(hours=1))


def add(message: Message, state: str, number: int, ago: timedelta = timedelta(hours=1)) -> None:
    held = {"token": uuid.uuid4(), "lease_until": Now() + timedelta(minutes=5)}
    DeliveryFactory.create_batch(
        number,
        message=message,
        state=state,
        changed=Now() - ago,
        **(held if state in LEASED else {}),
    )


def now(message: Message) -> Progress:
    return progress(Message.objects.get(pk=message.pk))


def test_every_letter_is_counted_where_it_stands(message):
    for number, state in enumerate(State, start=1):
        add(message, state, number)
    DeliveryFactory(state=State.SENT)
    found = now(message)
    assert {state: found[state] for state in State} == {
        state: number for number, state in enumerate(State, start=1)
    }
    assert found.total == 45
    assert found.open == sum(found[state] for state in OPEN)
    assert found.done == found.total - found.open


def test_a_message_without_letters_has_nothing_of_anything(message):
    found = now(message)
    assert (found.total, found.open, found.done) == (0, 0, 0)
    assert found[State.SENT] == 0
    assert found.time_left is None


def test_the_rate_is_that_of_the_last_minute(message):
    add(message, State.SENT, 5, ago=timedelta(minutes=2))
    add(message, State.SENT, 12, ago=timedelta(seconds=30))
    # Only what has been sent counts.
    add(message, State.FAILED, 3, ago=timedelta(seconds=30))
    add(message, State.PENDING, 24, ago=timedelta(seconds=30))
    found = now(message)
    assert found.per_second == pytest.approx(12 / 60)
    assert found.time_left == timedelta(seconds=24 * 60 / 12)


def test_a_message_that_began_just_now_is_measured_since_then(message):
    add(message, State.SENT, 20, ago=timedelta(seconds=5))
    add(message, State.PENDING, 40)
    Message.objects.update(started_at=Now() - timedelta(seconds=10))
    found = now(message)
    # A test may itself be slow, but never faster than the clock.
    assert 20 / 60 <= found.per_second <= 20 / 10
    assert found.time_left >= timedelta(seconds=20)


def test_in_the_first_second_the_rate_is_not_beyond_measure(message):
    add(message, State.SENT, 7, ago=timedelta())
    Message.objects.update(started_at=timezone.now() + timedelta(seconds=5))
    assert now(message).per_second == 7


def test_without_a_rate_there_is_no_time_left(message):
    add(message, State.SENT, 5)
    add(message, State.PENDING, 5)
    found = now(message)
    assert found.per_second == 0
    assert found.time_left is None


def test_what_is_done_needs_no_time(message):
    add(message, State.SENT, 5, ago=timedelta(seconds=1))
    assert now(message).time_left is None


def test_a_message_that_was_not_begun_has_no_rate():
    message = MessageFactory()
    add(message, State.PENDING, 3)
    found = now(message)
    assert (found.open, found.per_second, found.time_left) == (3, 0, None)


def test_of_a_finished_message_the_numbers_are_recalled_and_not_counted(
    message, django_assert_num_queries
):
    add(message, State.SENT, 3, ago=timedelta(seconds=1))
    add(message, State.SUPPRESSED, 2)
    add(message, State.FAILED, 1)
    finishing.finish_messages()
    finished = Message.objects.get(pk=message.pk)
    # Deleted later, the letters still count.
    Delivery.objects.all().delete()
    with django_assert_num_queries(0):
        found = progress(finished)
    assert found.tally == {"sent": 3, "suppressed": 2, "failed": 1}
    assert (found.total, found.open, found.done) == (6, 0, 6)
    assert (found.per_second, found.time_left) == (0, None)


def test_one_question_to_the_database_for_any_number_of_letters(message, django_assert_num_queries):
    add(message, State.PENDING, 50)
    message = Message.objects.get(pk=message.pk)
    with django_assert_num_queries(1):
        progress(message)
