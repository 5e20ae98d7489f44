"""Messages in the admin: their list, their page, and what of it is fetched again and again."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from icrtop.breaker import redis_breaker
from icrtop.mail import control
from icrtop.mail.finishing import finish_messages
from icrtop.mail.models import Priority, State
from tests.factories.mail import MessageFactory
from tests.mail.staff import message_with, text_of, user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def log_in(client):
    """Give it permissions for a browser of somebody who may enter the admin, and has these."""

    def log_in(*codenames):
        client.force_login(user_with(*codenames))
        return client

    return log_in


@pytest.fixture
def staff(log_in):
    """Somebody who may look at messages and letters, and no more."""
    return log_in("view_message", "view_delivery")


def page_of(client, message):
    response = client.get(reverse("messages:inspect", args=[message.pk]))
    assert response.status_code == 200
    return response


def listed(client, **query):
    return client.get(reverse("messages:index_results"), query)


def deliveries_asked(queries):
    return [each["sql"] for each in queries if 'FROM "mail_delivery"' in each["sql"]]


class TestList:
    def test_a_row_says_how_it_stands_and_counts_its_letters(self, staff):
        message = message_with(
            {State.SENT: 3, State.FAILED: 2, State.UNCERTAIN: 1, State.PENDING: 1},
            purpose="newsletter.confirm",
            started_at=timezone.now(),
        )
        row = text_of(listed(staff))
        assert message.subject in row
        assert "Sending" in row
        assert "3 of 7 2 1 Newsletter: confirm" in row

    def test_finished_messages_are_listed_without_a_look_at_their_letters(self, staff):
        message_with({State.SENT: 3, State.FAILED: 1})
        finish_messages()
        staff.get(reverse("messages:index"))  # The first request of a new site writes its settings.
        with CaptureQueriesContext(connection) as queries:
            page = text_of(listed(staff))
        assert "3 of 4" in page
        assert deliveries_asked(queries) == []

    def test_a_long_list_takes_no_more_queries_than_a_short_one(self, log_in):
        operator = log_in("view_message", "control_message", "view_delivery")
        counts = []
        for more in (1, 1, 30):
            for _each in range(more):
                control.pause(message_with({State.PENDING: 1}), "No login")
            with CaptureQueriesContext(connection) as queries:
                operator.get(reverse("messages:index"))
            counts.append(len(queries))
        assert counts[1] == counts[2] <= 25

    def test_messages_are_found_by_how_they_stand_list_purpose_and_subject(self, staff):
        MessageFactory(subject="Bulletin", list_id="bulletin", purpose="newsletter.bulletin")
        held = MessageFactory(subject="Alert 7", list_id="alerts", purpose="newsletter.alert")
        control.pause(held, "A typo")

        def found(**query):
            page = listed(staff, **query).content.decode()
            return {
                subject
                for subject in ("Bulletin", "Alert 7")
                if f">{subject}<" in re.sub(r">\s+|\s+<", lambda m: m.group().strip(), page)
            }

        assert found() == {"Bulletin", "Alert 7"}
        assert found(standing=["paused", "missed"]) == {"Alert 7"}
        assert found(standing="sending") == {"Bulletin"}
        assert found(list_id="alerts") == {"Alert 7"}
        assert found(purpose="newsletter.bulletin") == {"Bulletin"}
        assert found(q="ALERT") == {"Alert 7"}
        assert found(q="7", standing="sending") == set()


class TestPage:
    def test_it_counts_letters_and_leads_to_them(self, staff):
        states = {
            State.SENT: 9,
            State.PENDING: 8,
            State.CLAIMED: 3,
            State.SENDING: 4,
            State.DEFERRED: 6,
            State.FAILED: 5,
            State.UNCERTAIN: 2,
            State.SUPPRESSED: 1,
        }
        message = message_with(states, started_at=timezone.now() - timedelta(minutes=5))
        response = page_of(staff, message)
        page, text = response.content.decode(), text_of(response)
        for words in (
            "17 of 38 letters are done (44 %).",
            "9 sent",
            "8 waiting",
            "7 being sent",
            "6 refused for now",
            "5 refused",
            "2 perhaps sent",
            "1 not sent: address suppressed",
            "0 not sent: cancelled",
            "9 letters a minute",
            "Time left: about 2 minutes.",
        ):
            assert words in text
        assert f"/admin/outbox/?message={message.pk}&amp;state=claimed&amp;state=sending" in page
        assert '<progress class="outbox-bar" max="100" value="44"' in page

        being_sent = staff.get(
            reverse("outbox:index_results"),
            {"message": message.pk, "state": ["claimed", "sending"]},
        )
        assert "There are 7 matches" in text_of(being_sent)

    def test_who_may_not_see_letters_gets_numbers_without_links(self, log_in):
        message = message_with({State.SENT: 1})
        page = page_of(log_in("view_message"), message)
        assert "/admin/outbox/" not in page.content.decode()
        assert "1 sent" in text_of(page)

    def test_it_says_what_became_of_those_who_were_asked_for(self, staff):
        message = MessageFactory(candidates=1010, duplicates=9, unusable=1)
        assert (
            "1,010 recipients were asked for. 9 were the same address once more. 1 had no address "
            "that can be written to. That makes 1,000 letters." in text_of(page_of(staff, message))
        )

    def test_nothing_in_a_message_breaks_out_of_the_page(self, log_in):
        evil = '"><script>alert(1)</script>'
        message = message_with(
            {State.PENDING: 1},
            subject=evil,
            sender=f"{evil} <a@example.org>",
            purpose=evil,
            html=f"<p>{evil}</p>",
            text=evil,
            headers={"List-Id": evil},
            list_id=evil,
            priority=Priority.BULK,
        )
        control.pause(message, evil)
        staff = log_in("view_message", "view_delivery", "control_message")
        for address in (
            reverse("messages:inspect", args=[message.pk]),
            reverse("messages:progress", args=[message.pk]),
            reverse("messages:action", args=[message.pk, "resume"]),
            reverse("messages:resume_all"),
            reverse("messages:index"),
            f"{reverse('messages:index')}?list_id={evil}",
            f"{reverse('outbox:index')}?message={message.pk}",
        ):
            response = staff.get(address)
            assert response.status_code == 200
            page = response.content.decode()
            assert "<script>alert(1)" not in page
            assert "&lt;script&gt;alert(1)" in page
        assert "sandbox srcdoc" in page_of(staff, message).content.decode()

    def test_nobody_adds_edits_or_deletes_a_message(self, admin_client):
        message = MessageFactory()
        for view in ("add", "edit", "delete", "copy", "history"):
            with pytest.raises(NoReverseMatch):
                reverse(f"messages:{view}", args=[] if view == "add" else [message.pk])
        page = page_of(admin_client, message).content.decode()
        assert "/edit/" not in page
        assert "/delete/" not in page

    def test_it_is_closed_to_those_who_may_not_look(self, log_in):
        message = MessageFactory()
        other = log_in("view_delivery")
        for address in (
            reverse("messages:index"),
            reverse("messages:inspect", args=[message.pk]),
            reverse("messages:progress", args=[message.pk]),
        ):
            assert other.get(address).status_code == 302
        # The script that fetches the progress must not take the first page for it.
        asked = other.get(
            reverse("messages:progress", args=[message.pk]),
            headers={"x-requested-with": "XMLHttpRequest"},
        )
        assert asked.status_code == 403
        home = other.get(reverse("wagtailadmin_home")).content.decode()
        assert reverse("messages:index") not in home

    def test_a_message_that_is_not_there_is_not_found(self, staff):
        for name in ("inspect", "progress"):
            assert staff.get(reverse(f"messages:{name}", args=[1])).status_code == 404


class TestProgress:
    def fetch(self, client, message):
        response = client.get(
            reverse("messages:progress", args=[message.pk]),
            headers={"x-requested-with": "XMLHttpRequest"},
        )
        assert response.status_code == 200
        return response

    def test_it_is_a_part_of_the_page_and_says_when_to_look_again(self, staff):
        message = message_with({State.PENDING: 1, State.SENT: 1}, started_at=timezone.now())
        response = self.fetch(staff, message)
        fragment = response.content.decode()
        assert "<html" not in fragment
        assert 'data-seconds="2.5"' in fragment
        assert "1 of 2 letters are done (50 %)." in text_of(response)
        control.pause(message, "")
        assert 'data-seconds="15"' in self.fetch(staff, message).content.decode()

    def test_a_finished_message_is_not_looked_at_again(self, staff):
        message = message_with({State.SENT: 1})
        finish_messages()
        assert 'data-seconds=""' in self.fetch(staff, message).content.decode()
        assert "<noscript>" not in page_of(staff, message).content.decode()

    def test_those_who_watch_together_count_once(self, staff):
        message = message_with({State.PENDING: 1})
        self.fetch(staff, message)
        with CaptureQueriesContext(connection) as queries:
            for _tab in range(10):
                assert "1 waiting" in text_of(self.fetch(staff, message))
        assert deliveries_asked(queries) == []

    def test_it_is_counted_each_time_while_the_cache_is_away(self, staff):
        message = message_with({State.PENDING: 1})
        redis_breaker.trip()
        try:
            assert "1 waiting" in text_of(self.fetch(staff, message))
            message.deliveries.update(state=State.SENT)
            assert "1 sent" in text_of(self.fetch(staff, message))
        finally:
            redis_breaker.reset()

    def test_fewer_queries_than_a_page_of_the_admin(self, staff):
        message = message_with({State.PENDING: 1, State.DEFERRED: 1})
        self.fetch(staff, message)
        with CaptureQueriesContext(connection) as queries:
            self.fetch(staff, message)
        assert len(queries) <= 7


def test_the_first_page_counts_messages_that_wait_for_a_person(staff):
    home = reverse("wagtailadmin_home")
    assert "wait for you" not in text_of(staff.get(home))
    control.pause(message_with({State.PENDING: 1}, subject="Held"), "A typo")
    MessageFactory(subject="Late", scheduled_for=timezone.now() - timedelta(days=1))
    MessageFactory(subject="Going out")
    control.hold_missed()
    page = staff.get(home).content.decode()
    assert "2 messages wait for you" in page
    address = re.search(r'href="(/admin/messages/\?[^"]+)"', page)[1].replace("&amp;", "&")
    held = text_of(staff.get(address))
    assert "Held" in held
    assert "Late" in held
    assert "Going out" not in held


def test_what_is_read_aloud_has_one_full_stop(staff):
    message = message_with({State.PENDING: 1})
    control.pause(message, "A typo.")
    page = text_of(staff.get(reverse("messages:inspect", args=[message.pk])))
    assert "Paused: A typo. 0 per cent done." in page
