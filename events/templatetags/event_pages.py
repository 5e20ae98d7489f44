"""What the page of one event is made of."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from events import structured_data as data
from events.models import EventPage
from events.models.details import EventDetails
from events.registrations.openings import opening_of, why_closed

register = template.Library()


@register.simple_tag
def structured_data(details: EventDetails, url: str, image: str) -> SafeString:
    """An event for search engines, as JSON; addresses of its page and of an image are whole."""
    told = data.event_data(details.event, url=url, image=image, organisers=details.organisers)
    return data.as_json(told)


@register.inclusion_tag("events/registration_box.html")
def registration_box(event: EventPage) -> dict[str, Any]:
    """Whether one can register, and the way to do so; nothing for an event without registration.

    It tells no number that changes with each registration, since pages are kept for a while.
    """
    return {"event": event, "opening": opening_of(event), "reason": why_closed(event)}
