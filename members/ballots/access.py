"""Who may vote in a ballot, and who may read the file beside it.

People are known by their address, which is verified and normalised.
"""

import datetime
from collections import defaultdict
from enum import Enum, auto

from django.db.models import Q
from django.utils import timezone

from members.models.applications import Application
from members.models.ballots import Ballot, BallotQuerySet, Seat, Vote
from members.models.focal_points import FocalPoint
from members.models.organisations import Organisation
from members.states import State

# How long voters can look a closed ballot and its file up.
READ_DAYS = 30
# While it stands here, the applicant changes nothing in the file, and has not taken it back.
READABLE = (State.BALLOT, State.VOTED, State.ACCEPTED, State.DECLINED)


def organisations_of(address: str) -> set[int]:
    """Organisations on the Steering Committee now for which somebody votes, by their keys."""
    found = FocalPoint.objects.of(address).on_the_committee()
    return set(found.values_list("organisation_id", flat=True))


def seats_of(address: str, ballot: Ballot) -> list[Seat]:
    """The seats of a ballot that somebody votes for.

    That is, as one of the focal points who vote for an organisation that had a seat when the ballot
    opened and is still on the committee.
    """
    organisations = organisations_of(address)
    return [seat for seat in ballot.seats.all() if seat.organisation_id in organisations]


def ballots_of(address: str) -> BallotQuerySet:
    """Ballots that somebody has a seat in, open or closed not long ago, the newest first."""
    recently = timezone.now() - datetime.timedelta(days=READ_DAYS)
    seats = Seat.objects.filter(organisation__in=organisations_of(address))
    return Ballot.objects.filter(
        Q(closed_at=None) | Q(closed_at__gte=recently),
        application__anonymised_at=None,
        pk__in=seats.values("ballot"),
    )


def may_read_file(address: str, application: Application) -> bool:
    """Whether somebody may read an application, its documents with it, to vote on it.

    Those who vote for a seat in a ballot on it may, while the ballot is open and for READ_DAYS days
    after it closed; not after it was stopped, nor once the application goes on being changed.
    """
    if application.state not in READABLE:
        return False
    ballots = ballots_of(address).filter(application=application)
    return ballots.exclude(outcome=Ballot.Outcome.STOPPED).exists()


class NoVote(Enum):
    """Why somebody who may ask cannot vote."""

    LEFT = auto()  # They no longer vote for an organisation on the committee.
    JOINED_LATER = auto()  # Their organisation was not on the committee when the ballot opened.
    LONG_CLOSED = auto()  # It is READ_DAYS days since the ballot closed.


def why_no_vote(address: str, application: Application | None = None) -> NoVote | None:
    """Why somebody does not vote, on an application or at all; None where they need not know.

    Told are those who vote for an organisation on the committee; focal points of an organisation
    with a seat in a ballot on the application; and whoever has cast a vote before.
    """
    has_voted = Vote.objects.filter(by_email=address)
    if application is None:
        return NoVote.LEFT if has_voted.exists() else None
    ballots = Ballot.objects.filter(application=application)
    seats = Seat.objects.filter(ballot__in=ballots)
    if organisations := organisations_of(address):
        if seats.filter(organisation__in=organisations).exists():
            return NoVote.LONG_CLOSED
        return NoVote.JOINED_LATER if seats.exists() else None
    mine = seats.filter(organisation__focal_points__normalised=address)
    if mine.exists() or has_voted.filter(seat__in=seats).exists():
        return NoVote.LEFT
    return None


def voters() -> dict[int, list[FocalPoint]]:
    """Who votes for each organisation on the Steering Committee, by the organisation's key."""
    found: dict[int, list[FocalPoint]] = defaultdict(list)
    for one in FocalPoint.objects.on_the_committee():
        found[one.organisation_id].append(one)
    return dict(found)


def organisations_without_voters() -> list[Organisation]:
    """Organisations on the Steering Committee for which nobody can vote."""
    can_vote = FocalPoint.objects.on_the_committee().values("organisation")
    return list(Organisation.objects.steering_committee().exclude(pk__in=can_vote))
