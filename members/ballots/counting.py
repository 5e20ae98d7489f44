"""A ballot as it stands: its seats, the votes that count, and what they amount to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from members.ballots.rules import Outcome, Rules, Tally, is_certain, outcome
from members.models.ballots import Ballot, BallotQuerySet, Seat, Vote


@dataclass(frozen=True)
class SeatVotes:
    """A seat and what was voted for it, earliest first."""

    seat: Seat
    votes: tuple[Vote, ...]

    @property
    def vote(self) -> Vote | None:
        """The vote that counts."""
        return self.votes[-1] if self.votes else None

    @property
    def changes(self) -> int:
        """How often the vote was changed."""
        return max(len(self.votes) - 1, 0)


@dataclass(frozen=True)
class Count:
    """The votes of a ballot as they stood when they were read."""

    ballot: Ballot
    seats: tuple[SeatVotes, ...]

    @classmethod
    def of(cls, ballot: Ballot) -> Count:
        """Read the votes of a ballot; two queries, or none if `with_votes` brought them along."""
        seats = ballot.seats.all()
        if "seats" not in getattr(ballot, "_prefetched_objects_cache", {}):
            seats = seats.prefetch_related("votes")
        return cls(ballot, tuple(SeatVotes(one, tuple(one.votes.all())) for one in seats))

    @cached_property
    def rules(self) -> Rules:
        return Rules.of(self.ballot)

    @cached_property
    def tally(self) -> Tally:
        return Tally.count(len(self.seats), (one.vote.choice for one in self.seats if one.vote))

    @property
    def outcome(self) -> Outcome:
        """What comes of it, if the ballot closes now."""
        return outcome(self.tally, self.rules)

    @property
    def is_certain(self) -> bool:
        return is_certain(self.tally, self.rules)

    @property
    def discussing(self) -> list[SeatVotes]:
        """The seats whose vote is to discuss the matter first."""
        return [one for one in self.seats if one.vote and one.vote.choice == Vote.Choice.DISCUSS]

    @property
    def waiting_for(self) -> list[SeatVotes]:
        """The seats that have said nothing yet."""
        return [one for one in self.seats if not one.votes]

    def seat_votes(self, seats: Iterable[Seat]) -> list[SeatVotes]:
        """What was voted for some of the seats."""
        wanted = {seat.pk for seat in seats}
        return [one for one in self.seats if one.seat.pk in wanted]


def with_votes(ballots: BallotQuerySet) -> BallotQuerySet:
    """Bring the applications, seats and votes of ballots along."""
    return ballots.select_related("application__country").prefetch_related("seats__votes")
