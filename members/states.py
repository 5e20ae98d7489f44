"""The states of an application, and every move between them.

This table is the rule: services refuse what is not in it, the admin offers what is in it, and the
letters are the ones that it names.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where an application stands, as staff call it."""

    SUBMITTED = "submitted", _("New")
    UNDER_REVIEW = "under_review", _("Under review")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    CLOSED = "closed", _("Closed")


# What the applicant is told of the same state.
PUBLIC_LABELS: dict[State, Promise] = {
    State.SUBMITTED: _("Received"),
    State.UNDER_REVIEW: _("With the Steering Committee"),
    State.ACCEPTED: _("Accepted"),
    State.DECLINED: _("Not accepted"),
    State.CLOSED: _("Closed without a decision"),
}

# In these states an application waits for the secretariat or the Steering Committee.
WAITING = (State.SUBMITTED, State.UNDER_REVIEW)


@dataclass(frozen=True)
class Move:
    """One way from a state to another.

    `permission` is who may. `letter` is the template of the letter to the applicant, empty where
    none is sent. `effect` tells staff, before they confirm, what the move does. `note_required`
    asks for the reasons, which stay in the trail.
    """

    name: str
    label: Promise
    sources: tuple[State, ...]
    target: State
    permission: str
    effect: Promise
    letter: str = ""
    subject: Promise | str = ""
    note_required: bool = False


MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move(
            name="review",
            label=_("Begin the review"),
            sources=(State.SUBMITTED,),
            target=State.UNDER_REVIEW,
            permission="members.change_application",
            effect=_("The application goes to the Steering Committee. No letter is sent."),
        ),
        Move(
            name="accept",
            label=_("Accept"),
            sources=(State.UNDER_REVIEW,),
            target=State.ACCEPTED,
            permission="members.decide_application",
            effect=_(
                "Records that the Steering Committee has accepted the organisation, and tells the "
                "applicant. The directory does not change: add the organisation there afterwards."
            ),
            letter="application_accepted",
            subject=_("Your application has been accepted"),
        ),
        Move(
            name="decline",
            label=_("Decline"),
            sources=(State.UNDER_REVIEW,),
            target=State.DECLINED,
            permission="members.decide_application",
            effect=_(
                "Records that the Steering Committee has declined the organisation, and tells the "
                "applicant. The reasons stay in the trail."
            ),
            letter="application_declined",
            subject=_("The decision on your application"),
            note_required=True,
        ),
        Move(
            name="close",
            label=_("Close without a decision"),
            sources=WAITING,
            target=State.CLOSED,
            permission="members.change_application",
            effect=_(
                "Takes the application out of the queue without a decision, for instance because "
                "the organisation withdrew it or no longer answers, and tells the applicant."
            ),
            letter="application_closed",
            subject=_("Your application has been closed"),
            note_required=True,
        ),
        Move(
            name="reopen",
            label=_("Reopen"),
            sources=(State.CLOSED,),
            target=State.UNDER_REVIEW,
            permission="members.change_application",
            effect=_("The application goes back to the Steering Committee. No letter is sent."),
        ),
    )
}


def moves_from(state: str) -> list[Move]:
    """The moves that lead on from a state, in the order of the table."""
    return [move for move in MOVES.values() if state in move.sources]
