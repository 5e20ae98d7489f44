"""The moves that there are between the states of a delivery."""

from collections.abc import Iterable

from icrtop.mail.models import State

MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.CLAIMED, State.SUPPRESSED, State.CANCELLED}),
    State.DEFERRED: frozenset({State.CLAIMED, State.SUPPRESSED, State.CANCELLED}),
    # Nothing of the letter has left: it may go back or be withdrawn, and any refusal is about the
    # envelope.
    State.CLAIMED: frozenset(
        {
            State.PENDING,
            State.SENDING,
            State.DEFERRED,
            State.FAILED,
            State.SUPPRESSED,
            State.CANCELLED,
        }
    ),
    # Back to pending only where the server has refused the letter.
    State.SENDING: frozenset(
        {State.PENDING, State.SENT, State.DEFERRED, State.FAILED, State.UNCERTAIN}
    ),
    # By the worker that was thought dead, and comes back knowing what the server said; or to
    # pending by staff, who have been told that it may then arrive twice.
    State.UNCERTAIN: frozenset({State.PENDING, State.SENT, State.DEFERRED, State.FAILED}),
    State.SENT: frozenset(),
    State.FAILED: frozenset(),
    State.SUPPRESSED: frozenset(),
    State.CANCELLED: frozenset(),
}


class IllegalMove(Exception):
    """A move that the table does not have: a defect of the code that tries it."""


def check_move(origins: Iterable[str], to: State) -> None:
    """Say before a statement which moves it makes. Raises IllegalMove."""
    for origin in origins:
        if to not in MOVES[State(origin)]:
            raise IllegalMove(f"{origin} → {to}")
