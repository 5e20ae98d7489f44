"""Numbers, times and purposes as people read them."""

from datetime import datetime, timedelta

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOMENT = "j F Y, H:i"


def moment(value: datetime | None) -> str:
    """A moment in the reader's time zone: 5 May 2026, 14:30."""
    return date_format(timezone.localtime(value), MOMENT) if value else ""


def numbered(text: str, number: int) -> str:
    """A text with %(number)s in it as 1,234."""
    return text % {"number": intcomma(number)}


def duration(value: timedelta) -> str:
    """About how long something takes: about 2 hours, 10 minutes."""
    if value < timedelta(minutes=1):
        return _("less than a minute")
    now = timezone.now()
    depth = 2 if value >= timedelta(hours=1) else 1
    return _("about %s") % timesince(now - value, now, depth=depth)


def rate(per_second: float) -> str:
    """How fast letters leave; empty where none does."""
    if per_second >= 1:
        number = round(per_second)
        return numbered(
            ngettext("%(number)s letter a second", "%(number)s letters a second", number), number
        )
    if number := round(per_second * 60):
        return numbered(
            ngettext("%(number)s letter a minute", "%(number)s letters a minute", number), number
        )
    return ""


def purpose_in_words(purpose: str) -> str:
    """What a letter is for: of members.application_notice, “Members: application notice”."""
    return str(capfirst(purpose.replace(".", ": ").replace("_", " ")))
