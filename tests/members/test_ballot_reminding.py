"""Reminders to those who have not voted: once, in time, and to nobody else."""

import datetime

import pytest
from django.utils import timezone

from icrtop.mail.models import Message
from members.ballots import words
from members.ballots.reminding import remind_at, remind_due
from members.models import Ballot, FocalPoint, MembershipSettings
from tests.factories.members import FocalPointFactory
from tests.members.ballot_scene import open_scene, voter

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def scene(home, staff_with):
    return open_scene(staff_with)


def pass_time(scene, days):
    """Have the ballot been opened so many days earlier than it was, and close so much earlier."""
    ballot = scene.ballot
    ballot.opened_at -= days * DAY
    ballot.closes_at -= days * DAY
    ballot.save()


def reminders():
    return Message.objects.filter(purpose="members.ballot_reminder")


def test_those_who_have_not_voted_are_reminded_three_days_before_the_deadline(scene):
    scene.vote(0, "yes")
    scene.vote(1, "recused")
    FocalPointFactory(organisation=scene.seats[2], on_committee=True, email="also@example.org")
    FocalPointFactory(organisation=scene.seats[2], email="silent@example.org")
    pass_time(scene, 10.99)
    assert remind_due() == 0
    pass_time(scene, 0.02)
    assert remind_due() == 1
    message = reminders().get()
    assert {one.address for one in message.deliveries.all()} == {
        voter(2),
        "also@example.org",
        voter(3),
        voter(4),
    }
    assert scene.application.organisation_name in message.text
    assert scene.application.reference in message.text
    [event] = scene.application.events.filter(action="remind_committee")
    assert event.actor == "system"
    assert event.messages.get() == message


def test_a_reminder_is_sent_once(scene):
    pass_time(scene, 12)
    assert [remind_due(), remind_due()] == [1, 0]
    assert reminders().count() == 1


def test_who_votes_for_two_seats_gets_one_letter(scene):
    FocalPointFactory(organisation=scene.seats[1], on_committee=True, email=voter(0))
    pass_time(scene, 12)
    remind_due()
    addresses = [one.address for one in reminders().get().deliveries.all()]
    assert addresses.count(voter(0)) == 1


def test_nobody_is_reminded_after_the_deadline_or_of_a_closed_ballot(scene):
    pass_time(scene, 14.01)
    assert remind_due() == 0
    Ballot.objects.update(closed_at=timezone.now(), outcome=Ballot.Outcome.STOPPED)
    assert remind_due() == 0


def test_where_nobody_can_be_reminded_a_voter_whom_staff_add_is_reminded_still(scene):
    FocalPoint.objects.update(on_committee=False)
    pass_time(scene, 12)
    assert remind_due() == 0
    FocalPoint.objects.filter(normalised=voter(3)).update(on_committee=True)
    assert remind_due() == 1
    assert [one.address for one in reminders().get().deliveries.all()] == [voter(3)]


def test_a_tie_of_all_seats_reminds_nobody(home, staff_with):
    scene = open_scene(staff_with, seats=2)
    scene.vote(0, "yes")
    scene.vote(1, "no")
    pass_time(scene, 12)
    assert remind_due() == 0
    assert "remind_committee" not in scene.actions()


def test_a_short_ballot_is_reminded_of_halfway(home, staff_with):
    scene = open_scene(staff_with, days=2)
    assert remind_due() == 0
    assert abs(remind_at(scene.ballot, 3) - (scene.ballot.opened_at + DAY)) < DAY / 1000
    pass_time(scene, 1.01)
    assert remind_due() == 1


def test_the_days_are_those_of_the_settings(scene):
    settings = MembershipSettings.current()
    settings.ballot_reminder_days = 10
    settings.save()
    pass_time(scene, 4.01)
    assert remind_due() == 1


def test_when_a_ballot_opens_every_voter_is_told_where_and_until_when(scene):
    message = Message.objects.get(purpose="members.ballot_opened")
    assert {one.address for one in message.deliveries.all()} == {voter(seat) for seat in range(5)}
    assert words.moment(scene.ballot.closes_at) in message.text
    assert f"/committee/{scene.application.reference}/" in message.text


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("America/New_York", "Monday, 4 January 2100, 22:00 New York time (5 January, 03:00 UTC)"),
        ("Africa/Nairobi", "Tuesday, 5 January 2100, 06:00 Nairobi time (03:00 UTC)"),
        ("UTC", "Tuesday, 5 January 2100, 03:00 UTC"),
    ],
)
def test_a_moment_names_its_zone(zone, said):
    with timezone.override(zone):
        assert words.moment(datetime.datetime(2100, 1, 5, 3, 0, tzinfo=datetime.UTC)) == said
