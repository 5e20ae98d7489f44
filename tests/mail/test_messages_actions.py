"""What staff do with messages in the admin: each with a page that says what will happen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail import control
from icrtop.mail.control import withdraw
from icrtop.mail.finishing import finish_messages
from icrtop.mail.models import State
from tests.factories.mail import DeliveryFactory
from tests.mail.staff import (
    address_of,
    confirm,
    controller,
    hidden_fields,
    logged,
    message_with,
    states_of,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(controller())
    return client


class TestPause:
    def test_it_says_how_many_letters_will_wait_and_then_they_do(self, staff):
        message = message_with({State.PENDING: 3, State.DEFERRED: 1, State.SENT: 5})
        asked, done = confirm(staff, address_of(message, "pause"), why="A typo")
        assert "4 letters have not been sent yet." in text_of(asked)
        assert "The message is paused. 4 letters wait until somebody resumes it." in text_of(done)
        message.refresh_from_db()
        assert message.paused_at
        assert message.reason == "A typo"
        assert logged(message) == [("mail.pause", {"letters": 4, "why": "A typo"})]
        assert "Paused (4 letters) A typo" in text_of(done)

    def test_a_second_click_does_no_harm_and_says_so(self, staff):
        message = message_with({State.PENDING: 1})
        confirm(staff, address_of(message, "pause"), why="A typo")
        again = staff.post(
            address_of(message, "pause"), {"letters": 1, "messages": 1, "why": "x"}, follow=True
        )
        assert "Nothing was done: “Pause” no longer applies." in text_of(again)
        assert "Paused: A typo" in text_of(again)
        assert len(logged(message)) == 1

    def test_a_reason_that_is_too_long_is_kept_and_said_to_be_so(self, staff):
        message = message_with({State.PENDING: 1})
        page = staff.post(
            address_of(message, "pause"), {"letters": 1, "messages": 1, "why": "x" * 501}
        )
        assert "at most 500 characters" in text_of(page)
        assert "x" * 501 in page.content.decode()
        message.refresh_from_db()
        assert message.paused_at is None


class TestResume:
    def test_it_says_how_many_letters_will_be_sent_and_why_they_wait(self, staff):
        message = message_with({State.PENDING: 4, State.SENT: 2})
        control.pause(message, "The mail server refuses it")
        asked, done = confirm(staff, address_of(message, "resume"))
        assert "4 letters will be sent when you resume." in text_of(asked)
        assert "Why it is paused: The mail server refuses it" in text_of(asked)
        assert "The message is resumed: 4 letters will be sent." in text_of(done)
        message.refresh_from_db()
        assert message.paused_at is None
        again = staff.post(address_of(message, "resume"), hidden_fields(asked), follow=True)
        assert "Nothing was done" in text_of(again)
        assert [action for action, _data in logged(message)] == ["mail.resume"]

    @pytest.mark.parametrize("noticed", [True, False])
    def test_a_message_that_missed_its_time_is_to_be_read_again(self, staff, noticed):
        message = message_with({State.PENDING: 2}, scheduled_for=timezone.now() - timedelta(days=1))
        if noticed:
            control.hold_missed()
        asked, done = confirm(staff, address_of(message, "resume"))
        assert "Read it once more: is what it says still right?" in text_of(asked)
        assert "2 letters will be sent" in text_of(done)
        message.refresh_from_db()
        assert message.paused_at is None
        assert message.started_at

    def test_another_number_than_was_agreed_to_is_asked_about_again(self, staff):
        message = message_with({State.PENDING: 4})
        control.pause(message, "")
        asked = staff.get(address_of(message, "resume"))
        message.deliveries.filter(pk=message.deliveries.first().pk).update(state=State.CANCELLED)

        answer = staff.post(address_of(message, "resume"), hidden_fields(asked))
        assert answer.status_code == 200
        assert "the number has changed from 4 to 3. Nothing was done." in text_of(answer)
        assert "3 letters will be sent when you resume." in text_of(answer)
        message.refresh_from_db()
        assert message.paused_at
        assert logged(message) == []

        staff.post(address_of(message, "resume"), hidden_fields(answer))
        message.refresh_from_db()
        assert message.paused_at is None

    def test_a_number_that_changes_at_the_last_moment_undoes_it(self, staff):
        message = message_with({State.PENDING: 4})
        control.pause(message, "")
        asked = staff.get(address_of(message, "resume"))
        # A worker that comes between counting and resuming.
        with connection.cursor() as cursor:
            cursor.execute(
                """
                CREATE FUNCTION pg_temp.meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    UPDATE mail_delivery SET state = 'cancelled' WHERE id =
                        (SELECT min(id) FROM mail_delivery WHERE message_id = NEW.id);
                    RETURN NEW;
                END $$;
                CREATE TRIGGER meanwhile AFTER UPDATE ON mail_message
                FOR EACH ROW EXECUTE FUNCTION pg_temp.meanwhile();
                """
            )
        answer = staff.post(address_of(message, "resume"), hidden_fields(asked))
        assert answer.status_code == 200
        assert "Nothing was done." in text_of(answer)
        message.refresh_from_db()
        assert message.paused_at
        assert states_of(message) == [State.PENDING] * 4
        assert logged(message) == []


class TestCancel:
    def test_it_says_what_will_not_be_sent_and_cannot_be_undone(self, staff):
        message = message_with({State.PENDING: 3, State.SENT: 2})
        asked, done = confirm(staff, address_of(message, "cancel"), why="Wrong date")
        assert "3 letters will not be sent. This cannot be undone." in text_of(asked)
        assert "2 letters have been sent already." in text_of(asked)
        assert "The message is cancelled: 3 letters will not be sent." in text_of(done)
        assert states_of(message) == [State.CANCELLED] * 3 + [State.SENT] * 2
        assert logged(message) == [("mail.cancel", {"letters": 3, "why": "Wrong date"})]
        again = staff.post(
            address_of(message, "cancel"), {"letters": 3, "messages": 1}, follow=True
        )
        assert "Nothing was done: “Cancel the message” no longer applies." in text_of(again)


class TestRetry:
    def test_letters_refused_for_now_are_tried_at_once(self, staff):
        message = message_with({State.PENDING: 1}, started_at=timezone.now())
        later = timezone.now() + timedelta(hours=1)
        DeliveryFactory.create_batch(
            2, message=message, state=State.DEFERRED, next_attempt_at=later
        )
        asked, done = confirm(staff, address_of(message, "retry"))
        assert "2 letters were refused by the mail server for now." in text_of(asked)
        assert "2 letters are tried again now." in text_of(done)
        deferred = message.deliveries.filter(state=State.DEFERRED)
        assert all(each.next_attempt_at < later for each in deferred)
        again = staff.post(address_of(message, "retry"), {"letters": 2, "messages": 1}, follow=True)
        assert "Nothing was done" in text_of(again)
        assert len(logged(message)) == 1


class TestSendAgain:
    def test_what_may_have_arrived_with_somebody_who_left_is_not_counted(self, staff):
        message = message_with({State.UNCERTAIN: 2}, list_id="bulletin")
        withdraw(message.deliveries.first().address)
        asked, _done = confirm(staff, address_of(message, "send-again"))
        assert "1 person may have the letter already" in text_of(asked)
        assert sorted(message.deliveries.values_list("state", flat=True)) == [
            "pending",
            "uncertain",
        ]

    @pytest.fixture
    def message(self):
        message = message_with({State.UNCERTAIN: 3, State.SENT: 2})
        finish_messages()
        return message

    def test_it_warns_that_people_may_get_it_twice_and_sends_these_alone(self, staff, message):
        asked, done = confirm(staff, address_of(message, "send-again"))
        assert "3 people may have the letter already, and would then get it twice." in text_of(
            asked
        )
        assert "3 letters will be sent again." in text_of(done)
        assert states_of(message) == [State.PENDING] * 3 + [State.SENT] * 2
        message.refresh_from_db()
        assert message.finished_at is None
        again = staff.post(address_of(message, "send-again"), hidden_fields(asked), follow=True)
        assert "Nothing was done" in text_of(again)
        assert len(logged(message)) == 1

    def test_another_number_than_was_agreed_to_is_asked_about_again(self, staff, message):
        answer = staff.post(address_of(message, "send-again"), {"letters": 2, "messages": 1})
        assert answer.status_code == 200
        assert "the number has changed from 2 to 3. Nothing was done." in text_of(answer)
        assert "3 people may have the letter already" in text_of(answer)
        assert states_of(message) == [State.SENT] * 2 + [State.UNCERTAIN] * 3

    def test_without_the_number_nothing_is_sent(self, staff, message):
        answer = staff.post(address_of(message, "send-again"))
        assert hidden_fields(answer)["letters"] == "3"
        assert states_of(message) == [State.SENT] * 2 + [State.UNCERTAIN] * 3

    def test_a_paused_message_says_that_they_wait_until_it_is_resumed(self, staff):
        message = message_with({State.UNCERTAIN: 1, State.PENDING: 1})
        control.pause(message, "")
        asked, _done = confirm(staff, address_of(message, "send-again"))
        assert "nothing is sent before somebody resumes it" in text_of(asked)
        assert states_of(message) == [State.PENDING] * 2
        message.refresh_from_db()
        assert message.paused_at


@pytest.mark.django_db(transaction=True)
def test_two_people_at_the_same_moment_do_it_once():
    message = message_with({State.UNCERTAIN: 3})
    finish_messages()
    address = address_of(message, "send-again")
    together = Barrier(2)

    def click(client):
        try:
            together.wait(timeout=30)
            return client.post(address, {"letters": 3, "messages": 1}).status_code
        finally:
            connection.close()

    clients = []
    for name in ("ann", "ben"):
        client = Client()
        client.force_login(User.objects.create_superuser(f"{name}@example.org", "a long password"))
        clients.append(client)
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(click, clients)) == [302, 302]
    assert logged(message) == [("mail.send_again", {"letters": 3, "why": ""})]
    assert states_of(message) == [State.PENDING] * 3
