"""What has days and times on the clock of a place, and the checks of them."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.clocks import zone_label
from events.zones import NoSuchTime, ZoneField, earliest_instant, instant, validate_zone

FIRST_YEAR, LAST_YEAR = 1900, 2100
MIDNIGHT = datetime.time()
DASH = "\N{EN DASH}"
ONE_DAY = datetime.timedelta(days=1)


class Status(models.TextChoices):
    """What became of an event; one that does not take place stays visible and says so."""

    SCHEDULED = "scheduled", _("Takes place")
    POSTPONED = "postponed", _("Postponed")
    CANCELLED = "cancelled", _("Cancelled")


class Timed(models.Model):
    """Days and times as the clock at the venue shows them, and what they mean.

    `starts_at` and `ends_at`, worked out from them, are instants: `ends_at` is the first one at
    which it is over.
    """

    status = models.CharField(
        _("status"), max_length=20, choices=Status.choices, default=Status.SCHEDULED
    )
    time_zone = ZoneField(
        _("time zone"),
        default="America/New_York",
        help_text=_("Of the venue. All dates and times are those of its clocks."),
    )
    all_day = models.BooleanField(
        _("all day"), default=False, help_text=_("Only the dates count, not the times.")
    )
    start_date = models.DateField(_("first day"))
    start_time = models.TimeField(_("begins at"), null=True, blank=True)
    end_date = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Empty if it is the first day.")
    )
    end_time = models.TimeField(_("ends at"), null=True, blank=True)
    starts_at = models.DateTimeField(_("starts"), editable=False, blank=True, db_index=True)
    ends_at = models.DateTimeField(_("over"), editable=False, blank=True, db_index=True)

    class Meta:
        abstract = True

    @property
    def last_date(self) -> datetime.date:
        return self.end_date or self.start_date

    @property
    def is_several_days(self) -> bool:
        return self.last_date != self.start_date

    @property
    def is_timed(self) -> bool:
        """Whether it begins at a time, not just on a day."""
        return not self.all_day and self.start_time is not None

    @property
    def takes_place(self) -> bool:
        """Whether it is neither postponed nor cancelled."""
        return self.status == Status.SCHEDULED

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def is_on(self) -> bool:
        """Whether it takes place at this moment."""
        return self.takes_place and self.starts_at <= timezone.now() < self.ends_at

    @property
    def date_display(self) -> str:
        """The day or days, as in 23 July 2009, or the first and the last with a dash between."""
        first, last = self.start_date, self.last_date
        if first == last:
            return _day(last, "j F Y")
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}{DASH}{_day(last, 'j F Y')}"
        if first.year == last.year:
            return f"{_day(first, 'j F')} {DASH} {_day(last, 'j F Y')}"
        return f"{_day(first, 'j F Y')} {DASH} {_day(last, 'j F Y')}"

    @property
    def time_display(self) -> str:
        """When it begins, and ends on the same day, on the venue's clock; empty for whole days."""
        if self.all_day or self.start_time is None:
            return ""
        if self.is_several_days:
            begins = formats.time_format(self.start_time, "H:i")
            return gettext("from %(time)s") % {"time": begins}
        times = [self.start_time, *([self.end_time] if self.end_time else [])]
        return DASH.join(formats.time_format(time, "H:i") for time in times)

    @property
    def zone_display(self) -> str:
        """The zone in words, as it is when it begins: New York time (UTC-5)."""
        return zone_label(self.time_zone, self.starts_at or self.instants()[0])

    def instants(self) -> tuple[datetime.datetime, datetime.datetime]:
        """When it starts and when it is over; without an end, it is over with its last day."""
        timed = not self.all_day
        begins = (timed and self.start_time) or MIDNIGHT
        starts_at = earliest_instant(self.start_date, begins, self.time_zone)
        if timed and self.end_time is not None:
            return starts_at, earliest_instant(self.last_date, self.end_time, self.time_zone)
        return starts_at, earliest_instant(self.last_date + ONE_DAY, MIDNIGHT, self.time_zone)

    def clean(self) -> None:
        """Refuse times that do not exist, times that are missing, and an end before the start."""
        super().clean()
        errors = self._errors_in_dates() or self._errors_in_times()
        if errors:
            raise ValidationError(errors)

    def _errors_in_dates(self) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        for name in ("start_date", "end_date"):
            if wrong := wrong_year(getattr(self, name)):
                errors[name] = wrong
        if not errors and self.start_date and self.end_date and self.end_date < self.start_date:
            errors["end_date"] = _("The last day cannot be before the first day.")
        return errors

    def _errors_in_times(self) -> dict[str, Any]:
        if self.all_day or not self.start_date:
            return {}
        if self.start_time is None:
            return {"start_time": _("Enter when it begins, or tick “all day”.")}
        try:
            validate_zone(self.time_zone)
        except ValidationError:
            return {}  # The field says so itself.
        errors: dict[str, Any] = {}
        times = {"start_time": (self.start_date, self.start_time)}
        if self.end_time is not None:
            times["end_time"] = (self.last_date, self.end_time)
        for name, (day, time) in times.items():
            try:
                instant(day, time, self.time_zone)
            except NoSuchTime:
                errors[name] = _(
                    "The clocks in this time zone skip this time on this day, because they are set "
                    "forward. Enter another time."
                )
        if not errors and self.end_time is not None:
            starts_at, ends_at = self.instants()
            if ends_at <= starts_at:
                errors["end_time"] = _("The event cannot end before it begins.")
        return errors


def wrong_year(day: datetime.date | None) -> str:
    """What is wrong with the year of a day; nothing for a day that is missing."""
    if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
        return _("Enter a year between %(first)s and %(last)s.") % {
            "first": FIRST_YEAR,
            "last": LAST_YEAR,
        }
    return ""


def _day(day: datetime.date, how: str) -> str:
    return formats.date_format(day, how)
