from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.models import State
from tests.factories.mail import DeliveryFactory, MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    """Someone who may enter the admin and look at the outbox, and no more."""
    user = User.objects.create_user("staff@example.org")
    user.user_permissions.add(
        Permission.objects.get(codename="access_admin"),
        Permission.objects.get(codename="view_delivery"),
    )
    client.force_login(user)
    return client


def test_letters_are_found_by_address_and_by_state(staff):
    DeliveryFactory(address="jo@example.org")
    DeliveryFactory(address="kim@example.org", state=State.FAILED, server_reply="550 Unknown")

    everything = staff.get(reverse("outbox:index")).content.decode()
    assert "jo@example.org" in everything
    assert "550 Unknown" in everything
    searched = staff.get(reverse("outbox:index_results"), {"q": "JO@"}).content.decode()
    assert "jo@example.org" in searched
    assert "kim@example.org" not in searched
    filtered = staff.get(reverse("outbox:index_results"), {"state": "failed"}).content.decode()
    assert "kim@example.org" in filtered
    assert "jo@example.org" not in filtered


def test_a_letter_is_shown_as_its_recipient_gets_it_and_cannot_break_out(staff):
    message = MessageFactory(
        html='<p>Dear [[name]]"><script>alert(1)</script></p>', text="Dear [[name]] <b>"
    )
    delivery = DeliveryFactory(message=message, merge={"name": "Jo"}, reason="Because")
    page = staff.get(reverse("outbox:inspect", args=[delivery.pk])).content.decode()
    assert "Dear Jo &lt;b&gt;" in page
    assert "Dear Jo&quot;&gt;&lt;script&gt;" in page
    assert "sandbox" in page
    assert "<script>alert(1)" not in page
    assert "Because" in page


def test_nobody_changes_what_was_sent(admin_client):
    delivery = DeliveryFactory()
    page = admin_client.get(reverse("outbox:index"))
    assert page.status_code == 200
    for view in ("add", "edit", "delete"):
        with pytest.raises(NoReverseMatch):
            reverse(f"outbox:{view}", args=[] if view == "add" else [delivery.pk])
    assert admin_client.get(reverse("outbox:inspect", args=[delivery.pk])).status_code == 200


def test_the_outbox_is_closed_to_those_who_may_not_look(client):
    user = User.objects.create_user("editor@example.org")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get(reverse("outbox:index")).status_code == 302
    assert "outbox" not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_a_long_list_takes_no_more_queries_than_a_short_one(staff):
    counts = []
    for more in (1, 1, 30):  # The first request of a new site writes its settings.
        DeliveryFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse("outbox:index"))
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 20


def test_the_first_page_counts_letters_that_need_a_person(staff):
    DeliveryFactory(address="jo@example.org", state=State.FAILED)
    DeliveryFactory(address="kim@example.org", state=State.UNCERTAIN)
    DeliveryFactory(address="lee@example.org", state=State.SENT)
    DeliveryFactory(address="max@example.org", next_attempt_at=timezone.now() - timedelta(hours=1))

    page = staff.get(reverse("wagtailadmin_home")).content.decode()
    assert "2 letters refused or perhaps sent" in page
    assert "1 letter is late" in page

    states = {"state": [State.FAILED, State.UNCERTAIN]}
    listed = staff.get(reverse("outbox:index_results"), states).content.decode()
    assert "jo@example.org" in listed
    assert "kim@example.org" in listed
    assert "lee@example.org" not in listed


def test_the_first_page_tells_nobody_else(client):
    user = User.objects.create_user("other@example.org")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert "letter" not in client.get(reverse("wagtailadmin_home")).content.decode()
