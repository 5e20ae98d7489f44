"""How long the site keeps who proposed an event."""

from __future__ import annotations

import datetime
import logging

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from wagtail.models import Site

from events.models import EventProposal, EventSettings
from icrtop.mail.erasing import erase_messages
from icrtop.mail.models import Message

logger = logging.getLogger(__name__)

# So many fit into a task; the others follow on the next day.
MOST_PER_DAY = 1000


def keep_to_terms() -> int:
    """Remove who proposed events, with their letters, where the term has ended; count those.

    The term begins when the event was published or declined, or if nobody decided, when it is
    over. When it was proposed stays.
    """
    keys = list(_due().values_list("pk", flat=True)[:MOST_PER_DAY])
    removed = sum(map(remove, keys))
    logger.info("Who proposed an event was removed: %d", removed)
    return removed


@transaction.atomic
def remove(pk: int) -> bool:
    """Take a person out of one proposal; False if that was done already."""
    proposal = EventProposal.objects.select_for_update().filter(pk=pk, removed_at=None).first()
    if proposal is None:
        return False
    erase_messages(Message.objects.filter(event_proposals=proposal))
    for name in ("name", "email", "normalised", "note", "organiser"):
        setattr(proposal, name, "")
    proposal.removed_at = timezone.now()
    proposal.save()
    return True


def keep_days() -> int:
    """For how many days it is kept, as staff have set it."""
    site = Site.objects.get(is_default_site=True)
    return int(EventSettings.for_site(site).keep_proposals_days)


def _due() -> QuerySet[EventProposal]:
    before = timezone.now() - datetime.timedelta(days=keep_days())
    return EventProposal.objects.filter(
        Q(published_at__lt=before)
        | Q(published_at=None, declined_at__lt=before)
        | Q(published_at=None, declined_at=None, event__ends_at__lt=before),
        removed_at=None,
    ).order_by("pk")
