"""Local times: whether they exist, and which instant they mean.

An event's times are kept as they are on the clock of its venue, so that nothing shifts when a
country changes its rules; instants are worked out from them, to sort by and to know what is over.
"""

import datetime
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class NoSuchTime(ValueError):
    """A time that the clocks of a zone never show, because they were set forward over it."""


@cache
def zone_names() -> tuple[str, ...]:
    """The names of the IANA time zone database that stand for places, and UTC."""
    places = {name for name in available_timezones() if "/" in name and name[:4] != "Etc/"}
    return (*sorted(places), "UTC")


def validate_zone(value: str) -> None:
    """Raise ValidationError unless the value names a zone of the IANA database."""
    if value not in zone_names():
        raise ValidationError(_("Choose a time zone, such as Africa/Accra."), code="unknown_zone")


# Under what people look for them: where meetings of this field are mostly held.
OFTEN_USED = {
    "America/New_York": _("New York"),
    "Europe/Zurich": _("Geneva (Zurich)"),
    "Europe/Amsterdam": _("The Hague (Amsterdam)"),
    "Europe/Brussels": _("Brussels"),
    "Europe/London": _("London"),
    "Africa/Accra": _("Accra"),
    "Africa/Addis_Ababa": _("Addis Ababa"),
    "Africa/Nairobi": _("Nairobi"),
    "UTC": _("UTC"),
}
PARTS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}
Choices = list[tuple["StrOrPromise", "StrOrPromise"]]


def zone_choices() -> list[tuple["StrOrPromise", Choices]]:
    """All zones in groups, for a select: those often used first, the others by continent.

    Each begins with the name of its city, which finds it when it is typed.
    """
    groups: dict[str, Choices] = {part: [] for part in PARTS}
    older: Choices = []
    for name in zone_names():
        part, _slash, rest = name.partition("/")
        if part in groups:
            groups[part].append((name, _city(rest)))
        elif rest:
            older.append((name, name.replace("_", " ")))
    found: list[tuple[StrOrPromise, Choices]] = [(_("Often used"), list(OFTEN_USED.items()))]
    found += [
        (PARTS[part], sorted(choices, key=lambda one: str(one[1])))
        for part, choices in groups.items()
    ]
    return [*found, (_("Older names"), older)]


def _city(name: str) -> str:
    """Of Argentina/Buenos_Aires: Buenos Aires, Argentina."""
    return ", ".join(reversed(name.replace("_", " ").split("/")))


class ZoneField(models.CharField):
    """The name of an IANA time zone."""

    description = _("Time zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 64
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_zone]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        # The choices differ from one release of the database to the next: they are no part of the
        # model, or each would want a migration.
        return models.Field.formfield(
            self,
            form_class=forms.ChoiceField,
            choices=zone_choices,
            error_messages={"invalid_choice": _("Choose a time zone, such as Africa/Accra.")},
            **kwargs,
        )


def instant(day: datetime.date, time: datetime.time, zone: str) -> datetime.datetime:
    """The instant, in UTC, at which the clocks of a zone show a day and time.

    A time that they show twice, because they were set back, means the first. Raises NoSuchTime for
    one that they never show.
    """
    found = earliest_instant(day, time, zone)
    shown = found.astimezone(ZoneInfo(zone))
    if shown.replace(tzinfo=None) != datetime.datetime.combine(day, time):
        raise NoSuchTime(f"{day} {time} in {zone}")
    return found


def earliest_instant(day: datetime.date, time: datetime.time, zone: str) -> datetime.datetime:
    """The instant, in UTC, of a local time; if the clocks skip it, of the time after the gap.

    Made for midnights, which some zones skip: the day begins all the same.
    """
    local = datetime.datetime.combine(day, time, tzinfo=ZoneInfo(zone))
    return local.astimezone(datetime.UTC)
