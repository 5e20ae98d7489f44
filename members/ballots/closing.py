"""Closing ballots: at their deadline, or when a vote has made the result certain.

The outcome decides nothing: it goes to staff, who accept or decline.
"""

import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from members.ballots.counting import Count
from members.ballots.words import arithmetic
from members.models.applications import Application
from members.models.ballots import Ballot
from members.services.moving import Actor, make, take

logger = logging.getLogger(__name__)


def close_due_ballots() -> int:
    """Close the ballots whose deadline has passed; returns how many.

    Each in a transaction of its own: one that cannot be closed holds up no other, and whatever
    kills this in between leaves a ballot either open, for the next run, or closed with all that
    belongs to it.
    """
    closed = 0
    due = Ballot.objects.open().filter(closes_at__lte=timezone.now()).order_by("closes_at")
    for ballot in due:
        try:
            closed += close_if_due(ballot)
        except Exception:
            logger.exception("The ballot %s could not be closed", ballot.pk)
    return closed


@transaction.atomic
def close_if_due(ballot: Ballot) -> bool:
    """Close a ballot whose deadline has passed; returns whether it was open until now.

    Raises MoveNotAllowed if the application no longer waits for the ballot.
    """
    application = Application.objects.select_for_update().get(pk=ballot.application_id)
    locked = Ballot.objects.select_for_update().get(pk=ballot.pk)
    if locked.closed_at or locked.closes_at > timezone.now():
        return False
    close(application, Count.of(locked))
    return True


def close(application: Application, count: Count) -> None:
    """Close an open ballot with what the votes amount to, and tell staff.

    In the caller's transaction, which has locked the application and the ballot. Raises
    MoveNotAllowed.
    """
    actor, ballot = Actor.site(), count.ballot
    locked = take(application, "close_ballot", actor)
    ballot.closed_at = timezone.now()
    ballot.outcome = count.outcome
    ballot.save(update_fields=["closed_at", "outcome"])
    with override(settings.LANGUAGE_CODE):
        note = f"{ballot.get_outcome_display()}. {arithmetic(count.tally, count.rules)}"
    make(locked, "close_ballot", actor, note=note, facts={"ballot": ballot})
