"""Where calendar programs find the events."""

from django import template
from django.conf import settings
from django.urls import reverse

register = template.Library()


@register.simple_tag
def calendar_address(query: str = "") -> dict[str, str]:
    """The addresses of the calendar of all events, or of those that a query string chooses.

    `web` is the one to copy, `program` the one that opens the visitor's calendar program.
    """
    web = f"{settings.BASE_URL}{reverse('events:calendar')}"
    if query:
        web = f"{web}?{query}"
    return {"web": web, "program": f"webcal:{web.partition(':')[2]}"}
