"""Where calendar programs ask: one event, and all of them or those that were chosen.

Both are kept in the page cache, as any answer without a cookie: programs ask by the hour, many at
once, and what they get only changes with the site's content.
"""

from __future__ import annotations

import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.calendars.entries import About, calendar_of
from events.calendars.left_out import entries_for, note_left_out
from events.listing import EventFilters
from events.models import EventIndexPage, EventPage, Kind
from events.months import Month
from icrtop.places.models import Country, Region
from pages.models import SiteSettings
from pages.templatetags.ui import absolute

# How long an event stays in a calendar once it is over, unless its month or year is asked for.
KEPT_FOR = datetime.timedelta(days=365)


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The events that a request chooses: those to come and of the past year, or of a period.

    It has an ETag, but no Last-Modified: the newest event says nothing of one that was taken out.
    """
    index = EventIndexPage.public_one()
    if index is None:
        raise Http404
    choice = EventFilters(request)
    events = choice.events()
    if choice.period is None:
        events = events.filter(ends_at__gt=timezone.now() - KEPT_FOR)
    entries, left_out = entries_for(events, request)
    note_left_out(left_out)
    query = f"?{choice.query}" if choice.query else ""
    about = About(
        name=_name(request, choice),
        description=_("Events on the Responsibility to Protect, each on the clock of its place."),
        source=f"{absolute(reverse('events:calendar'))}{query}",
        url=f"{absolute(index.get_url(request) or '/')}{query}",
    )
    return _answer(calendar_of(entries, about), "events.ics")


@require_safe
def entry(request: HttpRequest, slug: str) -> HttpResponse:
    """One event, without what is only for those registered.

    404 for what visitors may not see, and for what no calendar can have.
    """
    entries, left_out = entries_for(EventPage.objects.shown().filter(slug=slug), request)
    note_left_out(left_out)
    if not entries:
        raise Http404
    response = _answer(calendar_of(entries[:1]), f"{slug}.ics")
    response["Last-Modified"] = http_date(entries[0].changed_at.timestamp())
    return response


def _name(request: HttpRequest, choice: EventFilters) -> str:
    site = SiteSettings.for_request(request)
    whose = site.acronym or site.organisation
    name = _("%(name)s events") % {"name": whose} if whose else _("Events")
    chosen = [_label(name, value) for name, value in choice.chosen.items()]
    return ": ".join([name, ", ".join(chosen)]) if chosen else name


def _label(name: str, value: str) -> str:
    """What was chosen, in words; `EventFilters` lets through what exists only."""
    match name:
        case "kind":
            return str(Kind(value).label)
        case "country":
            return str(Country.objects.get(pk=value))
        case "region":
            return str(Region.objects.get(pk=value))
        case "month":
            return Month.parse(value).label  # type: ignore[union-attr] # It was parsed before.
        case "online":
            return _("Online")
        case _:
            return value


def _answer(text: str, filename: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(False, filename) or "inline"
    return response
