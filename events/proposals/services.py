"""What proposing changes: a draft for the site's moderation, and letters to its proposer."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language
from wagtail.models import Page, Site

from events.models import EventIndexPage, EventOrganiser, EventPage, EventProposal
from events.proposals import letters
from icrtop.mail.addresses import normalise
from icrtop.mail.erasing import erase_messages
from icrtop.mail.models import Message
from pages.page_forms import is_taken

# However many robots come, from wherever: so few that people can read them, and find the real ones.
MOST_WAITING = 200
MOST_PER_HOUR = 30
# By one address, also while Redis is away: each sends a letter, perhaps to a stranger.
MOST_PER_ADDRESS = 5
LONGEST_SLUG = 60


class NoRoom(Exception):
    """So many proposals wait, or came within an hour, that no more are taken."""


class TooOften(Exception):
    """As many events as one address may propose within a day were proposed."""


@dataclass(frozen=True)
class Proposer:
    """Who proposes an event, and what they tell the secretariat."""

    name: str
    email: str
    note: str = ""


@transaction.atomic
def propose(event: EventPage, organiser: str, by: Proposer) -> EventProposal:
    """Write an unsaved event as a draft, submit it to moderation, and confirm that to its proposer.

    Nobody is its author, since nobody is logged in. Where there is no workflow the draft just
    waits. Raises NoRoom, TooOften, or InvalidAddress for an address that cannot be written to.
    """
    parent = _lock_parent()
    mark = normalise(by.email)
    if not has_room():
        raise NoRoom
    today = EventProposal.objects.filter(normalised=mark, created__gt=_ago(days=1))
    if today.count() >= MOST_PER_ADDRESS:
        raise TooOften
    event.slug = _slug(event, parent)
    event.live = False
    event.has_unpublished_changes = True
    event.organisers = [EventOrganiser(name=organiser)]  # type: ignore[misc] # So modelcluster has it.
    parent.add_child(instance=event)
    event.save_revision(log_action=True)
    proposal = EventProposal.objects.create(
        event=event,
        title=event.title,
        organiser=organiser,
        name=by.name,
        email=by.email,
        normalised=mark,
        note=by.note,
        language=get_language(),
    )
    letters.confirm(proposal, event)
    workflow = event.get_workflow()
    # One without a task approves at once whatever is submitted to it.
    if workflow and workflow.tasks.filter(active=True).exists():
        workflow.start(event, None)
    return proposal


def waiting() -> QuerySet[EventProposal]:
    """Proposals of events to come on which nobody has decided."""
    return EventProposal.objects.filter(
        published_at=None, declined_at=None, event__ends_at__gt=timezone.now()
    )


def has_room() -> bool:
    """Whether one more proposal is taken at present."""
    recent = EventProposal.objects.filter(created__gt=_ago(hours=1))
    return waiting().count() < MOST_WAITING and recent.count() < MOST_PER_HOUR


@transaction.atomic
def note_published(event: EventPage) -> None:
    """Tell the proposer of an event that it is on the site, the first time that it is."""
    rows = EventProposal.objects.select_for_update()
    proposal = rows.filter(event=event, published_at=None).first()
    if proposal is None:
        return
    proposal.published_at = timezone.now()
    proposal.save(update_fields=["published_at"])
    if not proposal.removed_at:
        letters.tell_published(proposal, event)


@transaction.atomic
def forget(event: EventPage) -> None:
    """Delete who proposed an event whose page is being deleted, and empty the letters to them."""
    rows = EventProposal.objects.filter(event=event)
    erase_messages(Message.objects.filter(event_proposals__in=rows))
    rows.delete()


def _lock_parent() -> Page:
    """What events stand below, kept to this transaction: addresses and numbers are counted there.

    Without an index of events it is the home page.
    """
    index = EventIndexPage.objects.order_by("path").values_list("pk", flat=True).first()
    pk = index or Site.objects.get(is_default_site=True).root_page_id
    Page.objects.select_for_update().get(pk=pk)
    page: Page = Page.objects.get(pk=pk).specific
    return page


def _slug(event: EventPage, parent: Page) -> str:
    """A short address in ASCII that nothing else has: of the title, or else of the day."""
    base = slugify(event.title)[:LONGEST_SLUG].strip("-_")
    if not re.search("[a-z]", base):  # A title in Arabic or Chinese has no such letters.
        base = f"event-{event.start_date.isoformat()}"
    others = set(parent.get_children().filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in others or is_taken(f"{parent.url_path}{slug}/"):
        number += 1
        slug = f"{base}-{number}"
    return slug


def _ago(**kwargs: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(**kwargs)
