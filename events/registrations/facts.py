"""What a person knows of an event from our letters, so that we can tell when it is no longer so."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from events.models import EventPage, Status
from events.models.timed import DASH, MIDNIGHT
from events.zones import earliest_instant
from icrtop.places.models import Country

MINUS = "\N{MINUS SIGN}"


class Row(NamedTuple):
    """One fact in words, and where it leads, if anywhere."""

    label: str
    text: str
    url: str = ""


class Change(NamedTuple):
    """One fact as it was told, and as it is."""

    label: str
    before: Row
    now: Row


@dataclass(frozen=True)
class Facts:
    """When and where an event is, and whether it takes place.

    Days and times are those of the venue's clock, written by ISO 8601; `end_date` is always there,
    times are not for a whole day. `country` is a code. Two that are equal read the same.
    """

    status: str = Status.SCHEDULED
    note: str = ""
    time_zone: str = "UTC"
    start_date: str = ""
    start_time: str = ""
    end_date: str = ""
    end_time: str = ""
    place: str = ""
    country: str = ""
    online: bool = False
    online_address: str = ""

    @classmethod
    def of(cls, event: EventPage, *, placed: bool) -> Self:
        """What somebody may know of an event: its private address only who has a place."""
        timed = event.is_timed
        return cls(
            status=event.status,
            note="" if event.takes_place else event.status_note,
            time_zone=event.time_zone,
            start_date=event.start_date.isoformat(),
            start_time=_iso(event.start_time if timed else None),
            end_date=event.last_date.isoformat(),
            end_time=_iso(event.end_time if timed else None),
            place=event.place,
            country=event.country_id or "",
            online=event.is_online,
            online_address=event.online_address if placed else event.public_online_address,
        )

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """What `as_json` gave, also by another release that knew more or fewer facts."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in told.items() if name in known})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def takes_place(self) -> bool:
        return self.status == Status.SCHEDULED

    @property
    def when(self) -> str:
        """Days and times with the venue's zone, and how far that is from UTC on the first day."""
        first, last = _day(self.start_date), _day(self.end_date)
        if not self.start_time:
            days = first if first == last else _("%s to %s") % (first, last)
            return _("%s (all day)") % days
        begins = f"{first}, {self.start_time}"
        if first == last:
            times = f"{begins}{DASH}{self.end_time}" if self.end_time else begins
        else:
            times = _("%s to %s") % (begins, ", ".join(filter(None, [last, self.end_time])))
        return f"{times}, {self._zone}"

    @property
    def where(self) -> str:
        country = Country.objects.filter(pk=self.country).first() if self.country else None
        return ", ".join(filter(None, [self.place, country.name if country else ""]))

    @property
    def rows(self) -> list[Row]:
        """All of it in words, for a letter; what there is nothing to say of is left out."""
        where, online = self._where, self._online
        return [
            *([] if self.takes_place else [self._status]),
            self._when,
            *([where] if where.text else []),
            *([online] if self.online or self.online_address else []),
        ]

    def changes_to(self, now: Facts) -> list[Change]:
        """What reads differently by now, besides the note."""
        pairs = (
            (self._status, now._status),
            (self._when, now._when),
            (self._where, now._where),
            (self._online, now._online),
        )
        return [Change(old.label, old, new) for old, new in pairs if old != new]

    @property
    def _status(self) -> Row:
        return Row(_("Status"), str(Status(self.status).label))

    @property
    def _when(self) -> Row:
        return Row(_("When"), self.when)

    @property
    def _where(self) -> Row:
        return Row(_("Where"), self.where)

    @property
    def _online(self) -> Row:
        if self.online_address:
            return Row(_("Online"), self.online_address, self.online_address)
        return Row(_("Online"), _("Yes") if self.online else _("No"))

    @property
    def _zone(self) -> str:
        day = datetime.date.fromisoformat(self.start_date)
        time = datetime.time.fromisoformat(self.start_time) if self.start_time else MIDNIGHT
        begins = earliest_instant(day, time, self.time_zone).astimezone(ZoneInfo(self.time_zone))
        seconds = int((begins.utcoffset() or datetime.timedelta()).total_seconds())
        if self.time_zone == "UTC":
            return "UTC"
        hours, minutes = divmod(abs(seconds) // 60, 60)
        offset = f"UTC{MINUS if seconds < 0 else '+'}{hours}{f':{minutes:02}' if minutes else ''}"
        zone = self.time_zone.replace("_", " ")
        return _("local time (%(zone)s, %(offset)s)") % {"zone": zone, "offset": offset}


def _iso(time: datetime.time | None) -> str:
    return time.isoformat("minutes") if time else ""


def _day(iso: str) -> str:
    return formats.date_format(datetime.date.fromisoformat(iso), "l j F Y")
