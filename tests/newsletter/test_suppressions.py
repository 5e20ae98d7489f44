"""The suppression list in the admin: searched, entered by hand, lifted, exported."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from icrtop.mail import control
from icrtop.mail.models import State, Suppression
from icrtop.mail.services import queue_message
from newsletter.models import HistoryEntry
from tests.factories.mail import DeliveryFactory
from tests.factories.newsletter import SubscriberFactory, SubscriptionFactory
from tests.mail.staff import text_of, user_with

pytestmark = pytest.mark.django_db

INDEX, SUPPRESS = "suppressions:index", "suppressions:suppress"
Reason = Suppression.Reason


@pytest.fixture
def manager():
    return user_with("view_suppression", "manage_suppression")


@pytest.fixture
def staff(client, manager):
    client.force_login(manager)
    return client


def lift_address(suppression):
    return reverse("suppressions:lift", args=[suppression.pk])


def history():
    return list(HistoryEntry.objects.order_by("pk").values_list("kind", "how", "by"))


def test_the_list_shows_reason_note_and_since_and_is_searched(staff):
    old = control.suppress("jo@bücher.example", Reason.BOUNCED, "550 No such user")
    Suppression.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(days=400))
    control.suppress("kim@example.org", Reason.COMPLAINED)

    def found(**query):
        return text_of(staff.get(reverse(INDEX), query))

    page = found()
    year = str((timezone.localtime() - timedelta(days=400)).year)
    for text in ("jo@xn--bcher-kva.example", "letters to it come back", "550 No such user", year):
        assert text in page
    assert "kim@example.org" in page
    for typed in ("JO@Bücher.example", "xn--bcher", "o@x"):
        page = found(q=typed)
        assert "jo@xn--bcher-kva.example" in page
        assert "kim@example.org" not in page
    assert "jo@xn--" not in found(reason="complained")


def test_an_address_is_suppressed_by_hand(staff, manager):
    subscription = SubscriptionFactory(subscriber__email="jo@example.org", confirmed=True)
    waiting = DeliveryFactory(address="JO@example.org")
    given = {"address": "Jo@Example.org", "note": "Asked on the phone"}
    answer = staff.post(reverse(SUPPRESS), given, follow=True)
    assert "jo@example.org is not written to any more." in text_of(answer)
    suppression = Suppression.objects.get()
    assert (suppression.reason, suppression.note) == (Reason.STAFF, "Asked on the phone")
    waiting.refresh_from_db()
    assert waiting.state == State.SUPPRESSED
    subscription.refresh_from_db()
    assert subscription.state == "confirmed"
    assert history() == [("suppressed", "by staff", manager.pk)]


def test_an_address_that_is_suppressed_already_keeps_its_first_reason(staff):
    SubscriberFactory(email="jo@example.org")
    control.suppress("jo@example.org", Reason.COMPLAINED)
    answer = staff.post(reverse(SUPPRESS), {"address": "JO@example.org"}, follow=True)
    assert "suppressed already (its owner reported a letter as spam)" in text_of(answer)
    assert Suppression.objects.get().reason == Reason.COMPLAINED
    assert history() == []


@pytest.mark.parametrize(
    "address", ["", "nonsense", "jo@example.org\r\nBcc: x@example.org", "\u212a@example.org", "a\0"]
)
def test_what_is_no_address_is_not_suppressed_and_nothing_typed_is_lost(staff, address):
    answer = staff.post(reverse(SUPPRESS), {"address": address, "note": "Kept"})
    assert answer.status_code == 200
    assert "Kept</textarea>" in answer.content.decode()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        (Reason.BOUNCED, "Letters to it came back"),
        (Reason.COMPLAINED, "Its owner reported a letter as spam"),
        (Reason.STAFF, "Asked on the phone"),
    ],
)
def test_lifting_says_what_it_means_first(staff, reason, says):
    suppression = control.suppress("jo@example.org", reason, "Asked on the phone")
    page = text_of(staff.get(lift_address(suppression)))
    assert says in page
    assert "jo@example.org is written to again" in page
    assert Suppression.objects.exists()


def test_whose_suppression_is_lifted_is_written_to_again(staff, manager):
    SubscriberFactory(email="jo@example.org")
    suppression = control.suppress("jo@example.org", Reason.BOUNCED)
    unsent = DeliveryFactory(address="jo@example.org", state=State.SUPPRESSED)
    answer = staff.post(lift_address(suppression), follow=True)
    assert "jo@example.org may be written to again." in text_of(answer)
    assert not Suppression.objects.exists()
    unsent.refresh_from_db()
    assert unsent.state == State.SUPPRESSED
    letter = queue_message(
        to="jo@example.org", subject="Hello", purpose="test", html="<p>x</p>", text="x"
    )
    assert letter.deliveries.get().state == State.PENDING
    assert history() == [("lifted", "by staff", manager.pk)]
    assert staff.post(lift_address(suppression)).status_code == 404


def test_what_staff_did_is_in_the_audit_log_without_the_address(staff, manager):
    staff.post(reverse(SUPPRESS), {"address": "jo@example.org", "note": "Jo asked"})
    staff.post(lift_address(Suppression.objects.get()))
    entries = ModelLogEntry.objects.order_by("pk")
    assert [(entry.action, entry.user) for entry in entries] == [
        ("newsletter.suppress", manager),
        ("newsletter.lift", manager),
    ]
    for entry in entries:
        assert "jo" not in f"{entry.label} {entry.data} {entry.message}".lower()
        assert entry.message


def test_the_export_has_every_row_and_no_formula(staff):
    control.suppress("=jo@example.org", Reason.BOUNCED, "-550 No\x0bsuch user")
    answer = staff.get(reverse(INDEX), {"export": "csv"})
    (row,) = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert row["E-mail address"] == "'=jo@example.org"
    assert row["Reason"] == "letters to it come back"
    assert row["Note"].startswith("'-550")
    assert staff.get(reverse(INDEX), {"export": "xlsx"}).status_code == 200


def test_who_may_only_look_changes_nothing(client):
    suppression = control.suppress("jo@example.org", Reason.STAFF)
    client.force_login(user_with("view_suppression"))
    page = client.get(reverse(INDEX))
    assert "jo@example.org" in text_of(page)
    for address in (reverse(SUPPRESS), lift_address(suppression)):
        assert address not in page.content.decode()
        assert client.get(address).status_code == 403
        assert client.post(address, {"address": "kim@example.org"}).status_code == 403
    assert "Lift" not in text_of(page)
    assert client.get(reverse(INDEX), {"export": "csv"}).status_code == 302
    assert Suppression.objects.get() == suppression


def test_the_list_is_closed_to_others(client):
    client.force_login(user_with("view_subscriber"))
    assert client.get(reverse(INDEX)).status_code == 302
    assert reverse(INDEX) not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_a_long_list_takes_no_more_queries_than_a_short_one(staff):
    counts = []
    for more in (1, 1, 30):  # The first request of a new site writes its settings.
        for _number in range(more):
            control.suppress(f"a{Suppression.objects.count()}@example.org", Reason.BOUNCED)
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse(INDEX))
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 20
