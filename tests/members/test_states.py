"""Every move from every state, by everybody: what the table allows happens, all else is refused."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.models import Message
from members.ballots.opening import open_ballot
from members.letters import KINDS, To, draft_letter
from members.models import Application, Ballot
from members.services import applicants, staff
from members.services.moving import Actor, MoveNotAllowed, ReasonsMissing, make, take
from members.states import ENDED_WITHOUT, MOVES, OPEN, PUBLIC_LABELS, WAITS_FOR, By, State
from tests.factories.members import ApplicationFactory, FocalPointFactory, MembershipFactory

pytestmark = pytest.mark.django_db

ADDRESS = "ama@example.org"
CHANGE, DECIDE = "change_application", "decide_application"

TABLE = {
    ("submit", "draft", "submitted"),
    ("answer", "more_information", "under_review"),
    *(("withdraw", state.value, "withdrawn") for state in OPEN),
    ("acknowledge", "submitted", "under_review"),
    ("ask", "submitted", "more_information"),
    ("ask", "under_review", "more_information"),
    ("ask", "voted", "more_information"),
    ("put_to_ballot", "under_review", "ballot"),
    ("put_to_ballot", "voted", "ballot"),
    ("stop_ballot", "ballot", "under_review"),
    ("close_ballot", "ballot", "voted"),
    ("accept", "voted", "accepted"),
    ("decline", "under_review", "declined"),
    ("decline", "voted", "declined"),
    ("close", "submitted", "closed"),
    ("close", "under_review", "closed"),
    ("close", "more_information", "closed"),
    ("close", "voted", "closed"),
    ("reopen", "declined", "under_review"),
    ("reopen", "closed", "under_review"),
    ("reopen", "withdrawn", "under_review"),
}
# Who may make which moves, whatever the state.
MAY = {
    "applicant": {"submit", "answer", "withdraw"},
    "another applicant": set(),
    "someone invited": {"submit", "answer", "withdraw"},
    "staff who look": set(),
    "staff who change": {"acknowledge", "ask", "put_to_ballot", "stop_ballot", "close", "reopen"},
    "staff who decide": {"accept", "decline"},
    "secretariat": {name for name, move in MOVES.items() if move.by == By.STAFF},
    "listserv": set(),
    "committee": set(),
    "the site": {"close_ballot"},
}


@dataclass
class Scene:
    """An application with its people, and an open ballot where there should be one."""

    application: Application
    actors: dict[str, Actor]


@pytest.fixture
def scene(home, staff_with) -> Callable[[str], Scene]:
    def build(state: str) -> Scene:
        application = ApplicationFactory(state=state, person=ADDRESS)
        application.people.create(email="Second@Example.org", normalised="second@example.org")
        seat = MembershipFactory(on_steering_committee=True)
        voter = FocalPointFactory(organisation=seat.organisation, on_committee=True)
        view = staff_with("view_application", email="view@example.org")
        if state == State.BALLOT:
            open_ballot(application, view, timezone.now() + datetime.timedelta(days=1))
        changing = staff_with("view_application", CHANGE, email="change@example.org")
        deciding = staff_with("view_application", DECIDE, email="decide@example.org")
        both = staff_with("view_application", CHANGE, DECIDE, email="both@example.org")
        return Scene(
            application,
            {
                "applicant": Actor.applicant(ADDRESS),
                "another applicant": Actor.applicant("other@example.org"),
                "someone invited": Actor.applicant("second@example.org"),
                "staff who look": Actor.staff(view),
                "staff who change": Actor.staff(changing),
                "staff who decide": Actor.staff(deciding),
                "secretariat": Actor.staff(both),
                "listserv": Actor.staff(staff_with("view_subscriber", email="list@example.org")),
                "committee": Actor.committee(voter.name, voter.normalised),
                "the site": Actor.site(),
            },
        )

    return build


def make_move(application: Application, name: str, by: Actor) -> Application:
    """Make a move as the site does: by a service, or by the engine itself."""
    if MOVES[name].by == By.APPLICANT:
        return getattr(applicants, name)(application, by.address)
    if MOVES[name].by == By.STAFF and by.user:
        more = {
            "ask": {
                "sections": ["about"],
                "answer_by": timezone.localdate() + datetime.timedelta(days=7),
            },
            "put_to_ballot": {"closes_at": timezone.now() + datetime.timedelta(days=7)},
        }.get(name, {})
        return staff.SERVICES[name](application, by.user, 1, note="Because.", **more)
    locked = take(application, name, by, 1)
    make(locked, name, by, note="Because.", facts={"ballot": locked.ballot})
    return locked


def test_the_table_is_this_one():
    assert {
        (move.name, source.value, move.target.value)
        for move in MOVES.values()
        for source in move.sources
    } == TABLE


def test_every_state_has_a_label_for_the_applicant_and_every_move_a_service():
    assert set(PUBLIC_LABELS) == set(State)
    assert set(staff.SERVICES) == {name for name, move in MOVES.items() if move.by == By.STAFF}


def test_whatever_is_open_can_be_moved_on_and_ended():
    for state in WAITS_FOR:
        targets = {move.target for move in MOVES.values() if state in move.sources}
        assert targets - {State.WITHDRAWN}
        assert targets & {*ENDED_WITHOUT, State.ACCEPTED}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("name", MOVES)
def test_a_move_by_everybody(scene, name, state):
    there = scene(state)
    for who, by in there.actors.items():
        before = transaction.savepoint_create()
        if name not in MAY[who]:
            assert_refused(there.application, name, by, PermissionDenied)
        elif state not in MOVES[name].sources:
            assert_refused(there.application, name, by, MoveNotAllowed)
        else:
            assert_made(there.application, name, by)
        transaction.savepoint_rollback(before)


def assert_refused(application: Application, name: str, by: Actor, error: type[Exception]) -> None:
    state = application.state
    with pytest.raises(error):
        make_move(application, name, by)
    application.refresh_from_db()
    assert (application.state, application.version) == (state, 1)
    assert not application.events.exists()
    assert not Message.objects.exists()


def assert_made(application: Application, name: str, by: Actor) -> None:
    state, move = application.state, MOVES[name]
    make_move(application, name, by)
    moved = Application.objects.get(pk=application.pk)
    assert (moved.state, moved.version) == (move.target, 2)
    event = moved.events.get()
    assert (event.actor, event.by, event.by_name) == (by.kind, by.user, by.name)
    assert (event.action, event.from_state, event.to_state) == (name, state, move.target)
    assert moved.state_since == event.at
    sent = {message.purpose.removeprefix("members.") for message in event.messages.all()}
    assert sent == set(move.letters)


def test_the_table_test_knows_everybody(scene):
    assert scene(State.DRAFT).actors.keys() == MAY.keys()


@pytest.mark.parametrize("name", [move.name for move in MOVES.values() if move.note_required])
def test_some_moves_need_reasons(scene, name):
    there = scene(MOVES[name].sources[0])
    more = {"sections": ["about"], "answer_by": timezone.localdate()} if name == "ask" else {}
    with pytest.raises(ReasonsMissing):
        staff.SERVICES[name](
            there.application, there.actors["secretariat"].user, 1, note="  ", **more
        )


def test_accepting_against_a_ballot_needs_to_say_how_the_committee_decided(scene):
    there = scene(State.VOTED)
    by = there.actors["secretariat"].user
    Ballot.objects.create(
        application=there.application,
        closes_at=timezone.now(),
        closed_at=timezone.now(),
        outcome=Ballot.Outcome.NO_QUORUM,
        quorum_percent=50,
        majority="more_than_half",
    )
    with pytest.raises(ReasonsMissing):
        staff.accept(there.application, by, 1)
    Ballot.objects.update(outcome=Ballot.Outcome.CARRIED)
    assert staff.accept(there.application, by, 1).state == State.ACCEPTED


def test_an_anonymised_file_moves_no_more(scene):
    there = scene(State.DECLINED)
    Application.objects.update(anonymised_at=timezone.now())
    with pytest.raises(MoveNotAllowed):
        staff.reopen(there.application, there.actors["secretariat"].user, 1, note="Because.")


def test_withdrawing_stops_the_ballot(scene):
    there = scene(State.BALLOT)
    applicants.withdraw(there.application, ADDRESS, "We have merged.")
    ballot = Ballot.objects.get()
    assert (ballot.outcome, ballot.closed_at is None) == (Ballot.Outcome.STOPPED, False)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_letter_can_be_drafted_and_names_its_application(scene, name):
    there = scene(State.BALLOT)
    application = there.application
    application.organisation_name = "O'Brien & <Sons>"
    application.answer_by = timezone.localdate()
    letter = draft_letter(
        application,
        name,
        {
            "note": "The statutes are missing.",
            "sections": ["documents"],
            "answer_by": timezone.localdate(),
            "closes_at": timezone.now(),
            "ballot": application.ballot,
        },
    )
    assert application.reference in letter.subject
    # A draft may have no name yet.
    assert ("O'Brien & <Sons>" in letter.body) is (name != "draft_ends")
    assert "&amp;" not in letter.body
    assert "{" not in letter.body
    assert letter.recipients
    if KINDS[name].to == To.APPLICANT:
        assert [one.address for one in letter.recipients] == [
            ADDRESS
        ]  # Who was invited only waits.


def test_the_letter_goes_in_the_words_that_staff_gave_it(scene):
    there = scene(State.SUBMITTED)
    letter = draft_letter(there.application, "acknowledged").reworded(
        "Good news", "First <b>line</b>\n\nhttps://example.org/statutes"
    )
    staff.acknowledge(
        there.application, there.actors["secretariat"].user, 1, letters={"acknowledged": letter}
    )
    sent = Message.objects.get()
    assert sent.subject == "Good news"
    assert "First <b>line</b>" in sent.text
    assert "First &lt;b&gt;line&lt;/b&gt;" in sent.html
    assert 'href="https://example.org/statutes"' in sent.html


def test_the_trail_survives_the_account(scene):
    there = scene(State.SUBMITTED)
    by = there.actors["secretariat"].user
    staff.acknowledge(there.application, by, 1)
    User.objects.filter(pk=by.pk).delete()
    event = there.application.events.get()
    assert (event.by, event.by_name) == (None, "Kofi Example")
