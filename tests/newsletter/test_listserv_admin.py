import csv
import io

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from icrtop.accounts.models import User
from newsletter.models import Consent, MailingList, Subscription
from newsletter.services import ensure_lists
from tests.factories.newsletter import (
    ConsentFactory,
    MailingListFactory,
    SubscriberFactory,
    SubscriptionFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    """Someone of the listserv's group."""
    user = User.objects.create_user("staff@example.org")
    user.user_permissions.set(
        Permission.objects.filter(
            codename__in=(
                "access_admin",
                "view_subscriber",
                "add_mailinglist",
                "change_mailinglist",
                "view_mailinglist",
            )
        )
    )
    client.force_login(user)
    return client


@pytest.fixture
def subscribers():
    """Jo is on the first list and has left the second; Kim is on the second."""
    first, second = MailingListFactory.create_batch(2)
    jo = SubscriberFactory(email="jo@example.org", name="=HYPERLINK(1)")
    kim = SubscriberFactory(email="kim@example.org")
    SubscriptionFactory(subscriber=jo, mailing_list=first, confirmed=True)
    SubscriptionFactory(subscriber=jo, mailing_list=second, unsubscribed=True)
    SubscriptionFactory(subscriber=kim, mailing_list=second, confirmed=True)
    return {"first": first.pk, "second": second.pk, "jo": jo, "kim": kim}


def found(staff, **query) -> set[str]:
    page = staff.get(reverse("subscribers:index_results"), query).content.decode()
    return {email for email in ("jo@example.org", "kim@example.org") if email in page}


def test_subscribers_are_found_by_address_list_and_state(staff, subscribers):
    both = {"jo@example.org", "kim@example.org"}
    assert found(staff) == both
    assert found(staff, q="JO@") == {"jo@example.org"}
    assert found(staff, mailing_list=subscribers["second"]) == both
    assert found(staff, state="unsubscribed") == {"jo@example.org"}
    assert found(staff, mailing_list=subscribers["second"], state="confirmed") == {
        "kim@example.org"
    }
    assert found(staff, mailing_list=subscribers["first"], state="unsubscribed") == set()


def test_the_export_has_what_was_filtered_and_no_formula(staff, subscribers):
    answer = staff.get(reverse("subscribers:index"), {"export": "csv", "q": "jo@"})
    (row,) = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert row["E-mail address"] == "jo@example.org"
    assert row["Name"] == "'=HYPERLINK(1)"
    assert "(confirmed)" in row["Lists"]
    assert "(unsubscribed)" in row["Lists"]


def test_a_subscriber_is_shown_with_what_they_agreed_to(staff, subscribers):
    lists = MailingList.objects.all()
    ConsentFactory(subscriber=subscribers["jo"], wording="I want it", mailing_lists=lists)
    page = staff.get(reverse("subscribers:inspect", args=[subscribers["jo"].pk]))
    body = page.content.decode()
    assert "I want it" in body
    assert "Not yet" in body
    assert "unsubscribed" in body


def test_staff_add_and_change_lists_but_delete_none(staff, admin_client):
    fields = {"name": "Debates", "slug": "debates", "description": "", "position": 9}
    assert staff.post(reverse("mailing-lists:add"), fields).status_code == 302
    debates = MailingList.objects.get(slug="debates")
    assert not debates.is_public
    edit = reverse("mailing-lists:edit", args=[debates.pk])
    assert staff.post(edit, {**fields, "is_public": "on"}).status_code == 302
    assert MailingList.objects.public().get() == debates
    admin_client.post(reverse("mailing-lists:delete", args=[debates.pk]))
    assert MailingList.objects.filter(pk=debates.pk).exists()


def test_the_listserv_is_closed_to_others(client):
    user = User.objects.create_user("editor@example.org")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    for view in ("subscribers:index", "mailing-lists:index"):
        assert client.get(reverse(view)).status_code == 302


def test_a_long_list_takes_no_more_queries_than_a_short_one(staff):
    mailing_list, counts = MailingListFactory(), []
    for more in (1, 1, 30):  # The first request of a new site writes its settings.
        SubscriptionFactory.create_batch(more, mailing_list=mailing_list)
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse("subscribers:index"))
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 20


def test_the_first_lists_are_made_once_and_staffs_changes_stay():
    ensure_lists()
    MailingList.objects.filter(slug="events").update(name="Meetings")
    ensure_lists()
    assert MailingList.objects.count() == 4
    assert MailingList.objects.get(slug="events").name == "Meetings"
    assert not MailingList.objects.get(slug="focal-points").is_public


def test_a_consent_is_never_changed():
    consent = ConsentFactory()
    consent.wording = "Anything"
    with pytest.raises(TypeError):
        consent.save()
    assert Consent.objects.get().wording != "Anything"


def test_what_letters_are_sent_for():
    confirmed = SubscriptionFactory(confirmed=True)
    pending = SubscriptionFactory()
    left = SubscriptionFactory(unsubscribed=True)
    assert list(Subscription.objects.confirmed()) == [confirmed]
    assert set(Subscription.objects.unconfirmed()) == {pending, left}
    assert set(Subscription.objects.ongoing()) == {confirmed, pending}
