"""Events, when they take place, and who comes to them."""

from events.models.event_settings import EventSettings
from events.models.events import EventPage, Kind
from events.models.index import EventIndexPage
from events.models.occurrences import Occurrence
from events.models.organisers import EventOrganiser
from events.models.proposals import EventProposal
from events.models.recurrence import YearException
from events.models.registrations import Registration, RegistrationState
from events.models.timed import Status

__all__ = [
    "EventIndexPage",
    "EventOrganiser",
    "EventPage",
    "EventProposal",
    "EventSettings",
    "Kind",
    "Occurrence",
    "Registration",
    "RegistrationState",
    "Status",
    "YearException",
]
