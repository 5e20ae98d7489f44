import datetime

import factory

from events.models import EventPage, Kind


class EventFactory(factory.Factory):
    """An event in memory; `place_below` writes it to the tree."""

    class Meta:
        model = EventPage

    title = factory.Sequence("Event {:03}".format)
    slug = factory.Sequence("event-{}".format)
    kind = Kind.CONFERENCE
    time_zone = "Africa/Accra"
    start_date = datetime.date(2027, 3, 10)
    start_time = datetime.time(10)


def place_below(index, **fields) -> EventPage:
    """A published event below an index page."""
    return index.add_child(instance=EventFactory(**fields))
