"""The table of moves between the states of a letter."""

from itertools import product

import pytest

from icrtop.mail import outcomes
from icrtop.mail.models import LEASED, OPEN, State
from icrtop.mail.moves import MOVES, IllegalMove, check_move
from tests.factories.mail import DeliveryFactory


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "to"),
    [(start, to) for start, to in product(State, State) if to not in MOVES[start]],
    ids=lambda state: state.value,
)
def test_a_move_that_the_table_does_not_have_is_refused(start, to):
    with pytest.raises(IllegalMove):
        outcomes._move(DeliveryFactory.build(pk=1), [start], to)


def test_a_statement_makes_only_moves_that_the_table_has_from_every_origin():
    check_move([State.PENDING, State.DEFERRED], State.CLAIMED)
    with pytest.raises(IllegalMove, match="sent → claimed"):
        check_move([State.PENDING, State.SENT], State.CLAIMED)


def test_every_state_is_in_the_table_and_none_leads_to_itself():
    assert set(MOVES) == set(State)
    assert not [state for state in State if state in MOVES[state]]


def test_what_is_being_sent_is_never_withdrawn():
    assert MOVES[State.SENDING].isdisjoint({State.CANCELLED, State.SUPPRESSED, State.CLAIMED})


def test_what_is_done_stays_as_it_is_except_what_a_person_may_decide():
    done = set(State) - set(OPEN)
    assert {state for state in done if MOVES[state]} == {State.UNCERTAIN}
    assert set(LEASED) < set(OPEN)
