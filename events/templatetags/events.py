"""What other pages show of the events."""

from django import template

from events.models import EventPage
from pages.models import SituationPage

register = template.Library()


@register.simple_tag
def upcoming_events(number: int = 3) -> list[EventPage]:
    """The next events that are not over: `{% upcoming_events 3 as events %}`."""
    return list(EventPage.objects.upcoming()[:number])


@register.simple_tag
def events_about(situation: SituationPage) -> list[EventPage]:
    """Events that are related to a situation, upcoming ones first."""
    return list(EventPage.objects.about(situation).upcoming_first())
