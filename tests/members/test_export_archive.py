"""One file as a ZIP archive."""

import io
import json
import tracemalloc
import zipfile

import pytest
from django.test import Client
from django.utils import timezone

from members.documents.names import RESERVED
from members.exporting import export
from members.models.ballots import Vote
from members.services import applicants, staff
from members.states import State
from tests.factories.documents import pdf, stored
from tests.factories.members import ApplicationFactory, MembershipFactory

ADA = "ada@example.org"
pytestmark = pytest.mark.usefixtures("home", "private_root")


@pytest.fixture
def secretary(staff_with):
    return staff_with("view_application", "change_application")


@pytest.fixture
def application(secretary):
    draft = ApplicationFactory(
        state=State.DRAFT,
        person=ADA,
        organisation_name="Voices <b>Org</b>",
        answers={"organisation_name": "Voices <b>Org</b>", "about": "We <script>alert(1)</script>"},
    )
    stored(draft, name="../../Устав.pdf", content=pdf("one"))
    stored(draft, "other", name="CON.pdf", content=pdf("two"), removed_at=timezone.now())
    sent = staff.acknowledge(applicants.submit(draft, ADA), secretary, 2, note="Looks whole")
    sent.notes.create(by=secretary, by_name="Kofi", text="Ask about funding")
    ballot = sent.ballots.create(
        closes_at=timezone.now(), quorum_percent=50, majority="more_than_half"
    )
    member = MembershipFactory().organisation
    seat = ballot.seats.create(organisation=member, organisation_name="Voting Organisation")
    seat.votes.create(choice=Vote.Choice.YES, comment="Welcome them")
    return sent


def opened(application, by):
    return zipfile.ZipFile(export(application, by))


def test_everything_is_in_it_for_people_and_for_programs(application, secretary):
    archive = opened(application, secretary)
    page = archive.read(f"{application.reference}/file.html").decode()
    facts = json.loads(archive.read(f"{application.reference}/file.json"))
    for told in (
        "We &lt;script&gt;alert(1)&lt;/script&gt;",
        "Looks whole",
        "Ask about funding",
        "Voting Organisation",
        "Welcome them",
        "We have received your application",
        "Устав.pdf",
        ADA,
    ):
        assert told in page
    assert "<script" not in page
    assert facts["answers"]["about"] == "We <script>alert(1)</script>"
    assert [one["number"] for one in facts["revisions"]] == [1]
    assert [one["note"] for one in facts["trail"] if one["action"] == "acknowledge"] == [
        "Looks whole"
    ]
    assert facts["notes"][0]["text"] == "Ask about funding"
    assert facts["votes"][0]["comment"] == "Welcome them"
    assert len(facts["letters"]) == len([n for n in archive.namelist() if "/letters/" in n]) == 3
    assert ADA in archive.read(f"{application.reference}/letters/001.txt").decode()


def test_documents_are_as_they_came_under_names_that_every_system_can_unpack(
    application, secretary
):
    archive = opened(application, secretary)
    facts = json.loads(archive.read(f"{application.reference}/file.json"))
    contents = [
        archive.read(f"{application.reference}/{document['file']}")
        for document in facts["documents"]
    ]
    assert contents == [pdf("one"), pdf("two")]
    for name in archive.namelist():
        parts = name.split("/")
        assert ".." not in parts
        assert not any(RESERVED.match(part) for part in parts)
        assert not set(name) & set('<>:"|?*\\')
        assert name.startswith(f"{application.reference}/")


def test_a_document_whose_file_is_missing_does_not_stand_in_the_way(application, secretary):
    gone = application.documents.first()
    gone.file.storage.delete(gone.file.name)
    archive = opened(application, secretary)
    facts = json.loads(archive.read(f"{application.reference}/file.json"))
    assert None in [document["file"] for document in facts["documents"]]
    assert "the file is missing" in archive.read(f"{application.reference}/file.html").decode()


def test_large_documents_take_little_memory(application, secretary):
    for _number in range(3):
        stored(application, "other", content=b"%PDF" + b"x" * 9_000_000)
    tracemalloc.start()
    export(application, secretary).close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 9_000_000


def test_staff_download_it_and_the_trail_says_so(application, secretary):
    browser = Client()
    browser.force_login(secretary)
    answer = browser.get(f"/admin/membership/export/{application.pk}/")
    assert answer["Content-Disposition"] == f'attachment; filename="{application.reference}.zip"'
    assert "no-store" in answer["Cache-Control"]
    content = io.BytesIO(b"".join(answer.streaming_content))
    assert zipfile.ZipFile(content).testzip() is None
    last = application.events.last()
    assert (last.action, last.by) == ("export", secretary)


@pytest.mark.parametrize("permissions", [(), ("view_application",), ("change_application",)])
def test_both_permissions_are_needed(application, staff_with, permissions):
    browser = Client()
    browser.force_login(staff_with(*permissions, email="other@example.org"))
    browser.get(f"/admin/membership/export/{application.pk}/")
    assert not application.events.filter(action="export").exists()


def test_a_draft_is_not_exported(secretary):
    draft = ApplicationFactory(state=State.DRAFT)
    browser = Client()
    browser.force_login(secretary)
    assert browser.get(f"/admin/membership/export/{draft.pk}/").status_code == 404
