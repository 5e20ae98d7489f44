"""What other pages show of the events."""

from django import template
from django.db.models import Exists, OuterRef, Q

from events.clocks import Clock
from events.models import EventOrganiser, EventPage, Occurrence
from events.models.timed import Timed
from members.models import OrganisationWork
from pages.models import SituationPage

register = template.Library()


@register.simple_tag
def upcoming_events(number: int = 3, country: str = "") -> list[Occurrence]:
    """The next time of each of the next events, of a country's if its code is given.

    `{% upcoming_events 3 as occurrences %}`.
    """
    events = EventPage.objects.shown()
    if country:
        events = events.filter(country=country)
    return list(Occurrence.objects.of(events).next_of_each()[:number])


@register.simple_tag
def events_about(situation: SituationPage) -> list[Occurrence]:
    """Of each event that is related to a situation the time to show, upcoming ones first."""
    events = EventPage.objects.shown().about(situation)
    return list(Occurrence.objects.of(events).one_of_each().upcoming_first())


@register.simple_tag
def events_of_member(slug: str) -> list[Occurrence]:
    """Of each event that a member organises or had a part in the time to show, as `events_about`.

    Each has `is_organised`, whether the member organises it. One query.
    """
    organised = EventOrganiser.objects.filter(organisation__slug=slug).values("event")
    with_a_part = OrganisationWork.objects.filter(organisation__slug=slug).values("page")
    events = EventPage.objects.shown().filter(Q(pk__in=organised) | Q(pk__in=with_a_part))
    return list(
        Occurrence.objects.of(events)
        .one_of_each()
        .upcoming_first()
        .annotate(is_organised=Exists(organised.filter(event=OuterRef("event"))))
    )


@register.simple_tag
def clock_of(timed: Timed) -> Clock:
    """When something begins and ends, for programs: `{% clock_of occurrence as clock %}`."""
    return Clock.of(timed)
