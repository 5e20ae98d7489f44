"""How the times of events are told: whose clocks they are of, and which instants they are."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext

if TYPE_CHECKING:
    from events.models.timed import Timed

MINUS = "\N{MINUS SIGN}"
MINUTES = "%Y-%m-%dT%H:%M"
# Zones outside them are named after countries or seas of the law: US/Eastern.
CONTINENTS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}


def zone_label(zone: str, at: datetime.datetime) -> str:
    """A zone in words, with its distance from UTC at an instant: New York time (UTC-5).

    The letters that stand for zones (IST, CST) mean several each, and many zones have none.
    """
    if zone == "UTC":
        return zone
    name = gettext("%(city)s time") % {"city": zone_city(zone)}
    try:
        offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):  # A zone that this server's database lacks.
        return name
    return name if offset is None else f"{name} ({offset_label(offset)})"


def zone_city(zone: str) -> str:
    """The city after which a zone is named: America/Argentina/Buenos_Aires gives Buenos Aires."""
    area, *places = zone.split("/")
    words = places[-1:] if area in CONTINENTS else [area, *places]
    return " ".join(words).replace("_", " ")


def offset_label(offset: datetime.timedelta) -> str:
    """UTC, UTC-5 or UTC+5:45."""
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else MINUS
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


class Clock(NamedTuple):
    """Instants in UTC, and the same on the clock of the venue; empty for what has no time."""

    starts: str
    starts_there: str
    ends: str
    ends_there: str

    @classmethod
    def of(cls, timed: Timed) -> Clock:
        if not timed.is_timed:
            return cls("", "", "", "")
        zone = ZoneInfo(timed.time_zone)
        ends_at = timed.ends_at if timed.end_time is not None else None
        return cls(*_told(timed.starts_at, zone), *(_told(ends_at, zone) if ends_at else ("", "")))


def _told(instant: datetime.datetime, zone: ZoneInfo) -> tuple[str, str]:
    in_utc = instant.astimezone(datetime.UTC)
    return f"{in_utc:{MINUTES}}Z", f"{instant.astimezone(zone):{MINUTES}}"
