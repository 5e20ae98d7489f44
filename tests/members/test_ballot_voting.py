"""Who can vote, what is kept of it, and what is refused."""

import datetime

import pytest
from django.utils import timezone

from icrtop.mail.models import Message
from members.ballots.voting import (
    BallotClosed,
    CommentMissing,
    NotEligible,
    VotedMeanwhile,
    cast_vote,
)
from members.models import Ballot, FocalPoint, Membership, MembershipSettings, Vote
from members.services import staff
from members.states import State
from tests.factories.members import FocalPointFactory, MembershipFactory
from tests.members.ballot_scene import open_scene, voter

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(home, staff_with):
    return open_scene(staff_with)


def test_three_of_five_in_favour_with_one_recused_carry_it_at_once(scene):
    scene.vote(0, "recused")
    scene.vote(1, "yes")
    scene.vote(2, "yes")
    assert scene.refresh().ballot.closed_at is None
    scene.vote(3, "yes", "Good work.")
    scene.refresh()
    assert scene.ballot.outcome == Ballot.Outcome.CARRIED
    assert scene.application.state == State.VOTED
    [closing] = scene.application.events.filter(action="close_ballot")
    assert (
        closing.note == "In favour. 3 of 4 voted, quorum 2; 3 in favour, 0 against; "
        "1 of 5 seats takes no part."
    )
    [notice] = closing.messages.all()
    assert [one.address for one in notice.deliveries.all()] == ["secretariat@icrtop.example"]
    assert "3 in favour, 0 against" in notice.text


def test_the_trail_says_who_voted_for_whom_and_not_how(scene):
    scene.vote(0, "no", "Too little is known.")
    scene.vote(0, "yes")
    events = scene.application.events.filter(action__in=["vote", "change_vote"])
    assert [(one.action, one.actor, one.by_name, one.note) for one in events] == [
        ("vote", "committee", "Voter 0", "Seat 0"),
        ("change_vote", "committee", "Voter 0", "Seat 0"),
    ]


def test_a_changed_vote_counts_and_the_earlier_ones_stay_on_record(scene):
    first = scene.vote(0, "no")
    second = scene.vote(0, "abstain", "On reflection.")
    seat = second.seat
    assert list(seat.votes.values_list("pk", "choice")) == [
        (first.pk, "no"),
        (second.pk, "abstain"),
    ]
    assert (second.by_name, second.by_email) == ("Voter 0", "voter0@example.org")


def test_the_same_vote_again_is_the_same_vote(scene):
    assert scene.vote(0, "yes", "Good.") == scene.vote(0, "yes", " Good. ")
    assert Vote.objects.count() == 1
    assert scene.actions().count("vote") == 1


def test_the_second_click_on_a_vote_that_closed_the_ballot_finds_it_counted(scene):
    for index in (0, 1):
        scene.vote(index, "yes")
    last = scene.vote(2, "yes")
    assert scene.refresh().ballot.closed_at
    assert scene.vote(2, "yes") == last
    with pytest.raises(BallotClosed):
        scene.vote(2, "no")


def test_two_people_of_an_organisation_have_one_vote(scene):
    FocalPointFactory(
        organisation=scene.seats[0], on_committee=True, email="second@example.org", name="Second"
    )
    scene.vote(0, "no")
    vote = cast_vote(scene.ballot, "second@example.org", "yes")
    assert vote.seat.votes.count() == 2
    assert vote.by_name == "Second"


def test_a_vote_after_a_colleagues_unseen_one_is_told_and_changes_nothing(scene):
    FocalPointFactory(organisation=scene.seats[0], on_committee=True, email="second@example.org")
    first = scene.vote(0, "no", seen=0)
    with pytest.raises(VotedMeanwhile):
        cast_vote(scene.ballot, "second@example.org", "yes", seen=0)
    assert list(Vote.objects.all()) == [first]
    cast_vote(scene.ballot, "second@example.org", "yes", seen=first.pk)
    assert Vote.objects.last().choice == "yes"


def test_one_vote_to_discuss_needs_words_and_keeps_the_ballot_open(scene):
    with pytest.raises(CommentMissing):
        scene.vote(0, "discuss", "  ")
    scene.vote(0, "discuss", "Who funds them?")
    for index in range(1, 5):
        scene.vote(index, "yes")
    assert scene.refresh().ballot.closed_at is None
    scene.vote(0, "yes")
    assert scene.refresh().ballot.outcome == Ballot.Outcome.CARRIED


def test_no_vote_one_moment_after_the_deadline_though_nobody_counted_yet(scene):
    scene.deadline_was(datetime.timedelta(0))
    assert scene.ballot.closed_at is None
    with pytest.raises(BallotClosed):
        scene.vote(0, "yes")
    assert not Vote.objects.exists()


def test_no_vote_in_a_ballot_that_was_stopped(scene):
    staff.stop_ballot(scene.application, scene.by, scene.application.version, note="A mistake.")
    with pytest.raises(BallotClosed):
        scene.vote(0, "yes")


@pytest.mark.parametrize("address", ["stranger@example.org", "applicant@example.org"])
def test_nobody_else_votes(scene, address):
    with pytest.raises(NotEligible):
        cast_vote(scene.ballot, address, "yes")


def test_a_focal_point_without_the_right_to_vote_does_not(scene):
    FocalPointFactory(organisation=scene.seats[0], email="silent@example.org")
    with pytest.raises(NotEligible):
        cast_vote(scene.ballot, "silent@example.org", "yes")


def test_an_organisation_that_joined_the_committee_later_has_no_vote(scene):
    late = MembershipFactory(on_steering_committee=True).organisation
    FocalPointFactory(organisation=late, on_committee=True, email="late@example.org")
    with pytest.raises(NotEligible):
        cast_vote(scene.ballot, "late@example.org", "yes")


@pytest.mark.parametrize(
    "leave",
    [
        lambda one: Membership.objects.filter(organisation=one).update(on_steering_committee=False),
        lambda one: Membership.objects.filter(organisation=one).update(ended=timezone.localdate()),
        lambda one: FocalPoint.objects.filter(organisation=one).update(on_committee=False),
        lambda one: FocalPoint.objects.filter(organisation=one).delete(),
    ],
    ids=["left the committee", "left the Coalition", "votes no longer", "is gone"],
)
def test_who_is_no_longer_on_the_committee_cannot_vote_but_their_vote_counts(scene, leave):
    scene.vote(0, "yes")
    leave(scene.seats[0])
    with pytest.raises(NotEligible):
        scene.vote(0, "no")
    scene.vote(1, "yes")
    scene.vote(2, "yes")
    assert scene.refresh().ballot.outcome == Ballot.Outcome.CARRIED


def test_who_votes_for_two_organisations_says_for_which(scene):
    FocalPointFactory(organisation=scene.seats[1], on_committee=True, email=voter(0))
    with pytest.raises(ValueError, match="which"):
        scene.vote(0, "yes")
    for seat in scene.ballot.seats.filter(organisation__in=scene.seats[:2]):
        scene.vote(0, "yes", seat=seat)
    assert Vote.objects.values("seat").distinct().count() == 2
    with pytest.raises(NotEligible):
        scene.vote(0, "yes", seat=scene.ballot.seats.get(organisation=scene.seats[2]))


def test_a_voter_whom_staff_named_later_votes_for_a_seat(scene):
    FocalPointFactory(organisation=scene.seats[0], on_committee=True, email="new@example.org")
    assert cast_vote(scene.ballot, "new@example.org", "yes").seat.organisation == scene.seats[0]


def test_the_rules_are_those_of_the_opening(scene):
    settings = MembershipSettings.current()
    settings.quorum_percent, settings.majority = 100, "none_against"
    settings.save()
    for index in range(3):
        scene.vote(index, "yes")
    assert scene.refresh().ballot.outcome == Ballot.Outcome.CARRIED


def test_a_vote_mails_nobody(scene):
    before = Message.objects.count()
    scene.vote(0, "yes")
    assert Message.objects.count() == before
