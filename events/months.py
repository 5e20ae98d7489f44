"""Months of the calendar, and the table of one."""

from __future__ import annotations

import calendar
import datetime
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse
from django.utils import dates, formats

from events.models.timed import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from events.models.occurrences import Occurrence

ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, order=True)
class Month:
    """A month of the calendar; `str()` gives 2027-04."""

    year: int
    month: int

    @classmethod
    def of(cls, day: datetime.date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, value: str) -> Month | None:
        """The month that is written as 2027-04, if it exists and events can be in it."""
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", value):
            return None
        year, month = int(value[:4]), int(value[5:])
        return cls(year, month) if is_year(year) and 1 <= month <= 12 else None

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def label(self) -> str:
        return f"{dates.MONTHS[self.month]} {self.year}"

    @property
    def url(self) -> str:
        return reverse("events:month", args=[self.year, self.month])

    @property
    def first_day(self) -> datetime.date:
        return datetime.date(self.year, self.month, 1)

    @property
    def last_day(self) -> datetime.date:
        days = calendar.monthrange(self.year, self.month)[1]
        return datetime.date(self.year, self.month, days)

    @property
    def next(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)


def is_year(year: int) -> bool:
    """Whether events can be in a year."""
    return FIRST_YEAR <= year <= LAST_YEAR


class Entry(NamedTuple):
    """An occurrence on one of its days: the first is number 1."""

    occurrence: Occurrence
    number: int

    @property
    def days(self) -> int:
        return (self.occurrence.last_date - self.occurrence.start_date).days + 1


@dataclass
class Day:
    """A day of the table; one of another month is there to fill the week, and has no entries."""

    date: datetime.date
    is_in_month: bool
    is_today: bool
    entries: list[Entry] = field(default_factory=list)


class MonthTable:
    """A month as weeks of seven days, which begin as the reader's language has it."""

    def __init__(
        self, month: Month, occurrences: Iterable[Occurrence], today: datetime.date
    ) -> None:
        by_day: defaultdict[datetime.date, list[Entry]] = defaultdict(list)
        for one in occurrences:
            day = max(one.start_date, month.first_day)
            while day <= min(one.last_date, month.last_day):
                by_day[day].append(Entry(one, (day - one.start_date).days + 1))
                day += ONE_DAY
        # 0 is Sunday to Django, and Monday to Python.
        first_weekday = (int(formats.get_format("FIRST_DAY_OF_WEEK")) - 1) % 7
        rows = calendar.Calendar(first_weekday).monthdatescalendar(month.year, month.month)
        self.weeks = [
            [Day(day, Month.of(day) == month, day == today, by_day[day]) for day in row]
            for row in rows
        ]
        self.weekdays = [dates.WEEKDAYS[day.date.weekday()] for day in self.weeks[0]]
