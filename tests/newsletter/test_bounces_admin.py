"""What came back, in the admin; and how much of it there is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from icrtop.mail.erasing import erase_address
from icrtop.mail.models import Message
from newsletter.bounces.counting import bounced, forget, held_about
from newsletter.models import Bounce, Subscriber
from tests.mail.staff import text_of, user_with
from tests.newsletter.came_back import NAMES, came_back, letter, report

pytestmark = pytest.mark.django_db

Kind = Bounce.Kind
STAFF = ("view_bounce", "view_delivery", "view_subscriber")


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"


@pytest.fixture
def staff(client):
    client.force_login(user_with(*STAFF))
    return client


def listed(staff, **query) -> str:
    return text_of(staff.get(reverse("bounces:index_results"), query))


def test_bounces_are_listed_with_what_the_server_said(staff):
    delivery = letter()
    came_back(report("postfix_unknown_user", delivery))
    came_back(b"From: jo@example.net\nSubject: Where is my bulletin?\n\nI miss it.")
    page = staff.get(reverse("bounces:index")).content.decode()
    assert delivery.address in page
    assert "User unknown in virtual mailbox table" in page
    assert "5.1.1" in page
    assert "came back for good" in page
    assert reverse("outbox:inspect", args=[delivery.pk]) in page
    assert "Where is my bulletin?" in page


def test_they_are_found_by_kind_and_by_the_beginning_of_an_address(staff):
    hard, soft = letter(), letter()
    came_back(report("postfix_unknown_user", hard))
    came_back(report("mailbox_full", soft))
    assert hard.address in listed(staff, kind="hard")
    assert soft.address not in listed(staff, kind="hard")
    both = listed(staff, kind=["hard", "soft"])
    assert hard.address in both
    assert soft.address in both
    found = listed(staff, q=soft.address[:-3].upper())
    assert soft.address in found
    assert hard.address not in found


def test_a_bounce_leads_to_its_letter_and_its_subscriber(staff):
    delivery = letter()
    bounce = came_back(report("postfix_unknown_user", delivery))
    answer = staff.get(reverse("bounces:inspect", args=[bounce.pk]))
    page = answer.content.decode()
    assert reverse("outbox:inspect", args=[delivery.pk]) in page
    assert reverse("subscribers:inspect", args=[Subscriber.objects.get().pk]) in page
    assert "letters to it come back" in text_of(answer)


def test_what_was_not_understood_can_be_read_and_does_nothing(staff):
    bounce = came_back(b"From: jo@example.net\nSubject: Hm\n\n<script>alert(1)</script>")
    page = staff.get(reverse("bounces:inspect", args=[bounce.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "jo@example.net" in page


def test_who_may_not_see_letters_or_subscribers_gets_no_links_to_them(client):
    client.force_login(user_with("view_bounce"))
    delivery = letter()
    bounce = came_back(report("postfix_unknown_user", delivery))
    for address in (reverse("bounces:index"), reverse("bounces:inspect", args=[bounce.pk])):
        page = client.get(address).content.decode()
        assert delivery.address in page
        assert reverse("outbox:inspect", args=[delivery.pk]) not in page
        assert "/subscribers/inspect/" not in page


def test_others_are_refused_and_nobody_changes_anything(client, admin_client):
    bounce = came_back(report("postfix_unknown_user", letter()))
    client.force_login(user_with("view_subscriber"))
    for address in (reverse("bounces:index"), reverse("bounces:inspect", args=[bounce.pk])):
        assert client.get(address).status_code == 302
        assert admin_client.get(address).status_code == 200
    for action in ("edit", "delete"):
        assert admin_client.post(f"/admin/bounces/{action}/{bounce.pk}/").status_code == 404
    assert Bounce.objects.get() == bounce


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_can_be_looked_at(staff, name):
    bounce = came_back(report(name, letter()))
    assert staff.get(reverse("bounces:index")).status_code == 200
    assert staff.get(reverse("bounces:inspect", args=[bounce.pk])).status_code == 200


def test_a_long_list_takes_no_more_queries_than_a_short_one(staff):
    counts = []
    for more in (1, 1, 20):  # The first request of a new site writes its settings.
        for _each in range(more):
            came_back(report("postfix_unknown_user", letter()))
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse("bounces:index"))
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 20


def test_each_letter_that_came_back_counts_once_for_its_message(django_assert_num_queries):
    hard, soft, fine, never = letter(), letter(), letter(), letter()
    fine_too = letter()
    type(fine_too).objects.filter(pk=fine_too.pk).update(message=hard.message)
    fine_too.refresh_from_db()
    came_back(report("postfix_unknown_user", hard))
    came_back(report("amazon_ses", hard))
    came_back(report("office365_policy", fine_too))
    came_back(report("mailbox_full", soft))
    for name in ("vacation", "greylist_delay", "arf_yahoo"):
        came_back(report(name, fine))
    keys = [each.message_id for each in (hard, soft, fine, never)]
    with django_assert_num_queries(1):
        assert bounced(keys) == {hard.message_id: 2, soft.message_id: 1}
    assert bounced([]) == {}


def test_erasing_an_address_leaves_only_that_a_letter_came_back():
    delivery, other = letter(), letter()
    content = report("qmail", delivery)
    came_back(report("postfix_unknown_user", delivery))
    came_back(report("qmail", other))
    # About no letter of ours, but with the address in its words.
    came_back(content.replace(b"Delivered-To: ", b"X-").replace(b"To: ", b"X: "))
    address, message = delivery.normalised, delivery.message_id
    assert held_about(address).count() == 2
    forget(address)
    erase_address(address, Message.objects.all())
    assert held_about(address).count() == 0
    words = " ".join(f"{b.normalised} {b.detail} {b.excerpt}" for b in Bounce.objects.all())
    assert address not in words
    assert other.normalised in words
    assert bounced([message, other.message_id]) == {message: 1, other.message_id: 1}
