"""What the tests of the lists of events share."""

import datetime

from django.utils import timezone

from tests.factories.events import place_below


def day(offset: int) -> datetime.date:
    """A day so many days from now, in Accra, where the local time is UTC."""
    return timezone.now().date() + datetime.timedelta(days=offset)


def all_day(index, title, first, last=None, **fields):
    """An event of whole days, from so many days from now on."""
    return place_below(
        index,
        title=title,
        all_day=True,
        start_time=None,
        start_date=day(first),
        end_date=day(last) if last is not None else None,
        **fields,
    )


def titles(occurrences) -> list[str]:
    return [one.event.title for one in occurrences]


def html(response) -> str:
    return " ".join(response.content.decode().split())
