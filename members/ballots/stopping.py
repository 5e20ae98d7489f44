"""Stopping a ballot before it decides anything."""

from django.utils import timezone

from members.models.applications import Application
from members.models.ballots import Ballot


def stop_open_ballot(application: Application) -> None:
    """Close the open ballot of an application, if there is one. In the caller's transaction."""
    Ballot.objects.filter(application=application, closed_at=None).update(
        closed_at=timezone.now(), outcome=Ballot.Outcome.STOPPED
    )
