"""Fields for days, times and links, also where a browser has no picker and people just type."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from events.models.timed import LAST_YEAR


class DayInput(forms.DateInput):
    """The browser's own picker, which reads and sends days as ISO 8601 writes them."""

    input_type = "date"

    def __init__(self) -> None:
        last = datetime.date(LAST_YEAR, 12, 31).isoformat()
        super().__init__(format="%Y-%m-%d", attrs={"class": "field-short", "max": last})


class DayField(forms.DateField):
    """A day that exists. Not in figures that Americans and Europeans read differently."""

    widget = DayInput
    default_error_messages = {
        "invalid": _("There is no such day. Enter one such as 2027-04-07 or 7 April 2027."),
    }

    def __init__(self, **kwargs: Any) -> None:
        formats = ["%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%B %d %Y"]
        super().__init__(input_formats=formats, **kwargs)


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M", attrs={"class": "field-short"})


class ClockField(forms.TimeField):
    """A time as a clock shows it, to the minute."""

    widget = ClockInput
    default_error_messages = {
        "invalid": _("There is no such time. Enter one such as 14:30 or 2:30 pm."),
    }

    def __init__(self, **kwargs: Any) -> None:
        formats = ["%H:%M", "%H:%M:%S", "%H.%M", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p"]
        super().__init__(input_formats=formats, **kwargs)


class LinkField(forms.URLField):
    """An address on the web, and no other that a browser would act on, such as javascript:."""

    widget = forms.TextInput
    default_validators = [
        URLValidator(
            schemes=["http", "https"],
            message=_("Enter the address of a web page, such as https://example.org/event."),
        )
    ]
    default_error_messages = {
        "invalid": _("Enter the address of a web page, such as https://example.org/event."),
    }

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "url", "autocomplete": "off", "dir": "ltr"}
        super().__init__(assume_scheme="https", widget=forms.TextInput(attrs=attrs), **kwargs)
