"""Ballots that end at their deadline, and what follows."""

import datetime

import pytest
from django.utils import timezone

from icrtop.mail.models import Message
from members import tasks
from members.ballots import closing, voting
from members.ballots.closing import close_due_ballots, close_if_due
from members.models import Application, Ballot, Vote
from members.services import applicants, staff
from members.services.moving import ReasonsMissing
from members.states import State
from tests.members.ballot_scene import open_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(home, staff_with):
    return open_scene(staff_with)


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        (["yes", "yes", "no"], "carried"),
        (["no", "no", "yes"], "not_carried"),
        (["yes", "no", "abstain"], "tied"),
        (["yes", "yes"], "no_quorum"),
        (["yes", "yes", "discuss"], "discuss"),
        ([], "no_quorum"),
        (["recused"] * 5, "no_quorum"),
    ],
)
def test_at_the_deadline_the_votes_are_counted_and_staff_told(scene, votes, outcome):
    for index, choice in enumerate(votes):
        scene.vote(index, choice, "What of their funding?" if choice == "discuss" else "")
    assert close_due_ballots() == 0
    scene.deadline_was()
    assert close_due_ballots() == 1
    scene.refresh()
    assert scene.ballot.outcome == outcome
    assert scene.application.state == State.VOTED
    [event] = scene.application.events.filter(action="close_ballot")
    assert event.actor == "system"
    assert event.messages.get().purpose == "members.notice_voted"


def test_a_second_run_changes_nothing(scene):
    scene.deadline_was()
    tasks.run_ballots()
    before = Message.objects.count(), scene.actions(), scene.refresh().application.version
    tasks.run_ballots()
    assert (Message.objects.count(), scene.actions(), scene.refresh().application.version) == before


def test_a_run_that_has_an_old_list_of_due_ballots_closes_nothing_twice(scene):
    scene.deadline_was()
    stale = Ballot.objects.get()
    assert close_if_due(stale)
    assert not close_if_due(stale)


def test_a_ballot_that_cannot_be_closed_holds_up_no_other(scene, staff_with):
    other = open_scene(lambda *names: staff_with(*names, email="other@example.org"), seats=0)
    Application.objects.filter(pk=scene.application.pk).update(state=State.UNDER_REVIEW)
    for one in (scene, other):
        one.deadline_was()
    assert close_due_ballots() == 1
    assert other.refresh().ballot.outcome == Ballot.Outcome.NO_QUORUM
    assert scene.refresh().ballot.closed_at is None


def test_what_breaks_between_a_vote_and_the_closing_leaves_neither(scene, monkeypatch):
    scene.vote(0, "yes")
    scene.vote(1, "yes")

    def break_down(*args, **kwargs):
        raise RuntimeError("Killed")

    with monkeypatch.context() as patch:
        patch.setattr(closing, "make", break_down)
        with pytest.raises(RuntimeError):
            scene.vote(2, "yes")
    scene.refresh()
    assert Vote.objects.count() == 2
    assert scene.ballot.closed_at is None
    assert scene.application.state == State.BALLOT
    scene.vote(2, "yes")
    assert scene.refresh().application.state == State.VOTED


def test_the_outcome_decides_nothing_and_staff_may_decide_otherwise_with_reasons(scene):
    for index in range(3):
        scene.vote(index, "no")
    scene.refresh()
    assert scene.ballot.outcome == Ballot.Outcome.NOT_CARRIED
    with pytest.raises(ReasonsMissing):
        staff.accept(scene.application, scene.by, scene.application.version)
    assert scene.refresh().application.state == State.VOTED


def test_after_a_ballot_that_failed_a_second_one_counts_from_nothing(scene):
    scene.vote(0, "no")
    scene.deadline_was()
    close_due_ballots()
    scene.refresh()
    assert scene.ballot.outcome == Ballot.Outcome.NO_QUORUM
    again = staff.put_to_ballot(
        scene.application,
        scene.by,
        scene.application.version,
        closes_at=timezone.now() + datetime.timedelta(days=7),
    )
    first, scene.ballot = scene.ballot, again.ballots.get(closed_at=None)
    assert scene.ballot.seats.count() == 5
    for index in range(3):
        scene.vote(index, "yes")
    scene.refresh()
    assert scene.ballot.outcome == Ballot.Outcome.CARRIED
    first.refresh_from_db()
    assert first.outcome == Ballot.Outcome.NO_QUORUM


def test_an_applicant_who_withdraws_stops_the_ballot(scene):
    person = scene.application.people.get()
    applicants.withdraw(scene.application, person.normalised)
    assert scene.refresh().ballot.outcome == Ballot.Outcome.STOPPED
    with pytest.raises(voting.BallotClosed):
        scene.vote(0, "yes")
    scene.deadline_was()
    assert close_due_ballots() == 0
