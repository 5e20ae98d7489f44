"""An event as search engines read it: schema.org's Event, as JSON-LD.

What must be there, and how dates are written, is what Google documents under "Event structured
data". Nothing is told that the event's page does not show; what nobody knows is left out.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString, mark_safe

from events.models import Kind, Occurrence, Status

if TYPE_CHECKING:
    from events.models import EventPage
    from events.models.details import Organiser
    from events.models.timed import Timed

Data = dict[str, Any]

STATUS = {
    Status.SCHEDULED: "https://schema.org/EventScheduled",
    Status.POSTPONED: "https://schema.org/EventPostponed",
    Status.CANCELLED: "https://schema.org/EventCancelled",
}
RESCHEDULED = "https://schema.org/EventRescheduled"
OFFLINE, ONLINE, MIXED = (
    f"https://schema.org/{name}EventAttendanceMode" for name in ("Offline", "Online", "Mixed")
)
# In a data block of HTML, none of these can end it, or begin a comment.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def event_data(event: EventPage, *, url: str, image: str, organisers: Iterable[Organiser]) -> Data:
    """What is told of an event. `url` of its page and `image` are whole addresses.

    Of an event of every year, the dates are those of the occurrence that its page shows, and
    `eventSchedule` has the rule.
    """
    shown: Timed = event.occurrence or event
    data: Data = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.title,
        "description": event.description,
        "url": url,
        "image": [image],
        **_when(shown),
        "eventAttendanceMode": attendance_mode(event),
        "location": _locations(event, url),
        "organizer": [_organiser(one) for one in organisers],
        "inLanguage": list(event.languages),
    }
    if event.yearly:
        data["eventSchedule"] = schedule(event)
    return {name: value for name, value in data.items() if value}


def attendance_mode(event: EventPage) -> str:
    """Whether one goes there, takes part online, or either; without a place, online alone."""
    if not event.is_online:
        return OFFLINE
    is_somewhere = event.place or (event.country_id and event.kind != Kind.ONLINE)
    return MIXED if is_somewhere else ONLINE


def schedule(event: EventPage) -> Data:
    """The rule of an event of every year, without the days on which it is not held as it says."""
    days = (event.start_date.replace(year=one.year) for one in event.exceptions.all())
    last = event.start_date.replace(year=event.years[-1])
    data = {
        "@type": "Schedule",
        "repeatFrequency": "P1Y",
        "byMonth": event.start_date.month,
        "byMonthDay": event.start_date.day,
        "startDate": event.start_date.isoformat(),
        "endDate": last.isoformat(),
        "exceptDate": sorted(day.isoformat() for day in days),
    }
    if event.is_timed and event.start_time:
        data["startTime"] = event.start_time.isoformat()
        data["endTime"] = event.end_time.isoformat() if event.end_time else ""
        data["scheduleTimezone"] = event.time_zone
    return {name: value for name, value in data.items() if value}


def as_json(data: Data) -> SafeString:
    """JSON that may stand in a data block of HTML, whatever editors have typed."""
    text = json.dumps(data, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(text)  # noqa: S308 # It holds no sign that means something in HTML.


def _when(shown: Timed) -> Data:
    """Beginning and end: with the venue's offset if they are known to the minute, else days."""
    data: Data = {"startDate": shown.start_date.isoformat()}
    if shown.is_timed:
        data["startDate"] = _local(shown.starts_at, shown.time_zone)
    if shown.is_timed and shown.end_time is not None:
        data["endDate"] = _local(shown.ends_at, shown.time_zone)
    elif not shown.is_timed or shown.is_several_days:
        data["endDate"] = shown.last_date.isoformat()
    data["eventStatus"] = STATUS[Status(shown.status)]
    if isinstance(shown, Occurrence) and shown.takes_place and shown.is_moved:
        data["eventStatus"] = RESCHEDULED
        data["previousStartDate"] = shown.original_date.isoformat()
    return data


def _local(moment: datetime.datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat()


def _locations(event: EventPage, url: str) -> list[Data]:
    locations: list[Data] = []
    country = event.country
    # An online event has no venue for having a country.
    if event.place or (country and attendance_mode(event) != ONLINE):
        place: Data = {"@type": "Place", "name": event.place or (country.name if country else "")}
        if country:
            place["address"] = {"@type": "PostalAddress", "addressCountry": country.code}
        locations.append(place)
    if event.is_online:
        # Where the address is for those registered only, its page is where one learns of it.
        address = event.public_online_address or url
        locations.append({"@type": "VirtualLocation", "url": address})
    return locations


def _organiser(organiser: Organiser) -> Data:
    data = {"@type": "Organization", "name": organiser.name}
    return {**data, "url": organiser.website} if organiser.website else data
