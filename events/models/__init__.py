"""Events, and the page that lists them."""

from events.models.events import EventPage, EventQuerySet, Kind, Status
from events.models.index import EventIndexPage

__all__ = ["EventIndexPage", "EventPage", "EventQuerySet", "Kind", "Status"]
