"""Votes and closings at the same moment, each in a transaction of its own."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from icrtop.mail.models import Message
from members.ballots.closing import close_due_ballots, close_if_due
from members.ballots.reminding import remind
from members.ballots.voting import BallotClosed, VotedMeanwhile, cast_vote
from members.models import Application, Ballot, Vote
from members.services import staff
from members.services.moving import MoveNotAllowed
from tests.factories.members import FocalPointFactory
from tests.members.ballot_scene import open_scene
from tests.members.test_at_once import both
from tests.members.waiting import wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(home, staff_with):
    return open_scene(staff_with)


def while_locked(scene, first, second):
    """Call one function in a transaction that holds the application, while another waits for it.

    Returns the result, or the error, of the second.
    """

    def run():
        try:
            return second()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Application.objects.select_for_update().get(pk=scene.application.pk)
            waiting = pool.submit(run)
            wait_until_somebody_waits()
            first()
        return waiting.result(10)


def test_two_last_votes_at_the_same_moment_close_the_ballot_once(scene):
    scene.vote(0, "yes")
    scene.vote(1, "yes")
    done = both(lambda: scene.vote(2, "yes"), lambda: scene.vote(3, "yes"))
    # The first made it certain; the other came too late, and was told.
    assert {type(one) for one in done} == {Vote, BallotClosed}
    scene.refresh()
    assert scene.ballot.outcome == Ballot.Outcome.CARRIED
    assert Vote.objects.count() == 3
    assert scene.actions().count("close_ballot") == 1
    assert Message.objects.filter(purpose="members.notice_voted").count() == 1


def test_two_votes_that_are_certain_only_together_both_count(scene):
    scene.vote(0, "yes")
    done = both(lambda: scene.vote(1, "yes"), lambda: scene.vote(2, "yes"))
    assert {type(one) for one in done} == {Vote}
    assert scene.refresh().ballot.outcome == Ballot.Outcome.CARRIED


def test_a_vote_that_waits_while_the_ballot_closes_is_refused(scene):
    scene.vote(0, "yes")

    def close():
        scene.deadline_was()
        assert close_due_ballots() == 1

    refused = while_locked(scene, close, lambda: scene.vote(1, "yes"))
    assert isinstance(refused, BallotClosed)
    assert Vote.objects.count() == 1


def test_a_closing_that_waits_while_a_vote_closes_the_ballot_does_nothing(scene):
    scene.vote(0, "yes")
    scene.vote(1, "yes")

    due = Ballot.objects.get()
    due.closes_at = timezone.now()
    assert while_locked(scene, lambda: scene.vote(2, "yes"), lambda: close_if_due(due)) is False
    assert scene.refresh().ballot.outcome == Ballot.Outcome.CARRIED
    assert scene.actions().count("close_ballot") == 1


def test_a_vote_waits_while_staff_stop_the_ballot_and_is_refused(scene):
    version = scene.application.version

    def stop():
        staff.stop_ballot(scene.application, scene.by, version, note="A mistake.")

    refused = while_locked(scene, stop, lambda: scene.vote(0, "yes"))
    assert isinstance(refused, BallotClosed)
    assert scene.refresh().ballot.outcome == Ballot.Outcome.STOPPED


def test_staff_who_stop_a_ballot_that_a_vote_is_closing_are_told(scene):
    scene.vote(0, "yes")
    scene.vote(1, "yes")
    refused = while_locked(
        scene,
        lambda: scene.vote(2, "yes"),
        lambda: staff.stop_ballot(scene.application, scene.by, None, note="A mistake."),
    )
    assert isinstance(refused, MoveNotAllowed)
    assert scene.refresh().ballot.outcome == Ballot.Outcome.CARRIED


def test_of_two_colleagues_at_the_same_moment_the_second_is_told_of_the_first(scene):
    FocalPointFactory(organisation=scene.seats[0], on_committee=True, email="second@example.org")
    done = both(
        lambda: scene.vote(0, "yes", seen=0),
        lambda: cast_vote(scene.ballot, "second@example.org", "no", seen=0),
    )
    assert {type(one) for one in done} == {Vote, VotedMeanwhile}
    assert Vote.objects.count() == 1


def test_two_reminders_at_the_same_moment_are_one(scene):
    done = both(lambda: remind(scene.ballot), lambda: remind(scene.ballot))
    assert sorted(done) == [False, True]
    assert Message.objects.filter(purpose="members.ballot_reminder").count() == 1
