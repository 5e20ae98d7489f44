"""Who may read the file of an application to vote on it, and for how long."""

import datetime

import pytest
from django.utils import timezone

from members.ballots.access import READ_DAYS, may_read_file, organisations_without_voters
from members.models import Ballot, FocalPoint, Membership
from members.services import staff
from members.states import State
from tests.factories.members import FocalPointFactory, MembershipFactory
from tests.members.ballot_scene import open_scene, voter

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(home, staff_with):
    return open_scene(staff_with)


def readers(scene):
    addresses = [voter(0), voter(1), "late@example.org", "stranger@example.org"]
    scene.refresh()
    return [one for one in addresses if may_read_file(one, scene.application)]


def test_those_with_a_seat_read_it_and_nobody_else(scene):
    late = MembershipFactory(on_steering_committee=True).organisation
    FocalPointFactory(organisation=late, on_committee=True, email="late@example.org")
    assert readers(scene) == [voter(0), voter(1)]
    FocalPoint.objects.filter(normalised=voter(0)).update(on_committee=False)
    Membership.objects.filter(organisation=scene.seats[1]).update(on_steering_committee=False)
    assert readers(scene) == []


def test_it_is_read_for_some_days_after_the_ballot_closed(scene):
    for index in range(3):
        scene.vote(index, "yes")
    assert readers(scene)
    limit = timezone.now() - datetime.timedelta(days=READ_DAYS)
    Ballot.objects.update(closed_at=limit + datetime.timedelta(minutes=1))
    assert readers(scene)
    Ballot.objects.update(closed_at=limit - datetime.timedelta(minutes=1))
    assert readers(scene) == []


@pytest.mark.parametrize(
    ("state", "is_read"),
    [
        (State.BALLOT, True),
        (State.VOTED, True),
        (State.ACCEPTED, True),
        (State.DECLINED, True),
        (State.MORE_INFORMATION, False),
        (State.UNDER_REVIEW, False),
        (State.WITHDRAWN, False),
        (State.CLOSED, False),
    ],
)
def test_it_is_not_read_once_it_is_taken_back_or_being_changed(scene, state, is_read):
    scene.application.state = state
    assert may_read_file(voter(0), scene.application) is is_read


def test_it_is_not_read_once_its_ballot_was_stopped_or_it_was_anonymised(scene):
    type(scene.application).objects.update(anonymised_at=timezone.now())
    assert readers(scene) == []
    type(scene.application).objects.update(anonymised_at=None)
    assert readers(scene)
    staff.stop_ballot(scene.application, scene.by, scene.application.version, note="A mistake.")
    type(scene.application).objects.update(state=State.BALLOT)
    assert readers(scene) == []


def test_organisations_for_which_nobody_can_vote_are_named(scene):
    assert organisations_without_voters() == []
    FocalPoint.objects.filter(organisation=scene.seats[2]).update(on_committee=False)
    assert organisations_without_voters() == [scene.seats[2]]
