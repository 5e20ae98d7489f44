"""Dates that are only as exact as their source: a day, a month or a year."""

import calendar
import datetime
import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import dates, formats
from django.utils.translation import gettext_lazy as _

PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def validate_partial_date(value: str) -> None:
    """Raise ValidationError unless value is `YYYY`, `YYYY-MM` or `YYYY-MM-DD` and exists."""
    match = PARTIAL_DATE.fullmatch(value)
    try:
        if not match:
            raise ValueError(value)
        year, month, day = (int(part) if part else 1 for part in match.groups())
        datetime.date(year, month, day)
    except ValueError:
        raise ValidationError(
            _("Write a date as 2009-07-23, or as 2009-07 or 2009 where the day is not known.")
        ) from None


def display_partial_date(value: str) -> str:
    """Write `2009-07-23` as 23 July 2009, `2009-07` as July 2009, `2009` as 2009.

    A value that is no date comes back as it is.
    """
    match = PARTIAL_DATE.fullmatch(value)
    if not match:
        return value
    year, month, day = match.groups()
    if day:
        return formats.date_format(datetime.date(int(year), int(month), int(day)), "j F Y")
    if month:
        return f"{dates.MONTHS[int(month)]} {year}"
    return year


def last_day(value: str) -> datetime.date:
    """The last day that a partial date can mean; 2009-02 gives 28 February 2009."""
    validate_partial_date(value)
    parts = [int(part) for part in value.split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    day = parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1]
    return datetime.date(year, month, day)


class PartialDateField(models.CharField):
    """A date of which the day, or the month too, may be unknown; sorts as text in order of time."""

    description = _("Date, month or year")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 10
        kwargs.setdefault(
            "help_text", _("2009-07-23, or 2009-07 or 2009 where the day is not known.")
        )
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_partial_date]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs
