"""The section "Documents", and who gets a document."""

import datetime
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from members.applying.drafts import NotChangeable
from members.documents import storing
from members.models import ApplicationDocument
from members.states import State
from tests.factories.accounts import signed_in
from tests.factories.documents import docx, pdf, sent, stored
from tests.factories.members import ApplicationFactory, FocalPointFactory, MembershipFactory

ADA = "ada@example.org"
pytestmark = pytest.mark.usefixtures("home", "private_root")


@pytest.fixture
def draft():
    return ApplicationFactory(state=State.DRAFT, person=ADA)


@pytest.fixture
def ada(home):
    return signed_in(ADA)


def page(application):
    return f"/join-the-coalition/apply/{application.reference}/documents/"


def upload(client, application, content=None, kind="statutes", name="statutes.pdf", **fields):
    data = {"kind": kind, f"{kind}-file": sent(content, name), **fields}
    return client.post(page(application), data)


def test_a_file_is_uploaded_listed_and_removed(ada, draft):
    answer = upload(ada, draft)
    document = draft.documents.get()
    assert answer["Location"] == f"{page(draft)}?added={document.key}"
    shown = ada.get(answer["Location"]).content.decode()
    assert "Added: <bdi>statutes.pdf</bdi>" in shown
    assert document.get_absolute_url() in shown
    assert "bytes" in shown
    answer = ada.post(f"{page(draft)}{document.key}/remove/")
    assert "The document was removed." in ada.get(answer["Location"]).content.decode()
    assert not draft.documents.exists()


def test_what_is_needed_is_marked_until_it_is_there(ada, draft):
    assert ada.get(page(draft)).content.decode().count("Needed before you send") == 2
    upload(ada, draft)
    assert ada.get(page(draft)).content.decode().count("Needed before you send") == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MZ" + b"\0" * 50, "program for Windows"),
        (b"<svg/>", "SVG"),
        (b"", "empty"),
        (docx({"word/document2.xml": b"\0" * 150_000_000}), "unpacks"),
    ],
    ids=["exe", "svg", "empty", "bomb"],
)
def test_a_file_that_is_refused_says_why_beside_its_field(ada, draft, content, words):
    answer = upload(ada, draft, content)
    shown = answer.content.decode()
    assert answer.status_code == 422
    beside = shown[shown.index('id="id_statutes-file_error"') :]
    assert words in beside[:600]
    assert shown.count("There is a problem") == 1
    assert '<a href="#id_statutes-file">' in shown
    assert "Error:" in shown[: shown.index("</title>")]
    assert not ApplicationDocument.objects.exists()


def test_nothing_chosen_is_said_so(ada, draft):
    answer = ada.post(page(draft), {"kind": "statutes"})
    assert "Choose a file first." in answer.content.decode()


def test_a_robot_is_shown_success_and_leaves_nothing(ada, draft):
    answer = upload(ada, draft, **{"statutes-leave_this_empty": "spam"})
    assert answer.status_code == 302
    assert not ApplicationDocument.objects.exists()


def test_a_kind_that_is_none_is_not_found(ada, draft):
    assert upload(ada, draft, kind="passport").status_code == 404


def test_another_persons_documents_are_not_found(draft):
    document = stored(draft)
    eve = signed_in("eve@example.org")
    assert eve.get(page(draft)).status_code == 404
    assert upload(eve, draft).status_code == 404
    assert eve.get(document.get_absolute_url()).status_code == 404
    assert eve.post(f"{page(draft)}{document.key}/remove/").status_code == 404
    assert draft.documents.count() == 1


def test_whoever_is_not_signed_in_is_led_to_sign_in(draft):
    document = stored(draft)
    for path in (page(draft), document.get_absolute_url()):
        assert Client().get(path)["Location"].startswith("/account/")


def test_a_section_that_is_not_open_leads_to_where_the_application_stands(ada):
    application = ApplicationFactory(state=State.SUBMITTED, person=ADA)
    assert ada.get(page(application))["Location"] == application.get_absolute_url()
    assert upload(ada, application)["Location"] == application.get_absolute_url()


def test_an_application_sent_in_by_another_meanwhile_takes_no_file(ada, draft, monkeypatch):
    def sent_meanwhile(*args):
        raise NotChangeable(draft)

    monkeypatch.setattr(storing, "add", sent_meanwhile)
    assert upload(ada, draft)["Location"] == draft.get_absolute_url()


def test_a_file_sent_after_the_session_ended_is_asked_for_again(draft):
    browser = Client()
    answer = upload(browser, draft)
    assert answer["Location"].startswith("/account/")
    signed_in(ADA, browser)
    shown = browser.get(page(draft)).content.decode()
    assert "Choose your files again." in shown


def test_a_document_is_given_out_as_a_file_and_nothing_else(ada, draft):
    document = stored(draft, name='Устав "2024".pdf')
    answer = ada.get(document.get_absolute_url())
    assert b"".join(answer.streaming_content) == pdf()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == (
        "attachment; filename*=utf-8''%D0%A3%D1%81%D1%82%D0%B0%D0%B2%20%222024%22.pdf"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


def test_a_head_request_is_answered_without_the_file(ada, draft):
    answer = ada.head(stored(draft).get_absolute_url())
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


def test_a_document_of_another_application_is_not_found_below_ones_own(ada, draft):
    other = stored(ApplicationFactory(person="eve@example.org"))
    assert ada.get(f"{page(draft)}{other.key}/").status_code == 404
    assert ada.get(f"{page(draft)}{uuid.uuid4()}/").status_code == 404


def test_a_file_that_is_missing_on_the_disk_is_not_found(ada, draft):
    document = stored(draft)
    document.file.storage.delete(document.file.name)
    assert ada.get(document.get_absolute_url()).status_code == 404


def test_staff_get_what_was_sent_in_and_what_it_had_before_but_no_draft(staff_with, draft):
    browser = Client()
    browser.force_login(staff_with("view_application"))
    assert browser.get(stored(draft).get_absolute_url()).status_code == 404
    application = ApplicationFactory()
    for document in (stored(application), stored(application, removed_at=timezone.now())):
        assert browser.get(document.get_absolute_url()).status_code == 200
    application.anonymised_at = timezone.now()
    application.save()
    assert browser.get(document.get_absolute_url()).status_code == 404


def test_staff_without_the_permission_get_nothing(staff_with):
    browser = Client()
    browser.force_login(staff_with())
    document = stored(ApplicationFactory())
    assert browser.get(document.get_absolute_url()).status_code == 404


def test_a_committee_member_gets_what_there_is_to_vote_on(staff_with):
    member = MembershipFactory(on_steering_committee=True).organisation
    voter = FocalPointFactory(organisation=member, on_committee=True)
    application = ApplicationFactory(state=State.BALLOT)
    document = stored(application)
    gone = stored(application, removed_at=timezone.now())
    browser = signed_in(voter.email)
    assert browser.get(document.get_absolute_url()).status_code == 404
    ballot = application.ballots.create(
        closes_at=timezone.now() + datetime.timedelta(days=1),
        quorum_percent=50,
        majority="more_than_half",
    )
    ballot.seats.create(organisation=member, organisation_name=member.name)
    assert browser.get(document.get_absolute_url()).status_code == 200
    assert browser.get(gone.get_absolute_url()).status_code == 404


def test_a_person_does_not_get_what_was_taken_away(ada):
    application = ApplicationFactory(person=ADA)
    document = stored(application, removed_at=timezone.now())
    assert ada.get(document.get_absolute_url()).status_code == 404


class Unread:
    """A body that fails the test when it is read."""

    def read(self, *args):
        raise AssertionError("It was read.")

    readline = read


@pytest.mark.parametrize(
    ("path", "size", "words"),
    [
        ("documents", 2_000_000_000, "The file is too large"),
        ("documents", 40_000_000, "The file is too large"),
        ("/join-the-coalition/apply/", 100_000_000, "Too much was sent"),
        ("/admin/login/", 2_000_000_000, "Too much was sent"),
    ],
)
def test_too_much_is_refused_before_it_is_read_and_says_so(ada, draft, path, size, words):
    path = page(draft) if path == "documents" else path
    answer = ada.generic(
        "POST",
        path,
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(size),
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert words in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_a_little_too_much_is_read_and_thrown_away_so_that_the_page_arrives(ada, draft):
    size = 10 * 1024 * 1024 + 300_000
    answer = upload(ada, draft, b"x" * size)
    assert answer.status_code == 413
    assert "The file is too large" in answer.content.decode()


def test_what_does_not_say_how_long_it_is_is_refused(ada, draft):
    answer = ada.generic(
        "POST",
        page(draft),
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 411
    assert "Content-Length" in answer.content.decode()
