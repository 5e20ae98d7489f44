"""New and changed events, for feed readers."""

from __future__ import annotations

import datetime

from django.http import Http404, HttpRequest
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.clocks import zone_label
from events.listing import EventFilters
from events.models import EventIndexPage, Occurrence
from pages.feeds import LENGTH, NewestFirst, plain
from pages.models import SiteSettings
from pages.templatetags.ui import absolute


class Events(NewestFirst):
    """The events that a request chooses, those that were changed last first.

    Each is there once, with its next time or else its last one. A change is what calendars show of
    it: a postponed event comes to the top, a corrected letter in its text does not.
    """

    index = EventIndexPage
    url_name = "events:feed"
    what = gettext_lazy("Events")
    subtitle = description = gettext_lazy("New events on RtoP, and what has changed in others.")
    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest) -> SiteSettings:
        self.choice = EventFilters(request)
        page = EventIndexPage.public_one()
        if page is None:
            raise Http404
        self.page = page
        return super().get_object(request)

    def title(self, site: SiteSettings) -> str:
        chosen = [str(dict(one.choices)[one.chosen]) for one in self.choice.filters if one.chosen]
        return plain(": ".join([super().title(site), *([", ".join(chosen)] if chosen else [])]))

    def link(self) -> str:
        return self._narrowed(absolute(self.page.get_url(self.request)))

    def feed_url(self) -> str:
        return self._narrowed(super().feed_url())

    def items(self) -> list[Occurrence]:  # type: ignore[override] # Not pages.
        found = self.choice.occurrences()
        if not self.choice.period:
            found = found.one_of_each()
        rows = found.order_by("-event__calendar_changed_at", "-starts_at", "pk")[:LENGTH]
        once: dict[int, Occurrence] = {}
        for one in rows:
            once.setdefault(one.event_id, one)
        return list(once.values())

    def item_title(self, item: Occurrence) -> str:
        if item.takes_place:
            return plain(item.event.title)
        words = {"status": item.get_status_display(), "title": item.event.title}
        return plain(_("%(status)s: %(title)s") % words)

    def item_description(self, item: Occurrence) -> str:
        """When and where, then what it is, as plain text."""
        event = item.event
        when = [item.date_display]
        if item.is_timed:
            when += [item.time_display, zone_label(item.time_zone, item.starts_at)]
        where = [event.place, event.country.name if event.country else ""]
        lines = [
            ", ".join(when),
            ", ".join(part for part in where if part),
            "" if item.takes_place else event.status_note,
            event.introduction,
        ]
        return plain("\n".join(line for line in lines if line))

    def item_link(self, item: Occurrence) -> str:
        return absolute(item.event.get_url(self.request))

    def item_guid(self, item: Occurrence) -> str:
        """The same for the life of the event."""
        return f"urn:uuid:{item.event.uid}"

    def item_pubdate(self, item: Occurrence) -> datetime.datetime:
        return item.event.first_published_at or self.item_updateddate(item)

    def item_updateddate(self, item: Occurrence) -> datetime.datetime:
        return item.event.calendar_changed_at

    def item_categories(self, item: Occurrence) -> list[str]:
        return [str(item.event.get_kind_display())]

    def _narrowed(self, address: str) -> str:
        return f"{address}?{self.choice.query}" if self.choice.query else address
