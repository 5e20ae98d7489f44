"""What is due when, by the settings."""

import datetime

from django.db.models import F, Q
from django.utils import timezone

from members.models.applications import Application, ApplicationQuerySet
from members.models.membership_settings import MembershipSettings
from members.months import months_before
from members.states import ENDED_WITHOUT, State

# People have this long to come back to a draft, once they were told that it will be deleted.
WARNING_DAYS = 14


def ended_before(moment: datetime.datetime) -> ApplicationQuerySet:
    """Files that are due to be anonymised at a moment, the longest ended first.

    That is those that were declined, withdrawn or closed, and have stood so for as many months as
    the settings say. Accepted ones are kept: they belong to what is known of a member.
    """
    since = months_before(moment, MembershipSettings.current().retention_months)
    return Application.objects.filter(
        state__in=ENDED_WITHOUT, anonymised_at=None, state_since__lte=since
    ).order_by("state_since", "pk")


def forgotten_drafts(moment: datetime.datetime) -> ApplicationQuerySet:
    """Drafts that at a moment will have gone untouched for as many months as the settings say."""
    since = months_before(moment, MembershipSettings.current().draft_months)
    return Application.objects.filter(state=State.DRAFT, updated__lte=since).order_by(
        "updated", "pk"
    )


def drafts_to_warn_of(moment: datetime.datetime) -> ApplicationQuerySet:
    """Drafts that are due soon, whose people were not told so since they last touched them."""
    soon = moment + datetime.timedelta(days=WARNING_DAYS)
    return forgotten_drafts(soon).filter(Q(reminded_at=None) | Q(reminded_at__lt=F("updated")))


def drafts_to_delete(moment: datetime.datetime) -> ApplicationQuerySet:
    """Drafts that are due, and whose people were told so long enough ago."""
    told = moment - datetime.timedelta(days=WARNING_DAYS)
    return forgotten_drafts(moment).filter(reminded_at__gte=F("updated"), reminded_at__lte=told)


def now() -> datetime.datetime:
    """This moment in the site's own time zone, in which months are counted."""
    return timezone.localtime()
