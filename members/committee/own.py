"""The ballots that somebody votes in, with what they may know of them."""

from __future__ import annotations

from dataclasses import dataclass

from members.ballots.access import ballots_of, organisations_of
from members.ballots.counting import Count, SeatVotes, with_votes
from members.ballots.words import arithmetic, progress, quorum_in_words
from members.models.applications import Application
from members.models.ballots import Ballot


@dataclass(frozen=True)
class OwnBallot:
    """A ballot, and the seats in it that somebody votes for: one, mostly."""

    count: Count
    mine: list[SeatVotes]

    @property
    def ballot(self) -> Ballot:
        return self.count.ballot

    @property
    def application(self) -> Application:
        return self.ballot.application

    @property
    def is_waiting(self) -> bool:
        """Whether it takes votes, and lacks that of an organisation of theirs."""
        return self.ballot.takes_votes and not all(one.votes for one in self.mine)

    @property
    def was_stopped(self) -> bool:
        return self.ballot.outcome == Ballot.Outcome.STOPPED

    @property
    def arithmetic(self) -> str:
        """How the outcome came about, once it has closed."""
        return arithmetic(self.count.tally, self.count.rules)

    @property
    def progress(self) -> str:
        return progress(self.count.tally)

    @property
    def quorum(self) -> str:
        return quorum_in_words(self.count.tally.seats, self.count.rules)


@dataclass(frozen=True)
class OwnBallots:
    """All of them: those that wait for a vote of theirs, the other open ones, the closed ones."""

    waiting: list[OwnBallot]
    others: list[OwnBallot]
    closed: list[OwnBallot]


def own_ballots(address: str) -> OwnBallots:
    """The ballots of who holds a verified, normalised address; what ends first is on top."""
    found = _find(address)
    running = [one for one in found if not one.ballot.closed_at]
    running.sort(key=lambda one: one.ballot.closes_at)
    return OwnBallots(
        waiting=[one for one in running if one.is_waiting],
        others=[one for one in running if not one.is_waiting],
        closed=[one for one in found if one.ballot.closed_at],
    )


def own_ballot(address: str, reference: str) -> OwnBallot | None:
    """The latest ballot on an application that they have a seat in, if there is one to see."""
    return next(iter(_find(address, application__reference=reference)), None)


def _find(address: str, **which: str) -> list[OwnBallot]:
    organisations = organisations_of(address)
    found = []
    for ballot in with_votes(ballots_of(address).filter(**which)):
        count = Count.of(ballot)
        mine = [one for one in count.seats if one.seat.organisation_id in organisations]
        found.append(OwnBallot(count, mine))
    return found
