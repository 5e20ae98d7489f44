"""The pages by which staff import a file."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from newsletter.imports import running
from newsletter.imports.reading import MOST_BYTES
from newsletter.models import ImportFile, Subscriber, SubscriberImport
from newsletter.tasks import run_imports
from tests.factories.newsletter import (
    MailingListFactory,
    SubscriberImportFactory,
    SubscriptionFactory,
)
from tests.mail.staff import text_of, user_with
from tests.newsletter.importing import checked, imported

pytestmark = pytest.mark.django_db

ADD = "imports:add"


@pytest.fixture
def bulletin():
    return MailingListFactory(name="Bulletin", is_public=False)


@pytest.fixture
def manager():
    return user_with("view_subscriber", "manage_subscriber")


@pytest.fixture
def staff(client, manager):
    client.force_login(manager)
    return client


def answers(bulletin, content=b"email\r\njo@example.org\r\n", **changes):
    return {
        "file": SimpleUploadedFile("people.csv", content),
        "lists": [bulletin.pk],
        "language": "fr",
        "source": "Sign-up sheet",
        **changes,
    }


def page_of(staff, batch, view="inspect"):
    return staff.get(reverse(f"imports:{view}", args=[batch.pk]))


def test_from_the_file_to_the_subscribers(staff, manager, bulletin):
    content = b"E-mail;Name;Phone\r\njo@example.org;Jo;1\r\nnonsense;Kim;2\r\n"
    answer = staff.post(reverse(ADD), answers(bulletin, content), follow=True)
    batch = SubscriberImport.objects.get()
    assert answer.redirect_chain == [(reverse("imports:inspect", args=[batch.pk]), 302)]
    assert "being checked" in text_of(answer)
    assert not Subscriber.objects.exists()

    run_imports()
    page = text_of(page_of(staff, batch))
    assert "Import 1 subscriber" in page
    assert "jo@example.org" in page
    assert "nonsense" in page
    assert "This is not an e-mail address." in page
    assert "Columns that are not read Phone" in page
    assert not Subscriber.objects.exists()

    answer = staff.post(reverse("imports:confirm", args=[batch.pk]), follow=True)
    assert "being imported" in text_of(answer)
    run_imports()
    page = text_of(page_of(staff, batch))
    assert "1 new subscriber is stored." in page
    assert "1 subscription to a list was added." in page
    assert Subscriber.objects.get().history.get().by == manager
    batch.refresh_from_db()
    assert (batch.by, batch.confirmed_by) == (manager, manager)
    assert "people.csv" in text_of(staff.get(reverse("imports:index")))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"file": ""}, "Choose the file."),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "The file is empty."),
        ({"file": SimpleUploadedFile("a.csv", b"name\r\nJo\r\n")}, "No column is called “email”"),
        ({"file": SimpleUploadedFile("a.csv", b"email\r\na\0b\r\n")}, "not a text file"),
        ({"file": SimpleUploadedFile("a.csv", b"x" * (MOST_BYTES + 1))}, "more than 20 MB"),
        ({"lists": []}, "Choose at least one list."),
        ({"lists": [0]}, "Select a valid choice"),
        ({"language": "tlh"}, "Select a valid choice"),
        ({"source": " "}, "Without their consent"),
        ({"source": "x" * 501}, "at most 500"),
        ({"source": "a\0b"}, "Null characters"),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(
    staff, bulletin, changes, says
):
    answer = staff.post(reverse(ADD), answers(bulletin, **changes))
    assert answer.status_code == 200
    assert says in text_of(answer)
    body = answer.content.decode()
    assert ("choose the file again" in text_of(answer)) == ("file" not in changes)
    if "source" not in changes:
        assert "Sign-up sheet</textarea>" in body
    if "lists" not in changes:
        assert re.search(rf'value="{bulletin.pk}"[^>]*checked', body)
    if "language" not in changes:
        assert '<option value="fr" selected>' in body
    assert not SubscriberImport.objects.exists()


def test_the_sample_is_a_file_that_can_be_imported(staff, bulletin):
    sample = staff.get(reverse("imports:sample")).content
    staff.post(reverse(ADD), answers(bulletin, sample))
    run_imports()
    batch = SubscriberImport.objects.get()
    assert batch.counts == {"new": 3}
    assert batch.rows.get(line=2).countries == ["KE", "UG"]
    assert batch.rows.get(line=3).name == "Béla Example"


def test_progress_is_fetched_part_by_part_and_ends_with_the_result(staff, bulletin):
    batch = SubscriberImportFactory(rows=["jo@example.org,,,"], lists=[bulletin])
    running._report(batch, 30, 100)
    page, part = page_of(staff, batch), page_of(staff, batch, "progress")
    for answer in (page, part):
        assert "30 %" in text_of(answer)
        assert 'data-seconds="1"' in answer.content.decode()
    assert "<html" not in part.content.decode()
    run_imports()
    after = page_of(staff, batch, "progress")
    assert 'data-seconds=""' in after.content.decode()
    assert "Import 1 subscriber" in text_of(after)
    # The script puts each part in the place of the one before.
    parts = [set(re.findall(r'data-part="(\w+)"', each.content.decode())) for each in (page, after)]
    assert parts[0] == parts[1] != set()


def test_rejected_rows_are_a_file_with_lines_and_reasons_and_no_formula(staff, bulletin):
    SubscriptionFactory(subscriber__email="on@example.org", mailing_list=bulletin, confirmed=True)
    batch = checked(
        "new@example.org,,,",
        '"=HYPERLINK(""https://evil.example"")",@Jo,,',
        "on@example.org,-Kim,,",
        "NEW@example.org,,,",
        lists=[bulletin],
    )
    answer = staff.get(reverse("imports:rejected", args=[batch.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row[0] for row in rows] == ["line", "3", "4", "5"]
    assert rows[1][2:] == [
        "This is not an e-mail address.",
        '\'=HYPERLINK("https://evil.example")',
        "'@Jo",
    ]
    assert rows[2][1:] == ["on the lists already", "", "on@example.org", "'-Kim"]
    assert rows[3][2] == "The same as in line 2."


def test_a_second_click_and_a_late_one_are_told_so(staff, bulletin):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    confirm, discard = (
        reverse(f"imports:{view}", args=[batch.pk]) for view in ("confirm", "discard")
    )
    assert "Nothing was done" not in text_of(staff.post(confirm, follow=True))
    for late in (confirm, discard):
        assert "Nothing was done" in text_of(staff.post(late, follow=True))
    run_imports()
    assert Subscriber.objects.count() == 1


def test_a_file_can_be_discarded(staff, bulletin):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    answer = staff.post(reverse("imports:discard", args=[batch.pk]), follow=True)
    assert "discarded" in text_of(answer)
    assert "jo@example.org" not in text_of(answer)


@pytest.mark.parametrize("view", ["confirm", "discard"])
def test_following_a_link_decides_nothing(staff, bulletin, view):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    assert staff.get(reverse(f"imports:{view}", args=[batch.pk])).status_code == 405
    batch.refresh_from_db()
    assert batch.state == SubscriberImport.State.CHECKED


def test_a_file_without_anybody_new_has_no_button(staff, bulletin):
    batch = checked("nonsense,,,", lists=[bulletin])
    page = page_of(staff, batch).content.decode()
    assert reverse("imports:confirm", args=[batch.pk]) not in page
    assert reverse("imports:discard", args=[batch.pk]) in page


def test_another_encoding_and_failures_are_said(staff, bulletin):
    content = "email,name\r\njo@example.org,Zoë\r\n".encode("cp1252")
    staff.post(reverse(ADD), answers(bulletin, content))
    run_imports()
    page = text_of(page_of(staff, SubscriberImport.objects.get()))
    assert "Windows-1252" in page
    assert "Zoë" in page
    failed = SubscriberImportFactory(content=b"name\r\nJo\r\n", lists=[bulletin])
    run_imports()
    assert "No column is called “email”" in text_of(page_of(staff, failed))


def test_what_changed_meanwhile_is_told(staff, bulletin):
    batch = checked("jo@example.org,,,", "kim@example.org,,,", lists=[bulletin])
    SubscriptionFactory(subscriber__email="jo@example.org", mailing_list=bulletin, confirmed=True)
    imported(batch)
    page = text_of(page_of(staff, batch))
    assert "1 row was left out, as it had changed since the check: on the lists already" in page


def test_a_name_of_a_file_is_shown_as_it_is(staff, bulletin):
    file = SimpleUploadedFile("<b>x</b>.csv", b"email\r\na@example.org\r\n")
    staff.post(reverse(ADD), answers(bulletin, file=file))
    body = page_of(staff, SubscriberImport.objects.get()).content.decode()
    assert "&lt;b&gt;x&lt;" in body or "b&gt;.csv" in body
    assert "<b>x</b>" not in body


def test_the_file_is_nowhere_that_visitors_reach(staff, bulletin, folders):
    before = set(folders.rglob("*"))
    staff.post(reverse(ADD), answers(bulletin))
    assert bytes(ImportFile.objects.get().content) == b"email\r\njo@example.org\r\n"
    assert set(folders.rglob("*")) == before


@pytest.mark.parametrize("permissions", [(), ("view_subscriber", "view_mailinglist")])
def test_who_may_not_manage_subscribers_imports_nothing(client, bulletin, permissions):
    batch = checked("jo@example.org,,,", lists=[bulletin])
    client.force_login(user_with(*permissions))
    addresses = {
        ADD: [],
        "imports:index": [],
        **{
            f"imports:{view}": [batch.pk]
            for view in ("inspect", "progress", "confirm", "discard", "rejected")
        },
    }
    for view, arguments in addresses.items():
        for method in (client.get, client.post):
            answer = method(reverse(view, args=arguments))
            assert answer.status_code in (302, 403), view
            assert "jo@example.org" not in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == SubscriberImport.State.CHECKED
    assert reverse("imports:index") not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_the_pages_take_few_queries(staff, bulletin):
    batch = checked(*(f"reader{n}@example.org,,," for n in range(100)), lists=[bulletin])
    for _number in range(10):
        SubscriberImportFactory(rows=["a@example.org,,,"], lists=[bulletin])
    for address in (
        reverse("imports:index"),
        reverse("imports:inspect", args=[batch.pk]),
        reverse("imports:progress", args=[batch.pk]),
    ):
        staff.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(address).status_code == 200
        assert len(queries) <= 20
