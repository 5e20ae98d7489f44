"""Check the answers, send them once, withdraw or delete; and what stops a robot."""

import pytest

from icrtop.mail.models import Delivery, Message
from members.applying import drafts, people, sending
from members.models import Application, ApplicationDocument, Ballot
from members.services.moving import MoveNotAllowed
from members.states import OPEN, State
from tests.factories.accounts import signed_in
from tests.factories.members import COMPLETE, ApplicationFactory, complete_draft

pytestmark = pytest.mark.django_db

AMA = "ama@example.org"
INDEX = "/join-the-coalition/apply/"


@pytest.fixture(autouse=True)
def site(join_page):
    return join_page


@pytest.fixture
def ama():
    return signed_in(AMA)


def at(application, path=""):
    return f"{application.get_absolute_url()}{path}"


def send(client, application):
    """Press the button of the page to check the answers."""
    checked = client.get(at(application, "check/")).context["checked"]
    return client.post(at(application, "send/"), {"checked": checked})


def test_an_application_is_sent_once_however_often_the_button_is_pressed(ama):
    draft = complete_draft(AMA)
    checked = ama.get(at(draft, "check/")).context["checked"]
    for _click in range(2):
        answer = ama.post(at(draft, "send/"), {"checked": checked})
        assert (answer.status_code, answer["Location"]) == (302, at(draft))
    draft.refresh_from_db()
    assert draft.state == State.SUBMITTED
    assert draft.revisions.count() == 1
    assert Message.objects.filter(purpose="members.received").count() == 1
    assert draft.endorsements.count() == 2
    # The back button leads to where it stands.
    assert ama.get(at(draft, "check/"))["Location"] == at(draft)


def test_what_is_needed_is_needed_to_send(ama):
    draft = ApplicationFactory(state=State.DRAFT, person=AMA, answers={"works_in": ["GH"]})
    page = ama.get(at(draft, "check/"))
    assert "Send the application</button>" not in page.text
    for section in ("about", "registration", "work", "focal-points", "category", "endorsement"):
        assert f'href="{at(draft, section)}/?from=check"' in page.text
    assert f'href="{at(draft, "documents/")}?from=check"' in page.text
    assert f'href="{at(draft, "places/")}?from=check"' not in page.text.partition("</section>")[0]

    answer = ama.post(at(draft, "send/"), {"checked": page.context["checked"]})
    assert "Something is missing" in answer.text
    draft.refresh_from_db()
    assert draft.state == State.DRAFT
    assert not Message.objects.exists()


@pytest.mark.parametrize("name", [name for name, value in COMPLETE.items() if value])
def test_each_answer_that_is_needed_holds_it_back(name):
    lacking = COMPLETE | {name: [] if name == "works_in" else ""}
    draft = complete_draft(AMA, answers=lacking)
    with pytest.raises(sending.Incomplete):
        sending.send(draft, AMA, drafts.answers_version(lacking))


def test_a_document_that_was_taken_away_holds_it_back():
    draft = complete_draft(AMA)
    ApplicationDocument.objects.update(removed_at=draft.created)
    with pytest.raises(sending.Incomplete):
        sending.send(draft, AMA, drafts.answers_version(draft.answers))


def test_what_changed_after_it_was_checked_is_checked_again(ama):
    draft = complete_draft(AMA)
    checked = ama.get(at(draft, "check/")).context["checked"]
    drafts.save_section(draft, "work", {"work": "Something else."}, AMA)
    answer = ama.post(at(draft, "send/"), {"checked": checked})
    assert "Nothing was sent" in answer.text
    assert "Something else." in answer.text
    assert ama.post(at(draft, "send/"), {"checked": answer.context["checked"]}).status_code == 302
    draft.refresh_from_db()
    assert draft.state == State.SUBMITTED


def test_from_the_check_a_section_leads_back_to_it(ama):
    draft = complete_draft(AMA)
    address = f"{at(draft, 'work/')}?from=check"
    page = ama.get(address)
    answer = ama.post(address, {"work": "More.", "version": page.context["version"]})
    assert answer["Location"] == at(draft, "check/")


def test_answers_to_what_was_asked_are_a_revision(ama):
    application = complete_draft(
        AMA, state=State.MORE_INFORMATION, open_sections=["work"], answer_by="2030-01-01"
    )
    page = ama.get(at(application))
    assert "1 January 2030" in page.text
    assert at(application, "work/") in page.text
    assert at(application, "about/") not in page.text
    drafts.save_section(application, "work", {"work": "All of it."}, AMA)
    assert "About the organisation" not in ama.get(at(application, "check/")).text
    assert send(ama, application)["Location"] == at(application)
    application.refresh_from_db()
    assert application.state == State.UNDER_REVIEW
    assert application.revisions.get().answers["work"] == "All of it."
    assert application.open_sections == []


def test_what_is_missing_elsewhere_does_not_hold_back_an_answer(ama):
    """An application from before the form had sections lacks much that nobody asks for now."""
    application = ApplicationFactory(
        state=State.MORE_INFORMATION, person=AMA, open_sections=["work"], answers={"work": "Much."}
    )
    send(ama, application)
    application.refresh_from_db()
    assert application.state == State.UNDER_REVIEW


@pytest.mark.parametrize("state", OPEN)
def test_an_application_is_withdrawn_from_every_open_state(ama, state):
    application = complete_draft(AMA, state=state)
    if state == State.BALLOT:
        Ballot.objects.create(
            application=application, closes_at="2030-01-01T00:00Z", quorum_percent=50
        )
    assert ama.get(at(application, "withdraw/")).status_code == 200
    answer = ama.post(at(application, "withdraw/"), {"reason": "We have merged."})
    assert answer["Location"] == at(application)
    application.refresh_from_db()
    assert application.state == State.WITHDRAWN
    assert application.trail[-1].note == "We have merged."
    assert "Withdrawn by you" in ama.get(at(application)).text
    assert "We have merged." not in ama.get(at(application)).text
    assert not application.ballots.filter(closed_at=None).exists()
    assert Message.objects.filter(purpose="members.withdrawn").count() == 1


@pytest.mark.parametrize("state", [state for state in State if state not in (*OPEN, State.DRAFT)])
def test_what_has_ended_is_not_withdrawn(ama, state):
    application = complete_draft(AMA, state=state)
    for answer in (ama.get(at(application, "withdraw/")), ama.post(at(application, "withdraw/"))):
        assert answer["Location"] == at(application)
    application.refresh_from_db()
    assert application.state == state


def test_a_draft_is_deleted_instead(ama):
    draft = complete_draft(AMA)
    assert ama.get(at(draft, "withdraw/"))["Location"] == at(draft, "delete/")
    assert ama.get(at(draft, "delete/")).status_code == 200
    assert Application.objects.exists()
    assert ama.post(at(draft, "delete/"))["Location"] == INDEX
    assert not Application.objects.exists()
    assert not Message.objects.exists()


def test_the_invitations_to_a_deleted_draft_are_erased(ama):
    draft = complete_draft(AMA)
    people.invite(draft, "kofi@example.org", AMA)
    drafts.delete_draft(draft, AMA)
    assert not Delivery.objects.filter(normalised="kofi@example.org").exists()


def test_what_was_sent_is_not_deleted(ama):
    application = complete_draft(AMA, state=State.SUBMITTED)
    ama.post(at(application, "delete/"))
    assert Application.objects.exists()
    with pytest.raises(drafts.NotChangeable):
        drafts.delete_draft(application, AMA)
    with pytest.raises(MoveNotAllowed):
        sending.send(application, AMA, "")


def test_somebody_has_three_under_way_at_most(ama):
    for number in range(3):
        ApplicationFactory(person=AMA, state=(State.DRAFT, State.BALLOT, State.SUBMITTED)[number])
    ApplicationFactory(person=AMA, state=State.DECLINED)
    page = ama.get(INDEX)
    assert "Start an application</button>" not in page.text
    answer = ama.post(f"{INDEX}begin/")
    assert answer.status_code == 409
    assert "You have 3 applications under way" in answer.text
    assert Application.objects.count() == 4


def test_a_robot_with_one_address_is_throttled(ama):
    """It deletes each draft, so as to have room for the next."""
    begun = []
    for _number in range(500):
        answer = ama.post(f"{INDEX}begin/")
        if answer.status_code == 302:
            begun.append(answer["Location"])
            ama.post(f"{answer['Location']}delete/")
    assert len(begun) == 10
    assert answer.status_code == 429
    assert "You have begun many applications today" in answer.text or "connection" in answer.text


def test_a_robot_that_makes_500_applications_in_an_hour_leaves_the_queue_usable(client):
    refused = []
    for number in range(500):
        robot = signed_in(f"robot{number}@example.org")
        answer = robot.post(f"{INDEX}begin/")
        if answer.status_code == 429:
            refused.append(answer.text)
        else:
            robot.post(f"{answer['Location']}work/", {"work": "Buy this."})
    assert len(refused) == 480
    assert "Too many applications have been begun from your connection" in refused[0]
    # Drafts are the applicants' alone.
    assert not Application.objects.queue().exists()
    assert not Message.objects.exists()

    # Somebody elsewhere applies all the same, and staff see that one.
    draft = complete_draft(AMA)
    send(signed_in(AMA), draft)
    assert [each.pk for each in Application.objects.queue()] == [draft.pk]


def test_a_robot_that_sends_complete_applications_is_throttled_too():
    pages = []
    for number in range(25):
        address = f"robot{number}@example.org"
        pages.append(send(signed_in(address), complete_draft(address)))
    assert [page.status_code for page in pages] == [302] * 20 + [429] * 5
    assert "nothing is lost" in pages[-1].text
    assert Application.objects.queue().count() == 20


def test_saving_without_end_is_throttled_and_loses_nothing(ama, monkeypatch):
    monkeypatch.setattr("members.applying.views.filling.SAVES_BY_ONE", "2/hour")
    draft = complete_draft(AMA)
    address = at(draft, "work/")
    for text in ("one", "two", "three"):
        version = ama.get(address).context["version"]
        answer = ama.post(address, {"work": text, "version": version})
    assert answer.status_code == 429
    assert "three" in answer.text
    draft.refresh_from_db()
    assert draft.answers["work"] == "two"
