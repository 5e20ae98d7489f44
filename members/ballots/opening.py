"""Opening a ballot."""

import datetime

from icrtop.accounts.models import User
from members.models.applications import Application
from members.models.ballots import Ballot, Seat
from members.models.membership_settings import MembershipSettings
from members.models.organisations import Organisation


class NobodyCanVote(Exception):
    """No organisation is on the Steering Committee."""


def open_ballot(application: Application, by: User, closes_at: datetime.datetime) -> Ballot:
    """Open a ballot for the Steering Committee as it stands now, by the rules of the settings.

    In the caller's transaction. Raises NobodyCanVote.
    """
    committee = list(Organisation.objects.steering_committee())
    if not committee:
        raise NobodyCanVote
    rules = MembershipSettings.current()
    ballot = Ballot.objects.create(
        application=application,
        opened_by=by,
        closes_at=closes_at,
        quorum_percent=rules.quorum_percent,
        majority=rules.majority,
    )
    Seat.objects.bulk_create(
        Seat(ballot=ballot, organisation=one, organisation_name=one.name) for one in committee
    )
    return ballot
