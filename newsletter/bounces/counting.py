"""How many letters came back, and what is held about an address because of it."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from newsletter.models.bounces import Bounce


def bounced(messages: Collection[int]) -> dict[int, int]:
    """How many letters of each of these messages came back, by the message's key, in one query.

    A letter counts once, whatever the reason and however many reports there are. Messages of which
    none came back are not in it.
    """
    counted = (
        Bounce.objects.returned()
        .filter(message__in=messages)
        .order_by()
        .values_list("message")
        .annotate(letters=Count("delivery", distinct=True))
    )
    return dict(counted)


def held_about(normalised: str) -> QuerySet[Bounce]:
    """What came back from an address, and mails about no letter of ours that name it."""
    return Bounce.objects.filter(Q(normalised=normalised) | _naming(normalised))


@transaction.atomic
def forget(normalised: str) -> None:
    """Erase an address from what came back. That a letter of some message did is kept."""
    Bounce.objects.filter(_naming(normalised)).delete()
    Bounce.objects.filter(normalised=normalised).update(normalised="", detail="", excerpt="")


def _naming(normalised: str) -> Q:
    return Q(normalised="", excerpt__icontains=normalised)
