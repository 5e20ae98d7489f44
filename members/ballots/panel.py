"""What staff see of the ballots on an application."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from members.ballots.access import voters
from members.ballots.counting import Count, SeatVotes, with_votes
from members.ballots.reminding import remind_at
from members.ballots.words import arithmetic, progress
from members.models.applications import Application
from members.models.ballots import Ballot
from members.models.focal_points import FocalPoint
from members.models.membership_settings import MembershipSettings
from members.models.organisations import Organisation


@dataclass(frozen=True)
class SeatLine:
    """A seat, what it voted, and who can vote for it now."""

    votes: SeatVotes
    voters: list[FocalPoint]
    is_on_committee: bool


@dataclass(frozen=True)
class Panel:
    """A ballot as staff see it."""

    count: Count
    lines: list[SeatLine]
    reminder: datetime.datetime

    @property
    def ballot(self) -> Ballot:
        return self.count.ballot

    @property
    def was_stopped(self) -> bool:
        return self.ballot.outcome == Ballot.Outcome.STOPPED

    @property
    def progress(self) -> str:
        return progress(self.count.tally)

    @property
    def arithmetic(self) -> str:
        return arithmetic(self.count.tally, self.count.rules)


def panel_of(application: Application) -> list[Panel]:
    """All ballots on an application, the latest first."""
    ballots = with_votes(Ballot.objects.filter(application=application))
    if not ballots:
        return []
    can_vote = voters()
    committee = set(Organisation.objects.steering_committee().values_list("pk", flat=True))
    days = MembershipSettings.current().ballot_reminder_days
    panels = []
    for ballot in ballots:
        count = Count.of(ballot)
        lines = [
            SeatLine(
                one,
                can_vote.get(one.seat.organisation_id or 0, []),
                one.seat.organisation_id in committee,
            )
            for one in count.seats
        ]
        panels.append(Panel(count, lines, remind_at(ballot, days)))
    return panels
