"""Counting in months."""

import calendar
import datetime


def months_before(moment: datetime.datetime, months: int) -> datetime.datetime:
    """The same time of day so many months earlier; 31 May less one month is 30 April."""
    count = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(count, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
