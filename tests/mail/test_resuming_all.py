"""Resuming all messages that were paused by themselves, with one click."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from icrtop.mail import control
from icrtop.mail.models import Message, State
from tests.mail.staff import (
    address_of,
    confirm,
    controller,
    hidden_fields,
    logged,
    message_with,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(controller())
    return client


@pytest.fixture
def messages(staff):
    """Three of which the login was refused, one that staff has paused, one that is late."""
    refused = [message_with({State.PENDING: 2}) for _each in range(3)]
    for message in refused:
        control.pause(message, "The mail server refused our login")
    by_hand = message_with({State.PENDING: 10})
    confirm(staff, address_of(by_hand, "pause"), why="A typo")
    late = message_with({State.PENDING: 7}, scheduled_for=timezone.now() - timedelta(days=1))
    control.hold_missed()
    return [*refused, by_hand, late]


def test_it_resumes_what_no_person_has_paused_and_is_not_late(staff, messages):
    listed = staff.get(reverse("messages:index")).content.decode()
    assert reverse("messages:resume_all") in listed
    asked, done = confirm(staff, reverse("messages:resume_all"))
    assert "6 letters will be sent when you resume." in text_of(asked)
    assert "They belong to 3 messages" in text_of(asked)
    assert "The mail server refused our login (3 messages)" in text_of(asked)
    assert "6 letters will now be sent." in text_of(done)
    held = set(Message.objects.held().values_list("pk", flat=True))
    assert held == {message.pk for message in messages[3:]}
    assert logged(messages[0]) == [("mail.resume", {"letters": 2})]

    again = staff.post(reverse("messages:resume_all"), hidden_fields(asked), follow=True)
    assert "Nothing was done: no message waits to be resumed." in text_of(again)
    listed = staff.get(reverse("messages:index")).content.decode()
    assert reverse("messages:resume_all") not in listed


def test_other_numbers_than_were_agreed_to_are_asked_about_again(staff, messages):
    asked = staff.get(reverse("messages:resume_all"))
    another = message_with({State.PENDING: 1})
    control.pause(another, "The mail server refused our login")
    answer = staff.post(reverse("messages:resume_all"), hidden_fields(asked))
    assert "Nothing was done." in text_of(answer)
    assert hidden_fields(answer) == {"letters": "7", "messages": "4"}
    assert Message.objects.held().count() == 6


def test_a_message_that_staff_has_resumed_since_is_among_them_again(staff, messages):
    by_hand = messages[3]
    confirm(staff, address_of(by_hand, "resume"))
    control.pause(by_hand, "The mail server refused our login")
    asked = staff.get(reverse("messages:resume_all"))
    assert hidden_fields(asked) == {"letters": "16", "messages": "4"}
