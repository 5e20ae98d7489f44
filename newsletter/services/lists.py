"""The lists that a new site begins with."""

from typing import Any

from django.db import transaction

from newsletter.models.lists import MailingList

FIRST_LISTS: tuple[dict[str, Any], ...] = (
    {
        "slug": "bulletin",
        "name": "RtoP Bulletin",
        "description": "What is new on the Responsibility to Protect, in one letter.",
    },
    {
        "slug": "country-alerts",
        "name": "Country alerts",
        "description": "News of the countries and topics that you choose, as it happens.",
        "sends_alerts": True,
    },
    {
        "slug": "events",
        "name": "Events",
        "description": "Invitations to meetings and debates around the world.",
    },
    {
        "slug": "focal-points",
        "name": "Members' list for focal points",
        "description": "For the focal points of the Coalition's members.",
        "is_public": False,
    },
)


@transaction.atomic
def ensure_lists() -> list[MailingList]:
    """Create the lists that a new site begins with; what staff made of them since stays."""
    return [
        MailingList.objects.get_or_create(
            slug=first["slug"], defaults={**first, "position": position}
        )[0]
        for position, first in enumerate(FIRST_LISTS, start=1)
    ]
