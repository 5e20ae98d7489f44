"""Calendars as text: with one event, and with many (RFC 5545, 5546 and 7986)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from icalendar import Calendar, Component, vCalAddress, vDuration, vUri
from wagtail.models import Site

from events.calendars.texts import one_line
from events.calendars.vevents import UTC, Entry, entry_for
from events.calendars.vtimezones import vtimezone
from events.models import EventPage
from pages.models import SiteSettings
from pages.templatetags.ui import absolute

# How often those who subscribe should ask for news: a postponed event must not wait for long.
REFRESH = datetime.timedelta(hours=2)


@dataclass(frozen=True)
class About:
    """What a calendar that is subscribed to says of itself.

    `source` is its own whole address, `url` that of a page with the same events.
    """

    name: str
    description: str
    source: str
    url: str


def entry_of(
    event: EventPage,
    *,
    method: str | None = None,
    with_private_address: bool = False,
) -> str:
    """A calendar with one event, in the language of the moment.

    With `method="PUBLISH"`, for letters, the secretariat stands in it as the organiser.
    `with_private_address` shows the online address, also if it is for those registered only.
    Raises NoOccurrence if there is none; ValueError, KeyError or OverflowError as `entry_for`.
    """
    entry = entry_for(event, url=page_address(event), with_private_address=with_private_address)
    calendar = _calendar()
    if method:
        calendar.add("METHOD", method)
        organiser = _organiser()
        for component in entry.components:
            component.add("ORGANIZER", organiser)
    return _text(calendar, [entry])


def calendar_of(entries: Iterable[Entry], about: About | None = None) -> str:
    """A calendar with these events; what is subscribed to says what it is."""
    calendar = _calendar()
    if about:
        for name in ("NAME", "X-WR-CALNAME"):
            calendar.add(name, one_line(about.name))
        for name in ("DESCRIPTION", "X-WR-CALDESC"):
            calendar.add(name, one_line(about.description))
        calendar.add("REFRESH-INTERVAL", REFRESH, {"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
        calendar.add("SOURCE", vUri(about.source, params={"VALUE": "URI"}))
        calendar.add("URL", vUri(about.url))
    return _text(calendar, list(entries))


def page_address(event: EventPage, request: HttpRequest | None = None) -> str:
    """The whole address of an event's page; with a request, many cost few look-ups."""
    return absolute(event.get_url(request) or "/")


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", f"-//{settings.WAGTAIL_SITE_NAME}//Events//EN")
    calendar.add("CALSCALE", "GREGORIAN")
    return calendar


def _organiser() -> vCalAddress:
    """RFC 5546, section 3.2.1, wants one of whatever is published."""
    site = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    name = one_line(site.organisation) or settings.WAGTAIL_SITE_NAME
    return vCalAddress(f"mailto:{site.letters_to}", params={"CN": name})


def _text(calendar: Calendar, entries: list[Entry]) -> str:
    years: dict[str, list[int]] = {}
    for entry in entries:
        if entry.zone:
            years.setdefault(entry.zone, []).extend((entry.first_year, entry.last_year))
    components: list[Component] = [
        vtimezone(zone, min(of), max(of)) for zone, of in sorted(years.items())
    ]
    components += [component for entry in entries for component in entry.components]
    # A calendar has a component, or is none (RFC 5545, section 3.4).
    calendar.subcomponents = components or [vtimezone(UTC, 2000, 2000)]
    return calendar.to_ical().decode()
