from dataclasses import dataclass

from icrtop.places.models import Country


@dataclass(frozen=True)
class Answers:
    """What an organisation tells of itself when it applies."""

    organisation_name: str
    country: Country
    website: str
    contact_name: str
    email: str
    category: str
    why: str
