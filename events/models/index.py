"""The page that lists the events."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from events.models.events import EventPage, EventQuerySet, Kind
from icrtop.places.models import Country
from pages.models import Filter, ListingPage


class EventIndexPage(ListingPage):
    """All events, upcoming first, with filters by kind, country and year."""

    page_description = _("Lists the events, upcoming ones first.")
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["events.EventPage"]
    max_count = 1

    class Meta:
        verbose_name = _("events index")

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        countries = Country.objects.filter(events__live=True).distinct()
        years = (
            EventPage.objects.live()
            .order_by("-start_date__year")
            .values_list("start_date__year", flat=True)
            .distinct()
        )
        return [
            Filter(request, "kind", _("Kind"), Kind.choices),
            Filter(request, "country", _("Country"), list(countries.values_list("code", "name"))),
            Filter(request, "year", _("Year"), [(str(year), str(year)) for year in years]),
        ]

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> EventQuerySet:
        items = EventPage.objects.child_of(self).upcoming_first()
        chosen = {one.name: one.chosen for one in filters}
        if chosen["kind"]:
            items = items.filter(kind=chosen["kind"])
        if chosen["country"]:
            items = items.filter(country=chosen["country"])
        if chosen["year"]:
            items = items.filter(start_date__year=chosen["year"])
        return items
