"""What is new on the site since the last bulletin, for staff to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from events.models import EventPage, Occurrence
from newsletter.models.bulletins import BulletinPage
from newsletter.models.mailings import Mailing
from pages.models import DevelopmentPage, PublicationPage, SituationPage
from pages.models.situations import Assessment, Status, Trend

# How far to look back where no bulletin has been sent yet.
FIRST_TIME = timedelta(days=31)
# More than anyone reads in one letter; what is left out is said.
MOST = 100


@dataclass(frozen=True)
class Proposal:
    """A page that could go into a bulletin, and why it is proposed."""

    page: Page
    why: str
    # The block that it becomes.
    block: str = "item"


@dataclass(frozen=True)
class Group:
    """Proposals of one kind, under the heading that they would have in the bulletin."""

    heading: str | Promise
    proposals: list[Proposal]
    is_cut: bool = False


def last_sent(bulletin: BulletinPage) -> datetime:
    """When the last other bulletin went out; a month ago if there is none."""
    mailings = Mailing.objects.sent().exclude(bulletin=bulletin).order_by("-queued_at")
    sent_at = mailings.values_list("queued_at", flat=True).first()
    return sent_at or timezone.now() - FIRST_TIME


def propose(bulletin: BulletinPage, since: datetime) -> list[Group]:
    """What has been published or assessed since then, and is not in the bulletin. Five queries.

    Of what is already over or private, nothing is proposed.
    """
    there = pages_in(bulletin)
    groups = [
        _group(_("Situations"), _assessed(since), there),
        _group(_("Developments"), _published(DevelopmentPage, since), there),
        _group(_("Publications"), _published(PublicationPage, since), there),
        _group(_("Events"), _coming(since), there),
    ]
    return [group for group in groups if group.proposals]


def pages_in(bulletin: BulletinPage) -> set[int]:
    """The keys of the pages that a bulletin's items and events are about."""
    return {
        each.value["page"].pk
        for each in bulletin.body
        if each.block_type in ("item", "event") and each.value["page"]
    }


def add_to(bulletin: BulletinPage, groups: Sequence[Group], chosen: set[int]) -> int:
    """Put the chosen pages of the groups at the bulletin's end, unsaved; return how many.

    Each group begins with its heading, unless the bulletin has that heading.
    """
    headings = {each.value for each in bulletin.body if each.block_type == "heading"}
    added = 0
    for group in groups:
        wanted = [each for each in group.proposals if each.page.pk in chosen]
        heading = str(group.heading)
        if wanted and heading not in headings:
            bulletin.body.append(("heading", heading))
        for each in wanted:
            bulletin.body.append((each.block, {"page": each.page}))
        added += len(wanted)
    return added


def _group(heading: str | Promise, proposals: list[Proposal], there: set[int]) -> Group:
    fresh = [each for each in proposals if each.page.pk not in there]
    return Group(heading, fresh[:MOST], len(fresh) > MOST)


def _published(
    model: type[DevelopmentPage] | type[PublicationPage], since: datetime
) -> list[Proposal]:
    pages = model.objects.live().newest_first().filter(first_published_at__gt=since)
    return [Proposal(page, page.date_display) for page in pages[: MOST + 1]]


def _assessed(since: datetime) -> list[Proposal]:
    """Situations that were assessed since, samples left out."""
    day = timezone.localdate(since)
    latest = Assessment.objects.filter(situation=OuterRef("pk"), is_sample=False, date__gte=day)
    pages = (
        SituationPage.objects.live()
        .public()
        .annotate(
            new_status=Subquery(latest.order_by("-date").values("status")[:1]),
            new_trend=Subquery(latest.order_by("-date").values("trend")[:1]),
        )
        .exclude(new_status=None)
        .order_by("-new_status", "title")
        .defer_streamfields()
    )
    return [
        Proposal(page, f"{Status(page.new_status).label}, {Trend(page.new_trend).label}".lower())
        for page in pages[: MOST + 1]
    ]


def _coming(since: datetime) -> list[Proposal]:
    """Events, each with the next day on which it is."""
    events = EventPage.objects.shown().filter(first_published_at__gt=since)
    coming = Occurrence.objects.of(events).next_of_each()
    return [Proposal(one.event, one.date_display, "event") for one in coming[: MOST + 1]]
