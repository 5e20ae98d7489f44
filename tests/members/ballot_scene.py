"""A Steering Committee, and a ballot of it on an application."""

import datetime
from dataclasses import dataclass

from django.utils import timezone

from members.ballots.voting import cast_vote
from members.models import Application, Ballot, Organisation
from members.services import staff
from members.states import State
from tests.factories.members import ApplicationFactory, FocalPointFactory, MembershipFactory

CHANGE = ("view_application", "change_application", "decide_application")


def voter(index):
    return f"voter{index}@example.org"


@dataclass
class Scene:
    application: Application
    ballot: Ballot
    seats: list[Organisation]
    by: object

    def vote(self, index, choice, comment="", **more):
        return cast_vote(self.ballot, voter(index), choice, comment, **more)

    def refresh(self):
        self.ballot.refresh_from_db()
        self.application = Application.objects.get(pk=self.application.pk)
        return self

    def actions(self):
        return list(self.application.events.values_list("action", flat=True))

    def deadline_was(self, ago=datetime.timedelta(seconds=1)):
        """Have the deadline be past by now."""
        Ballot.objects.filter(pk=self.ballot.pk).update(closes_at=timezone.now() - ago)
        self.ballot.refresh_from_db()


def open_scene(staff_with, seats=5, days=14, **application):
    """Put an application to a ballot of so many seats, as staff do."""
    terms = [
        MembershipFactory(on_steering_committee=True, organisation__name=f"Seat {index}")
        for index in range(seats)
    ]
    committee = [term.organisation for term in terms]
    for index, organisation in enumerate(committee):
        FocalPointFactory(
            organisation=organisation,
            on_committee=True,
            email=voter(index),
            name=f"Voter {index}",
            telephone="+233 30 1",
        )
    by = staff_with(*CHANGE)
    given = ApplicationFactory(state=State.UNDER_REVIEW, **application)
    closes_at = timezone.now() + datetime.timedelta(days=days)
    moved = staff.put_to_ballot(given, by, given.version, closes_at=closes_at)
    return Scene(moved, moved.ballots.get(), committee, by)
