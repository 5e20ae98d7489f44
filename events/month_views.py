"""The table of a month."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail.models import Page

from events.listing import IN_A_MONTH, EventFilters
from events.models import EventIndexPage
from events.months import Month, MonthTable, is_year


class MonthPage:
    """What the frame of every page asks of one: title, description, the way to it."""

    pk = share_image_id = None
    seo_title = introduction = ""

    def __init__(self, month: Month, index: EventIndexPage) -> None:
        self.title = _("Events in %(month)s") % {"month": month.label}
        self.description = _("Events on the Responsibility to Protect in %(month)s.") % {
            "month": month.label
        }
        self.breadcrumbs: list[Page] = [*index.breadcrumbs, index]


@require_safe
def this_month(request: HttpRequest) -> HttpResponse:
    """Lead to the month that it is now, with what was chosen."""
    return _led_to(Month.of(timezone.localdate()), request)


@require_safe
def month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The events of a month on each of their days, as filters choose.

    404 before the first month with an event and after the last one, save for the month that it is.
    """
    index = EventIndexPage.public_one()
    if index is None or not (is_year(year) and 1 <= month <= 12):
        raise Http404
    choice = EventFilters(request, IN_A_MONTH)
    shown, today = Month(year, month), timezone.localdate()
    there = [*choice.months, Month.of(today)]
    if not min(there) <= shown <= max(there):
        raise Http404
    if request.path != shown.url:  # Such as with a zero before the month.
        return _led_to(shown, request)
    occurrences = choice.occurrences().between(shown.first_day, shown.last_day)
    context: dict[str, Any] = {
        "page": MonthPage(shown, index),
        "index_url": index.get_url(request),
        "month": shown,
        "table": MonthTable(shown, occurrences, today),
        "previous": max((one for one in choice.months_left if one < shown), default=None),
        "next": min((one for one in choice.months_left if one > shown), default=None),
        "is_empty": shown not in choice.months_left,
        "choice": choice,
        "filters": choice.filters,
        "is_filtered": choice.is_filtered,
    }
    return render(request, "events/month.html", context)


def _led_to(month: Month, request: HttpRequest) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{month.url}?{query}" if query else month.url)
