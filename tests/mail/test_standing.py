"""How a message stands: one way for each, the same in lists, filters and words."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from icrtop.mail.admin.standing import Standing, in_words, messages_that_are, with_standing
from icrtop.mail.models import Message
from tests.factories.mail import MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def messages():
    now = timezone.now()
    long_ago = now - timedelta(days=1)
    messages = {
        "new": MessageFactory(),
        "begun": MessageFactory(started_at=now),
        "scheduled": MessageFactory(scheduled_for=now + timedelta(days=1)),
        "due": MessageFactory(scheduled_for=now - timedelta(hours=1)),
        "paused": MessageFactory(paused_at=now, reason="A typo"),
        "paused before its time": MessageFactory(
            paused_at=now, scheduled_for=now + timedelta(days=1)
        ),
        "paused on its way": MessageFactory(
            paused_at=now, scheduled_for=long_ago, started_at=long_ago
        ),
        "missed": MessageFactory(scheduled_for=long_ago),
        "missed unnoticed": MessageFactory(scheduled_for=long_ago),
        "cancelled": MessageFactory(cancelled_at=now, finished_at=now, reason="Wrong date"),
        "being cancelled": MessageFactory(cancelled_at=now, paused_at=now),
        "finished": MessageFactory(started_at=now, finished_at=now),
    }
    Message.objects.filter(pk=messages["missed"].pk).update(paused_at=now)
    return {name: message.pk for name, message in messages.items()}


def test_each_message_stands_in_one_way(messages):
    standing = {each.pk: each.standing for each in with_standing(Message.objects.all())}
    assert {name: standing[pk] for name, pk in messages.items()} == {
        "new": "sending",
        "begun": "sending",
        "scheduled": "scheduled",
        "due": "sending",
        "paused": "paused",
        "paused before its time": "paused",
        "paused on its way": "paused",
        "missed": "missed",
        "missed unnoticed": "missed",
        "cancelled": "cancelled",
        "being cancelled": "cancelled",
        "finished": "finished",
    }


def test_what_is_found_by_standing_is_what_stands_like_this(messages):
    for standing in Standing:
        found = set(
            Message.objects.filter(messages_that_are(standing)).values_list("pk", flat=True)
        )
        shown = {
            each.pk for each in with_standing(Message.objects.all()) if each.standing == standing
        }
        assert found == shown != set()


def test_words_say_why_and_when(messages):
    words = {each.pk: in_words(each) for each in with_standing(Message.objects.all())}
    assert words[messages["new"]] == "About to be sent"
    assert words[messages["begun"]] == "Sending"
    assert words[messages["paused"]] == "Paused: A typo"
    assert words[messages["cancelled"]] == "Cancelled: Wrong date"
    assert words[messages["being cancelled"]] == "Being cancelled"
    assert re.match(r"Waits until \d+ \w+ \d{4}, \d\d:\d\d$", words[messages["scheduled"]])
    assert words[messages["missed"]].startswith("Waits for you: it missed its time")
