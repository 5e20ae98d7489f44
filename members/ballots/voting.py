"""Casting votes."""

from django.db import transaction
from django.utils import timezone

from members.ballots.access import seats_of
from members.ballots.closing import close
from members.ballots.counting import Count
from members.models.applications import Application
from members.models.ballots import Ballot, Seat, Vote
from members.models.focal_points import FocalPoint
from members.services.moving import Actor, record


class BallotClosed(Exception):
    """The deadline has passed, or the ballot was closed or stopped."""


class NotEligible(Exception):
    """Somebody does not vote for any organisation that has a seat in the ballot."""


class CommentMissing(Exception):
    """A vote to discuss says what is to be discussed."""


class VotedMeanwhile(Exception):
    """Somebody else of the organisation has voted since its vote was looked at."""


@transaction.atomic
def cast_vote(
    ballot: Ballot,
    address: str,
    choice: Vote.Choice | str,
    comment: str = "",
    *,
    seat: Seat | None = None,
    seen: int | None = None,
) -> Vote:
    """Record or change an organisation's vote, by who holds a verified, normalised address.

    One vote for each seat, whoever of the organisation casts it: the latest counts, the others stay
    on record. `seat` says which, where somebody votes for several organisations; `seen` is the key
    of the seat's latest vote as its voter saw it, 0 for none, to be told of a colleague's vote
    rather than to undo it. Closes the ballot in the same transaction if its result is now certain.
    What stands already is returned as it is.

    Who may vote is looked at now: an organisation that has left the committee, or a person who no
    longer votes for it, cannot vote or change a vote any more. Votes that they cast before go on
    counting, as they were right when they were cast.

    Raises BallotClosed at the deadline, whether the ballot was counted or not; NotEligible;
    CommentMissing; VotedMeanwhile; ValueError for a choice that is none, or where `seat` is needed.
    """
    choice, comment = Vote.Choice(choice), comment.strip()
    if choice == Vote.Choice.DISCUSS and not comment:
        raise CommentMissing
    # Moves lock the application first, too: votes, and a vote and the closing, come one by one.
    application = Application.objects.select_for_update().get(pk=ballot.application_id)
    ballot = Ballot.objects.select_for_update().get(pk=ballot.pk)
    seat = _own_seat(ballot, address, seat)
    before = seat.votes.last()
    if before and (before.choice, before.comment) == (choice, comment):
        return before
    if not ballot.takes_votes:
        raise BallotClosed
    if seen is not None and seen != (before.pk if before else 0):
        raise VotedMeanwhile
    person = FocalPoint.objects.get(organisation=seat.organisation_id, normalised=address)
    vote = Vote.objects.create(
        seat=seat,
        choice=choice,
        comment=comment,
        at=timezone.now(),
        by_name=person.name,
        by_email=person.normalised,
    )
    # How they voted is told by the ballot, to those who may know.
    record(
        application,
        Actor.committee(person.name, address),
        "change_vote" if before else "vote",
        note=seat.organisation_name,
    )
    count = Count.of(ballot)
    if count.is_certain:
        close(application, count)
    return vote


def _own_seat(ballot: Ballot, address: str, seat: Seat | None) -> Seat:
    seats = seats_of(address, ballot)
    if seat is not None:
        seats = [one for one in seats if one == seat]
    if not seats:
        raise NotEligible
    if len(seats) > 1:
        raise ValueError("Say for which of several seats the vote is.")
    return seats[0]
