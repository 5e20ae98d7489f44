"""Rows and files of documents: both, or neither."""

import datetime
import os
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from members.applying.drafts import NotChangeable
from members.documents import storing
from members.documents.names import display_name, safe_name
from members.documents.refusing import Refused
from members.models import Application, ApplicationDocument
from members.models.documents import private_storage
from members.services import applicants
from members.states import State
from tests.factories.documents import docx, pdf, picture, sent, stored
from tests.factories.members import ApplicationFactory

ADA = "ada@example.org"
pytestmark = pytest.mark.usefixtures("home", "private_root")


def files():
    root = Path(private_storage().location)
    return sorted(path for path in root.rglob("*") if path.is_file())


def draft(**fields):
    return ApplicationFactory(state=State.DRAFT, person=ADA, **fields)


def test_a_file_is_kept_under_a_name_of_our_own_for_our_own_eyes():
    document = storing.add(draft(), "statutes", sent(name="Satzung 2024.pdf"), ADA)
    [path] = files()
    assert path.name == str(document.key)
    assert path.read_bytes() == pdf()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert (document.name, document.added_by) == ("Satzung 2024.pdf", ADA)


def test_the_type_is_the_one_that_was_found():
    upload = sent(picture("PNG"), "registration.pdf", "application/pdf")
    document = storing.add(draft(), "registration", upload, ADA)
    assert (document.content_type, document.name) == ("image/png", "registration.pdf.png")


def test_the_same_file_is_kept_once():
    application = draft()
    first = storing.add(application, "statutes", sent(), ADA)
    assert storing.add(application, "statutes", sent(name="again.pdf"), ADA) == first
    assert len(files()) == 1
    storing.add(application, "other", sent(), ADA)
    assert len(files()) == 2


def test_a_file_that_is_refused_leaves_nothing():
    with pytest.raises(Refused):
        storing.add(draft(), "statutes", sent(b"MZ"), ADA)
    assert (files(), ApplicationDocument.objects.count()) == ([], 0)


def test_a_row_that_cannot_be_written_leaves_no_file(monkeypatch):
    def fail(self, *args, **kwargs):
        assert files()  # It is there, as the row is written after it.
        raise RuntimeError

    application = draft()
    monkeypatch.setattr(ApplicationDocument, "save", fail)
    with pytest.raises(RuntimeError):
        storing.add(application, "statutes", sent(), ADA)
    assert files() == []


def test_there_is_an_end_to_how_many_may_be_sent(monkeypatch):
    application = draft()
    monkeypatch.setattr(storing, "MOST_DOCUMENTS", 1)
    storing.add(application, "statutes", sent(), ADA)
    with pytest.raises(Refused, match="1 document already"):
        storing.add(application, "other", sent(docx()), ADA)
    assert len(files()) == 1


def test_there_is_an_end_to_the_room_also_of_what_was_taken_away(monkeypatch):
    application = draft()
    stored(application, removed_at=timezone.now())
    monkeypatch.setattr(storing, "MOST_STORED_BYTES", 700)
    with pytest.raises(Refused, match="all the room"):
        storing.add(application, "statutes", sent(pdf("others")), ADA)


@pytest.mark.parametrize(
    ("state", "sections", "is_open"),
    [
        (State.DRAFT, [], True),
        (State.MORE_INFORMATION, ["documents"], True),
        (State.MORE_INFORMATION, ["about"], False),
        (State.SUBMITTED, [], False),
        (State.BALLOT, ["documents"], False),
        (State.WITHDRAWN, ["documents"], False),
    ],
)
def test_documents_change_only_while_their_section_is_open(state, sections, is_open):
    application = ApplicationFactory(state=state, person=ADA, open_sections=sections)
    there = stored(application)
    if is_open:
        storing.add(application, "other", sent(docx()), ADA)
        assert storing.remove(application, there.key, ADA)
        return
    with pytest.raises(NotChangeable):
        storing.add(application, "other", sent(docx()), ADA)
    with pytest.raises(NotChangeable):
        storing.remove(application, there.key, ADA)
    assert len(files()) == 1


def test_somebody_else_changes_nothing():
    application = draft()
    there = stored(application)
    with pytest.raises(NotChangeable):
        storing.add(application, "other", sent(docx()), "eve@example.org")
    with pytest.raises(NotChangeable):
        storing.remove(application, there.key, "eve@example.org")


def test_a_document_of_a_draft_is_gone_when_it_is_removed(django_capture_on_commit_callbacks):
    application = draft()
    document = stored(application)
    with django_capture_on_commit_callbacks() as callbacks:
        storing.remove(application, document.key, ADA)
    assert not ApplicationDocument.objects.exists()
    assert len(files()) == 1  # Until the deletion of the row is sure.
    for callback in callbacks:
        callback()
    assert files() == []
    assert storing.remove(application, document.key, ADA) is None


def test_a_document_that_was_sent_in_is_kept_for_its_revision(django_capture_on_commit_callbacks):
    application = draft()
    document = stored(application)
    applicants.submit(application, ADA)
    Application.objects.update(state=State.MORE_INFORMATION, open_sections=["documents"])
    with django_capture_on_commit_callbacks(execute=True):
        storing.remove(application, document.key, ADA)
    document.refresh_from_db()
    assert document.removed_at
    assert len(files()) == 1
    assert not application.documents.current().exists()


def test_files_go_with_the_application(django_capture_on_commit_callbacks):
    application = draft()
    stored(application)
    stored(application, "other")
    with django_capture_on_commit_callbacks(execute=True):
        Application.objects.filter(pk=application.pk).delete()
    assert files() == []


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_is_rolled_back_leaves_the_file():
    application = draft()
    stored(application)

    def delete_and_fail():
        with transaction.atomic():
            application.delete()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        delete_and_fail()
    assert len(files()) == 1
    Application.objects.get().delete()
    assert files() == []


def test_files_that_nothing_refers_to_are_found_and_deleted_after_a_day():
    document = stored(draft())
    folder = Path(document.file.path).parent
    old, young = folder / "orphan", folder / "on-its-way"
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    two_days_ago = (timezone.now() - datetime.timedelta(days=2)).timestamp()
    for path in (old, Path(document.file.path)):
        os.utime(path, (two_days_ago, two_days_ago))
    assert storing.discard_orphans() == 1
    assert files() == sorted([Path(document.file.path), young])


def test_without_any_document_there_is_nothing_to_discard():
    assert storing.discard_orphans() == 0


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Statutes.PDF", "Statutes.pdf"),
        ("statutes.pdf.exe", "statutes.pdf.exe.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\Ada\\statutes.pdf", "statutes.pdf"),
        ("statutes\r\nSet-Cookie: a=b.pdf", "statutesSet-Cookie: a=b.pdf"),
        ("statutes\u202efdp.exe", "statutesfdp.exe.pdf"),
        ("النظام الأساسي.pdf", "النظام الأساسي.pdf"),
        ("...", "document.pdf"),
        ("", "document.pdf"),
        ("a" * 500 + ".pdf", "a" * 120 + ".pdf"),
    ],
)
def test_a_name_is_shown_without_what_does_not_belong_into_one(name, shown):
    assert display_name(name, "pdf") == shown


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("statutes.pdf", "statutes.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("CON.pdf", "_CON.pdf"),
        ("lpt1", "_lpt1"),
        ('a<b>:"|?*.pdf', "a_b______.pdf"),
        ("trailing. ", "trailing"),
        ("", "file"),
        ("é" * 200 + ".pdf", "é" * 75 + ".pdf"),
    ],
)
def test_a_name_can_be_unpacked_on_any_system(name, safe):
    assert safe_name(name) == safe
