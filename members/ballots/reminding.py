"""Reminding, once, those whose organisation has not voted."""

import datetime
import logging
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from icrtop.mail.services import Recipient
from members.ballots.access import voters
from members.ballots.counting import Count
from members.letters import draft_letter
from members.models.applications import Application
from members.models.ballots import Ballot
from members.models.focal_points import FocalPoint
from members.models.membership_settings import MembershipSettings
from members.services.moving import Actor, attach_letter, record

logger = logging.getLogger(__name__)


def remind_at(ballot: Ballot, days: int) -> datetime.datetime:
    """When to remind: a number of days before the deadline.

    A ballot that opened later than that is reminded of halfway from its opening to its deadline.
    """
    planned = ballot.closes_at - datetime.timedelta(days=days)
    if planned > ballot.opened_at:
        return planned
    return ballot.opened_at + (ballot.closes_at - ballot.opened_at) / 2


def remind_due() -> int:
    """Send the reminders that are due; returns of how many ballots.

    Each in a transaction of its own, as `closing.close_due_ballots`.
    """
    now, days = timezone.now(), MembershipSettings.current().ballot_reminder_days
    reminded = 0
    for ballot in Ballot.objects.open().filter(reminded_at=None, closes_at__gt=now):
        if remind_at(ballot, days) > now:
            continue
        try:
            reminded += remind(ballot)
        except Exception:
            logger.exception("No reminder of the ballot %s", ballot.pk)
    return reminded


@transaction.atomic
def remind(ballot: Ballot) -> bool:
    """Remind those whose organisation has not voted; returns whether there was anybody to remind.

    Once for each ballot. Nothing is noted if there was nobody, so that a voter whom staff add later
    is reminded still.
    """
    application = Application.objects.select_for_update().get(pk=ballot.application_id)
    ballot = Ballot.objects.select_for_update().get(pk=ballot.pk)
    if ballot.reminded_at or not ballot.takes_votes:
        return False
    people = people_to_remind(ballot)
    if not people:
        return False
    facts = {"ballot": ballot, "closes_at": ballot.closes_at}
    letter = draft_letter(application, "ballot_reminder", facts)
    to = tuple(Recipient(one.email, one.name) for one in people)
    event = record(application, Actor.site(), "remind_committee")
    attach_letter(event, replace(letter, recipients=to))
    ballot.reminded_at = timezone.now()
    ballot.save(update_fields=["reminded_at"])
    return True


def people_to_remind(ballot: Ballot) -> list[FocalPoint]:
    """Everybody who votes for a seat that has not voted, each once."""
    can_vote = voters()
    found = {
        one.normalised: one
        for waiting in Count.of(ballot).waiting_for
        for one in can_vote.get(waiting.seat.organisation_id or 0, [])
    }
    return list(found.values())
