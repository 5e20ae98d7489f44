"""Events of every year: the years in which they are, and those in which it is different."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from events.models.timed import FIRST_YEAR, LAST_YEAR, wrong_year

if TYPE_CHECKING:
    from events.models.events import EventPage

# More than a commemoration that is entered today can be planned for.
MOST_YEARS = 100


class YearException(models.Model):
    """What is different in one year of an event that comes every year."""

    class What(models.TextChoices):
        LEFT_OUT = "left_out", _("Not held, and not shown")
        CANCELLED = "cancelled", _("Cancelled, and shown as such")
        POSTPONED = "postponed", _("Postponed, and shown as such")
        MOVED = "moved", _("On another day")

    event = ParentalKey("events.EventPage", on_delete=models.CASCADE, related_name="exceptions")
    year = models.PositiveSmallIntegerField(
        _("year"),
        validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)],
        help_text=_("Of the day on which it would be."),
    )
    what = models.CharField(_("what is different"), max_length=10, choices=What.choices)
    start_date = models.DateField(
        _("first day"), null=True, blank=True, help_text=_("If it is on another day.")
    )

    panels = [FieldRowPanel([FieldPanel("year"), FieldPanel("what"), FieldPanel("start_date")])]

    class Meta:
        default_permissions = ()
        ordering = ["year"]
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "year"],
                name="one_exception_per_event_and_year",
                violation_error_message=_("There is an exception for this year already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.get_what_display()}"

    def clean(self) -> None:
        """Refuse a year in which the event would not be, and another day that is missing."""
        super().clean()
        errors: dict[str, object] = {}
        if self.year and self.year not in self.event.years:
            errors["year"] = _("The event is not held in this year.")
        if self.what == self.What.MOVED and not self.start_date:
            errors["start_date"] = _("Enter the day on which it is instead.")
        elif self.what != self.What.MOVED and self.start_date:
            errors["start_date"] = _("A day is only needed if it is on another day.")
        elif wrong := wrong_year(self.start_date):
            errors["start_date"] = wrong
        if errors:
            raise ValidationError(errors)


def years_of(event: EventPage) -> range:
    """The years in which an event is; empty while its first day is unknown."""
    if not event.start_date:
        return range(0)
    last = event.last_year if event.yearly and event.last_year else event.start_date.year
    return range(event.start_date.year, min(last, LAST_YEAR) + 1)


def errors_in_recurrence(event: EventPage) -> dict[str, object]:
    """What is wrong with how an event repeats, by field."""
    if not event.yearly:
        if event.last_year:
            return {"last_year": _("Tick “every year”, or leave this empty.")}
        return {}
    if not event.start_date:
        return {}
    errors: dict[str, object] = {}
    first = event.start_date
    if (first.month, first.day) == (2, 29):
        errors["start_date"] = _("29 February does not come every year. Choose another day.")
    if event.last_date - first >= datetime.timedelta(days=365):
        errors["end_date"] = _("An event of every year cannot last a year or longer.")
    if not event.last_year:
        errors["last_year"] = _("Enter the last year: an event cannot repeat without an end.")
    elif event.last_year < first.year:
        errors["last_year"] = _("The last year cannot be before the first.")
    elif event.last_year > min(first.year + MOST_YEARS, LAST_YEAR):
        errors["last_year"] = _("Enter a year up to %(year)s.") % {
            "year": min(first.year + MOST_YEARS, LAST_YEAR)
        }
    return errors
