"""Events, and the page that lists them."""

from events.models.pages import EventIndexPage, EventPage, EventQuerySet, Kind, Status

__all__ = ["EventIndexPage", "EventPage", "EventQuerySet", "Kind", "Status"]
