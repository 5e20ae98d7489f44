"""The states of an application, and every move between them.

This table is the rule: services refuse what is not in it, the admin and the applicant's pages offer
what is in it, and the letters are the ones that it names.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where an application stands, as staff call it."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("New")
    UNDER_REVIEW = "under_review", _("Under review")
    MORE_INFORMATION = "more_information", _("Waiting for the applicant")
    BALLOT = "ballot", _("Ballot open")
    VOTED = "voted", _("Ballot closed")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    CLOSED = "closed", _("Closed as inactive")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# What the applicant is told of the same state.
PUBLIC_LABELS: dict[State, Promise] = {
    State.DRAFT: _("Not sent yet"),
    State.SUBMITTED: _("Received"),
    State.UNDER_REVIEW: _("The secretariat is reading it"),
    State.MORE_INFORMATION: _("We need more information from you"),
    State.BALLOT: _("With the Steering Committee"),
    State.VOTED: _("The Steering Committee has voted"),
    State.ACCEPTED: _("Accepted"),
    State.DECLINED: _("Not accepted"),
    State.CLOSED: _("Closed without a decision"),
    State.WITHDRAWN: _("Withdrawn by you"),
}


class WaitsFor(models.TextChoices):
    """Whose turn it is."""

    SECRETARIAT = "secretariat", _("Secretariat")
    APPLICANT = "applicant", _("Applicant")
    COMMITTEE = "committee", _("Steering Committee")


WAITS_FOR: dict[State, WaitsFor] = {
    State.SUBMITTED: WaitsFor.SECRETARIAT,
    State.UNDER_REVIEW: WaitsFor.SECRETARIAT,
    State.MORE_INFORMATION: WaitsFor.APPLICANT,
    State.BALLOT: WaitsFor.COMMITTEE,
    State.VOTED: WaitsFor.SECRETARIAT,
}

# The application is on its way to a decision.
OPEN = tuple(WAITS_FOR)
# The secretariat has to do something.
WAITING = tuple(state for state, who in WAITS_FOR.items() if who == WaitsFor.SECRETARIAT)
# Nothing more comes of it, unless staff reopen it; its file is anonymised in time.
ENDED_WITHOUT = (State.DECLINED, State.CLOSED, State.WITHDRAWN)


class By(models.TextChoices):
    """Who makes a move."""

    APPLICANT = "applicant", _("Applicant")
    STAFF = "staff", _("Staff")
    SYSTEM = "system", _("The site itself")


@dataclass(frozen=True)
class Move:
    """One way from a state to another.

    `permission` is what staff need for it. `letters` names what is mailed, see `members.letters`.
    `effect` tells who makes the move, before they confirm, what it does. `note_required` asks for
    the reasons, which stay in the trail.
    """

    name: str
    label: Promise
    by: By
    sources: tuple[State, ...]
    target: State
    effect: Promise
    permission: str = ""
    letters: tuple[str, ...] = ()
    note_required: bool = False


CHANGE, DECIDE = "members.change_application", "members.decide_application"

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move(
            name="submit",
            label=_("Send the application"),
            by=By.APPLICANT,
            sources=(State.DRAFT,),
            target=State.SUBMITTED,
            effect=_("The secretariat gets the application. You get a letter that says so."),
            letters=("received", "notice_received"),
        ),
        Move(
            name="answer",
            label=_("Send the answers"),
            by=By.APPLICANT,
            sources=(State.MORE_INFORMATION,),
            target=State.UNDER_REVIEW,
            effect=_("The secretariat goes on with the application."),
            letters=("answered", "notice_answered"),
        ),
        Move(
            name="withdraw",
            label=_("Withdraw the application"),
            by=By.APPLICANT,
            sources=OPEN,
            target=State.WITHDRAWN,
            effect=_(
                "Nobody decides on it any more, and a ballot that is open is stopped. You can "
                "apply again at any time."
            ),
            letters=("withdrawn", "notice_withdrawn"),
        ),
        Move(
            name="acknowledge",
            label=_("Acknowledge and review"),
            by=By.STAFF,
            permission=CHANGE,
            sources=(State.SUBMITTED,),
            target=State.UNDER_REVIEW,
            effect=_("The review begins, and the applicant is told so."),
            letters=("acknowledged",),
        ),
        Move(
            name="ask",
            label=_("Ask for more information"),
            by=By.STAFF,
            permission=CHANGE,
            sources=(State.SUBMITTED, State.UNDER_REVIEW, State.VOTED),
            target=State.MORE_INFORMATION,
            effect=_(
                "The applicant can change the sections that you choose, and is reminded before the "
                "answer is due."
            ),
            letters=("more_information",),
            note_required=True,
        ),
        Move(
            name="put_to_ballot",
            label=_("Put to the ballot"),
            by=By.STAFF,
            permission=CHANGE,
            sources=(State.UNDER_REVIEW, State.VOTED),
            target=State.BALLOT,
            effect=_(
                "The Steering Committee as it stands now is asked to vote. The ballot closes by "
                "itself at its deadline, or as soon as its result is certain."
            ),
            letters=("ballot_opened", "with_committee"),
        ),
        Move(
            name="stop_ballot",
            label=_("Stop the ballot"),
            by=By.STAFF,
            permission=CHANGE,
            sources=(State.BALLOT,),
            target=State.UNDER_REVIEW,
            effect=_("Nobody can vote any more, and the votes decide nothing."),
            letters=("ballot_stopped",),
            note_required=True,
        ),
        Move(
            name="close_ballot",
            label=_("Close the ballot"),
            by=By.SYSTEM,
            sources=(State.BALLOT,),
            target=State.VOTED,
            effect=_("The votes are counted, and staff are told the result."),
            letters=("notice_voted",),
        ),
        Move(
            name="accept",
            label=_("Accept"),
            by=By.STAFF,
            permission=DECIDE,
            sources=(State.VOTED,),
            target=State.ACCEPTED,
            effect=_(
                "The organisation joins the Coalition. Its focal points are asked to check its "
                "profile, which goes public once they have."
            ),
            letters=("accepted",),
        ),
        Move(
            name="decline",
            label=_("Decline"),
            by=By.STAFF,
            permission=DECIDE,
            sources=(State.UNDER_REVIEW, State.VOTED),
            target=State.DECLINED,
            effect=_(
                "The applicant is told. Without a ballot, decline only what plainly does not meet "
                "the criteria: on all else the Steering Committee decides."
            ),
            letters=("declined",),
            note_required=True,
        ),
        Move(
            name="close",
            label=_("Close as inactive"),
            by=By.STAFF,
            permission=CHANGE,
            sources=(
                State.SUBMITTED,
                State.UNDER_REVIEW,
                State.MORE_INFORMATION,
                State.VOTED,
            ),
            target=State.CLOSED,
            effect=_("Takes the application out of the queue without a decision."),
            letters=("closed",),
            note_required=True,
        ),
        Move(
            name="reopen",
            label=_("Reopen"),
            by=By.STAFF,
            permission=CHANGE,
            sources=ENDED_WITHOUT,
            target=State.UNDER_REVIEW,
            effect=_("The secretariat goes on with the application, and the applicant is told."),
            letters=("reopened",),
            note_required=True,
        ),
    )
}


def moves_from(state: str, by: By = By.STAFF) -> list[Move]:
    """The moves that somebody can make from a state, in the order of the table."""
    return [move for move in MOVES.values() if state in move.sources and move.by == by]
