"""The rules of a ballot: what its votes amount to, and whether that can still change.

Pure functions of numbers. The rules are those that the Coalition sets (Settings → Membership), as
they were when the ballot opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from members.models.ballots import Ballot, Majority, Vote

Choice = Vote.Choice
Outcome = Ballot.Outcome


@dataclass(frozen=True)
class Rules:
    """What a ballot needs: `quorum_percent` of the electorate, 1 to 100, and a majority."""

    quorum_percent: int
    majority: Majority

    @classmethod
    def of(cls, ballot: Ballot) -> Rules:
        return cls(ballot.quorum_percent, Majority(ballot.majority))


@dataclass(frozen=True)
class Tally:
    """How many seats a ballot has, and how many of them stand for each choice."""

    seats: int
    yes: int = 0
    no: int = 0
    abstain: int = 0
    discuss: int = 0
    recused: int = 0

    @classmethod
    def count(cls, seats: int, choices: Iterable[str]) -> Tally:
        """Count the standing votes, at most one of each seat."""
        found = Counter(Choice(choice) for choice in choices)
        return cls(seats, **{choice.value: found[choice] for choice in Choice})

    @property
    def electorate(self) -> int:
        """The seats that take part."""
        return self.seats - self.recused

    @property
    def cast(self) -> int:
        """The votes that count for the quorum: abstaining is one, and so is asking to discuss."""
        return self.yes + self.no + self.abstain + self.discuss

    @property
    def answered(self) -> int:
        """The seats that have said anything, were it that they take no part."""
        return self.cast + self.recused

    @property
    def remaining(self) -> int:
        return self.seats - self.answered


def quorum(electorate: int, percent: int) -> int:
    """How many votes must be cast: the percentage of the electorate, rounded up."""
    return -(-electorate * percent // 100)


def has_quorum(tally: Tally, rules: Rules) -> bool:
    """Whether enough votes are cast; never where every seat takes no part."""
    return tally.electorate > 0 and quorum(tally.electorate, rules.quorum_percent) <= tally.cast


def outcome(tally: Tally, rules: Rules) -> Outcome:
    """What comes of the votes as they stand, if the ballot closes now.

    Only CARRIED and NOT_CARRIED say what the committee wants. Without a quorum nothing else is
    looked at; one vote to discuss first is enough for the matter to be discussed. Votes are tied
    if there are none in favour or against, or, where more than half is needed, as many of each.
    """
    if not has_quorum(tally, rules):
        return Outcome.NO_QUORUM
    if tally.discuss:
        return Outcome.DISCUSS
    return majority(tally.yes, tally.no, rules.majority)


def majority(yes: int, no: int, needed: Majority) -> Outcome:
    """What the votes in favour and against amount to: CARRIED, NOT_CARRIED or TIED."""
    if yes == no == 0:
        return Outcome.TIED
    match needed:
        case Majority.TWO_THIRDS:
            carried = 3 * yes >= 2 * (yes + no)
        case Majority.NONE_AGAINST:
            carried = no == 0
        case Majority.MORE_THAN_HALF:
            if yes == no:
                return Outcome.TIED
            carried = yes > no
    return Outcome.CARRIED if carried else Outcome.NOT_CARRIED


def is_certain(tally: Tally, rules: Rules) -> bool:
    """Whether the ballot is carried, or not, however the remaining seats vote.

    They may vote in favour, against, abstain, take no part or say nothing. Votes that were cast
    count as they stand, although they may be changed while the ballot is open. Nothing is certain
    while a vote to discuss stands, without a quorum, or in a tie: such ballots stay open until
    their deadline, as a changed vote may resolve them.

    Each vote more in favour makes the result better or leaves it, each one against makes it worse
    or leaves it, and the quorum that is reached stays reached. So the two ends decide: all that
    remain in favour, and all against.
    """
    if tally.discuss or not has_quorum(tally, rules):
        return False
    best = majority(tally.yes + tally.remaining, tally.no, rules.majority)
    worst = majority(tally.yes, tally.no + tally.remaining, rules.majority)
    return best == worst and best != Outcome.TIED
