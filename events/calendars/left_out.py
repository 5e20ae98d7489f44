"""Events that no calendar can be given, and how staff learn of them.

The editor lets none through. But a row can be changed past it, and a zone can leave the database of
time zones. Such an event is left out, so that everybody still gets the others; staff see it on the
admin's first page.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable

from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest

from events.calendars.entries import page_address
from events.calendars.vevents import Entry, NoOccurrence, entry_for
from events.models import EventPage, YearException
from events.models.events import IN_CALENDARS, EventQuerySet
from events.models.timed import FIRST_YEAR, LAST_YEAR

logger = logging.getLogger(__name__)

KEY = "events-left-out-of-calendars"
# After which one that is still wrong is logged again.
DAY = 24 * 60 * 60
FIRST_DAY, LAST_DAY = datetime.date(FIRST_YEAR, 1, 1), datetime.date(LAST_YEAR, 12, 31)
# Nothing else is read: a date that Python does not know, such as PostgreSQL's infinity, would break
# the whole query.
READ = [
    *IN_CALENDARS,
    "country__name",
    "translation_key",
    "locale",
    "url_path",
    "slug",
    "sequence",
    "calendar_changed_at",
]


def entries_for(
    events: EventQuerySet, request: HttpRequest | None = None
) -> tuple[list[Entry], list[int]]:
    """What a calendar has of these events; and the keys of those that it cannot have.

    Three queries.
    """
    has_days = Q(start_date__range=(FIRST_DAY, LAST_DAY)) & (
        Q(end_date=None) | Q(end_date__range=(FIRST_DAY, LAST_DAY))
    )
    odd = YearException.objects.exclude(start_date=None).exclude(
        start_date__range=(FIRST_DAY, LAST_DAY)
    )
    can_be_read = has_days & ~Q(pk__in=odd.values("event"))
    left_out = list(events.exclude(can_be_read).order_by().values_list("pk", flat=True))
    found = events.filter(can_be_read).select_related("country").only(*READ)
    entries = []
    for event in found.order_by("start_date", "pk").prefetch_related("exceptions"):
        try:
            entries.append(entry_for(event, url=page_address(event, request)))
        except NoOccurrence:
            continue
        except Exception:  # Whatever is wrong with one, the others are given.
            left_out.append(event.pk)
            logger.debug("No calendar can have the event %s.", event.pk, exc_info=True)
    return entries, left_out


def note_left_out(keys: Iterable[int]) -> None:
    """Have staff see these events on the admin's first page, and log those that are new."""
    known: set[int] = cache.get(KEY, set())
    new = set(keys) - known
    for key in sorted(new):
        logger.error("The event %s is left out of calendars: its dates or its zone are wrong.", key)
    if new:
        cache.set(KEY, known | new, DAY)


def left_out_now() -> list[int]:
    """The keys of those noted that no calendar can have yet; the others are forgotten."""
    noted: set[int] = cache.get(KEY, set())
    if not noted:
        return []
    _entries, wrong = entries_for(EventPage.objects.shown().filter(pk__in=noted))
    if set(wrong) != noted:
        cache.set(KEY, set(wrong), DAY)
    return wrong
