"""The list of subscribers, the page of each, and the mailing lists in the admin."""

import csv
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from icrtop.mail import control
from icrtop.mail.models import Suppression
from icrtop.places.models import Country
from newsletter.models import Consent, HistoryEntry, MailingList, Subscriber, Subscription
from newsletter.services.history import note
from newsletter.services.lists import ensure_lists
from tests.factories.mail import DeliveryFactory
from tests.factories.newsletter import (
    ConsentFactory,
    MailingListFactory,
    SubscriberFactory,
    SubscriptionFactory,
)
from tests.mail.staff import text_of, user_with

pytestmark = pytest.mark.django_db

BOTH = {"jo@example.org", "kim@example.org"}


@pytest.fixture
def staff(client):
    """Someone of the listserv's group."""
    client.force_login(
        user_with(
            *("view_subscriber", "manage_subscriber", "view_delivery"),
            *("add_mailinglist", "change_mailinglist", "view_mailinglist"),
        )
    )
    return client


@pytest.fixture
def subscribers():
    """Jo is on the first list and has left the second; Kim is on the second."""
    first, second = MailingListFactory.create_batch(2)
    jo = SubscriberFactory(email="Jo@example.org", name="=HYPERLINK(1)", language="fr")
    kim = SubscriberFactory(email="kim@example.org", name="Kim Ébène", frequency="daily")
    SubscriptionFactory(subscriber=jo, mailing_list=first, confirmed=True)
    SubscriptionFactory(subscriber=jo, mailing_list=second, unsubscribed=True)
    SubscriptionFactory(subscriber=kim, mailing_list=second, confirmed=True)
    return {"first": first.pk, "second": second.pk, "jo": jo, "kim": kim}


def found(staff, **query) -> set[str]:
    page = staff.get(reverse("subscribers:index_results"), query).content.decode().lower()
    return {email for email in BOTH if email in page}


def exported(staff, **query) -> list[dict[str, str]]:
    answer = staff.get(reverse("subscribers:index"), {"export": "csv", **query})
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("JO@", {"jo@example.org"}),
        ("example.org", BOTH),
        ("ébè", {"kim@example.org"}),
        ("kim ÉBÈNE", {"kim@example.org"}),
        ("ébène jo", set()),
        ("%", set()),
        ("_im", set()),
        ("\\", set()),
    ],
)
def test_subscribers_are_found_by_parts_of_address_and_name(staff, subscribers, typed, finds):
    assert found(staff, q=typed) == finds


def test_an_address_is_found_as_it_is_typed_and_as_it_is_compared(staff):
    SubscriberFactory(email="jo@bücher.example", normalised="jo@xn--bcher-kva.example")
    for typed in ("bücher", "BÜCHER", "Jo@xn--bcher-kva"):
        assert "jo@bücher.example" in text_of(staff.get(reverse("subscribers:index"), {"q": typed}))


def test_subscribers_are_found_by_list_and_state(staff, subscribers):
    assert found(staff) == BOTH
    assert found(staff, mailing_list=subscribers["second"]) == BOTH
    assert found(staff, state="unsubscribed") == {"jo@example.org"}
    second, first = subscribers["second"], subscribers["first"]
    assert found(staff, mailing_list=second, state="confirmed") == {"kim@example.org"}
    assert found(staff, mailing_list=first, state="unsubscribed") == set()


def test_suppressed_subscribers_are_found_and_marked(staff, subscribers):
    assert found(staff, state="suppressed") == set()
    control.suppress("JO@example.org", Suppression.Reason.BOUNCED)
    assert found(staff, state="suppressed") == {"jo@example.org"}
    assert found(staff, state="suppressed", mailing_list=subscribers["first"]) == {"jo@example.org"}
    page = text_of(staff.get(reverse("subscribers:index")))
    assert page.count("letters to it come back") == 1


def test_subscribers_are_found_by_what_they_chose(staff, subscribers):
    kenya = Country.objects.get(pk="KE")
    subscribers["jo"].countries.add(kenya)
    subscribers["kim"].regions.add(kenya.sub_region.parent)
    assert found(staff, country="KE") == BOTH
    assert found(staff, country="SY") == set()
    assert found(staff, region=kenya.sub_region.parent.pk) == {"kim@example.org"}
    assert found(staff, language="fr") == {"jo@example.org"}
    assert found(staff, frequency="daily") == {"kim@example.org"}


def test_the_export_has_what_was_filtered_and_no_formula(staff, subscribers):
    control.suppress("jo@example.org", Suppression.Reason.COMPLAINED)
    (row,) = exported(staff, q="jo@")
    assert row["E-mail address"] == "Jo@example.org"
    assert row["Name"] == "'=HYPERLINK(1)"
    assert row["Suppressed"] == "its owner reported a letter as spam"
    assert "(confirmed)" in row["Lists"]
    assert "(unsubscribed)" in row["Lists"]
    assert len(exported(staff)) == 2


@pytest.mark.parametrize("name", ["+1", "-1", "@x", " =1", "\t=1", "\uff1d1"])
def test_no_cell_of_an_export_is_a_formula(staff, name):
    SubscriberFactory(email="-jo@example.org", name=name)
    (row,) = exported(staff)
    assert row["E-mail address"] == "'-jo@example.org"
    assert row["Name"] == f"'{name}"


def test_the_export_as_a_workbook_holds_text_whatever_was_typed(staff):
    SubscriberFactory(email="jo@example.org", name="=1+1\x0b")
    answer = staff.get(reverse("subscribers:index"), {"export": "xlsx"})
    workbook = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    _heading, row = workbook.active.iter_rows()
    assert [cell.value for cell in row[:2]] == ["jo@example.org", "=1+1 "]
    assert {cell.data_type for cell in row[:2]} == {"s"}


def test_a_workbook_that_would_take_too_long_is_refused(staff, subscribers, monkeypatch):
    monkeypatch.setattr("icrtop.spreadsheets.MOST_IN_WORKBOOK", 1)
    query = {"export": "xlsx", "q": "example"}
    answer = staff.get(reverse("subscribers:index"), query, follow=True)
    assert answer.redirect_chain == [(f"{reverse('subscribers:index')}?q=example", 302)]
    assert "Download CSV" in text_of(answer)
    assert len(exported(staff, q="example")) == 2


def test_an_export_of_more_rows_takes_no_more_queries(staff, subscribers, monkeypatch):
    def queries_for() -> int:
        with CaptureQueriesContext(connection) as queries:
            exported(staff)
        return len(queries)

    queries_for()
    few = queries_for()
    SubscriptionFactory.create_batch(100, confirmed=True)
    assert queries_for() == few
    monkeypatch.setattr("icrtop.spreadsheets.ROWS", 51)
    assert queries_for() == few


def test_who_may_only_look_exports_nothing(client, subscribers):
    client.force_login(user_with("view_subscriber"))
    for kind in ("csv", "xlsx"):
        answer = client.get(reverse("subscribers:index"), {"export": kind})
        assert answer.status_code == 302
    page = client.get(reverse("subscribers:index")).content.decode()
    assert "export=" not in page
    assert reverse("imports:add") not in page
    assert "kim@example.org" in page


def test_a_subscriber_is_shown_with_all_that_is_known(staff, subscribers):
    jo, lists = subscribers["jo"], MailingList.objects.all()
    jo.countries.add(Country.objects.get(pk="KE"))
    ConsentFactory(subscriber=jo, wording="I want it", mailing_lists=lists)
    colleague = user_with()
    note(jo, HistoryEntry.Kind.LEFT, "link in a letter", lists[1], by=colleague)
    note(jo, HistoryEntry.Kind.CHOSE, "preference page")
    DeliveryFactory(address="JO@example.org", message__subject="The latest")
    DeliveryFactory(address="kim@example.org", message__subject="To somebody else")
    control.suppress("jo@example.org", Suppression.Reason.STAFF, "Called on the phone")
    page = text_of(staff.get(reverse("subscribers:inspect", args=[jo.pk])))
    for text in (
        *("I want it", "Not yet", "unsubscribed", "Kenya", "French"),
        *("left the list", "link in a letter", colleague.email),
        *("The latest", "entered by staff", "Called on the phone"),
    ):
        assert str(text) in page
    assert page.index("preference page") < page.index("link in a letter")
    assert "To somebody else" not in page


def test_letters_are_shown_to_those_who_may_see_them(client, subscribers):
    DeliveryFactory(address="jo@example.org", message__subject="The latest")
    client.force_login(user_with("view_subscriber"))
    page = text_of(client.get(reverse("subscribers:inspect", args=[subscribers["jo"].pk])))
    assert "The latest" not in page
    assert "Letters sent lately" not in page


def test_the_page_of_a_subscriber_takes_few_queries(staff, subscribers):
    jo = subscribers["jo"]
    for mailing_list in MailingListFactory.create_batch(20):
        SubscriptionFactory(subscriber=jo, mailing_list=mailing_list, confirmed=True)
        note(jo, HistoryEntry.Kind.JOINED, "form", mailing_list, by=user_with())
        ConsentFactory(subscriber=jo, mailing_lists=[mailing_list])
        DeliveryFactory(address="jo@example.org")
    address = reverse("subscribers:inspect", args=[jo.pk])
    staff.get(address)
    with CaptureQueriesContext(connection) as queries:
        staff.get(address)
    assert len(queries) <= 20


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


def test_lists_are_shown_with_how_many_are_on_them(staff, subscribers):
    empty = MailingListFactory(name="Nobody's")
    SubscriptionFactory.create_batch(2, mailing_list_id=subscribers["first"], confirmed=True)
    SubscriptionFactory(mailing_list_id=subscribers["first"])
    body = staff.get(reverse("mailing-lists:index")).content.decode()
    rows = {each.pk: f"mailing_list={each.pk}&amp;state=confirmed" for each in (empty,)}
    rows |= {pk: f"mailing_list={pk}&amp;state=confirmed" for pk in (subscribers["first"],)}
    assert f'{rows[subscribers["first"]]}">3</a>' in body
    assert f'{rows[empty.pk]}">0</a>' in body


def test_the_listserv_is_closed_to_others(client):
    client.force_login(user_with())
    menu = client.get(reverse("wagtailadmin_home")).content.decode()
    for view in ("subscribers:index", "mailing-lists:index", "mailing-lists:growth"):
        assert client.get(reverse(view)).status_code == 302
        assert reverse(view) not in menu


@pytest.mark.parametrize("view", ["subscribers:index", "mailing-lists:index"])
def test_a_long_list_takes_no_more_queries_than_a_short_one(staff, view):
    counts = []
    for more in (1, 1, 30):  # The first request of a new site writes its settings.
        SubscriptionFactory.create_batch(more, confirmed=True)
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse(view))
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


def test_the_search_has_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Subscriber.objects.searched("example").order_by("name").explain()
    assert "newsletter_subscriber_searched" in plan
