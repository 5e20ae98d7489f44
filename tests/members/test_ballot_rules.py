"""The rules of a ballot, against a model that counts votes one by one and tries every future."""

import itertools
from collections import Counter
from fractions import Fraction

import pytest

from members.ballots.rules import Outcome, Rules, Tally, has_quorum, is_certain, outcome, quorum
from members.models import Majority

CHOICES = ("yes", "no", "abstain", "discuss", "recused")
NOTHING = None
QUORUMS = (1, 34, 50, 67, 100)
MOST_SEATS = 6

ALL_RULES = [Rules(percent, majority) for percent in QUORUMS for majority in Majority]


def model_outcome(votes, rules):
    """What comes of a list with one vote, or None, for each seat; written from the rules' words."""
    part = [vote for vote in votes if vote != "recused"]
    cast = [vote for vote in part if vote is not NOTHING]
    if not part or Fraction(len(cast), len(part)) < Fraction(rules.quorum_percent, 100):
        return "no_quorum"
    if "discuss" in cast:
        return "discuss"
    decided = [vote for vote in cast if vote in ("yes", "no")]
    if not decided:
        return "tied"
    in_favour = Fraction(decided.count("yes"), len(decided))
    if rules.majority == Majority.MORE_THAN_HALF and in_favour == Fraction(1, 2):
        return "tied"
    carries = {
        Majority.MORE_THAN_HALF: in_favour > Fraction(1, 2),
        Majority.TWO_THIRDS: in_favour >= Fraction(2, 3),
        Majority.NONE_AGAINST: in_favour == 1,
    }
    return "carried" if carries[rules.majority] else "not_carried"


def model_is_certain(votes, rules):
    """Whether every future of the seats that remain has the same end, which is a decision."""
    if "discuss" in votes:
        return False
    stand = [vote for vote in votes if vote is not NOTHING]
    ways = ("yes", "no", "abstain", "recused", NOTHING)
    futures = itertools.combinations_with_replacement(ways, len(votes) - len(stand))
    first = model_outcome(votes, rules)
    return first in ("carried", "not_carried") and all(
        model_outcome([*stand, *future], rules) == first for future in futures
    )


def tally_of(votes):
    return Tally.count(len(votes), [vote for vote in votes if vote is not NOTHING])


def all_votes(seats):
    """Every way in which so many seats can stand; which of them voted how makes no difference."""
    return itertools.combinations_with_replacement((*CHOICES, NOTHING), seats)


@pytest.mark.parametrize("rules", ALL_RULES, ids=str)
def test_outcome_and_certainty_are_those_of_the_model_however_up_to_six_seats_vote(rules):
    seen = Counter()
    for seats in range(MOST_SEATS + 1):
        for votes in all_votes(seats):
            tally = tally_of(votes)
            assert outcome(tally, rules) == model_outcome(votes, rules), votes
            assert is_certain(tally, rules) == model_is_certain(votes, rules), votes
            seen[outcome(tally, rules), is_certain(tally, rules)] += 1
    # The comparison above has met every outcome, and decisions that were and were not certain.
    assert {result for result, _certain in seen} == set(Outcome) - {Outcome.STOPPED}
    assert {certain for _result, certain in seen} == {True, False}


@pytest.mark.parametrize("rules", ALL_RULES, ids=str)
def test_a_vote_turned_in_favour_never_makes_the_result_worse(rules):
    order = [Outcome.NOT_CARRIED, Outcome.TIED, Outcome.CARRIED]
    better = [("no", "yes"), ("no", "abstain"), ("abstain", "yes")]
    compared = 0
    for votes in all_votes(7):
        for old, new in better:
            if old not in votes:
                continue
            turned = list(votes)
            turned[turned.index(old)] = new
            before, after = (outcome(tally_of(one), rules) for one in (votes, turned))
            if before in order:
                compared += 1
                assert order.index(after) >= order.index(before), (votes, old, new)
            else:
                assert after == before
    assert compared > 100


@pytest.mark.parametrize("rules", ALL_RULES, ids=str)
def test_a_quorum_that_is_reached_stays_reached_whatever_the_others_say(rules):
    for votes in all_votes(7):
        if NOTHING in votes and has_quorum(tally_of(votes), rules):
            for choice in CHOICES:
                more = list(votes)
                more[more.index(NOTHING)] = choice
                assert has_quorum(tally_of(more), rules), (votes, choice)


def test_five_seats_one_of_which_takes_no_part_and_three_in_favour_are_certain_at_once():
    tally = Tally(seats=5, yes=3, recused=1)
    rules = Rules(50, Majority.MORE_THAN_HALF)
    assert outcome(tally, rules) == Outcome.CARRIED
    assert is_certain(tally, rules)
    assert not is_certain(Tally(seats=5, yes=2, recused=1), rules)


@pytest.mark.parametrize(
    ("electorate", "percent", "needed"),
    [(5, 50, 3), (4, 50, 2), (4, 51, 3), (3, 34, 2), (3, 33, 1), (1, 1, 1), (7, 100, 7)],
)
def test_the_quorum_is_the_percentage_of_those_who_take_part_rounded_up(
    electorate, percent, needed
):
    assert quorum(electorate, percent) == needed


def test_no_quorum_where_everybody_takes_no_part_nor_without_seats():
    for tally in (Tally(seats=3, recused=3), Tally(seats=0)):
        assert outcome(tally, Rules(1, Majority.MORE_THAN_HALF)) == Outcome.NO_QUORUM
        assert not is_certain(tally, Rules(1, Majority.MORE_THAN_HALF))


def test_a_vote_to_discuss_holds_up_what_would_be_certain_without_it():
    rules = Rules(50, Majority.MORE_THAN_HALF)
    assert is_certain(Tally(seats=5, yes=4), rules)
    assert not is_certain(Tally(seats=5, yes=4, discuss=1), rules)
    assert outcome(Tally(seats=5, yes=4, discuss=1), rules) == Outcome.DISCUSS


def test_a_tie_of_all_seats_waits_for_the_deadline():
    tally, rules = Tally(seats=4, yes=2, no=2), Rules(50, Majority.MORE_THAN_HALF)
    assert outcome(tally, rules) == Outcome.TIED
    assert not is_certain(tally, rules)
