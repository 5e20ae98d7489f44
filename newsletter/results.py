"""What became of a bulletin, list by list. Nobody is watched: opens and clicks are not counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from icrtop.mail.models import Delivery, State
from newsletter.bounces.counting import bounced
from newsletter.models.mailings import ListMailing
from newsletter.models.records import HistoryEntry

# Whoever leaves a list within a week after a letter is counted with that letter.
LEFT_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Result:
    """How many of those who were written to bounced, and how many left the list soon after."""

    bounced: int = 0
    left: int = 0


def results_of(parts: Sequence[ListMailing]) -> dict[int, Result]:
    """What became of parts of mailings, by their keys. Two queries, however many they are."""
    bounces = bounced([part.message_id for part in parts if part.message_id])
    rows = ListMailing.objects.filter(pk__in=[part.pk for part in parts])
    left = dict(rows.annotate(left=_left()).values_list("pk", "left"))
    return {
        part.pk: Result(bounces.get(part.message_id or 0, 0), left.get(part.pk, 0))
        for part in parts
    }


def _left() -> Coalesce:
    got_it = Delivery.objects.filter(
        message=OuterRef(OuterRef("message")),
        normalised=OuterRef("subscriber__normalised"),
        state=State.SENT,
    )
    leaving = (
        HistoryEntry.objects.filter(
            Exists(got_it),
            kind=HistoryEntry.Kind.LEFT,
            mailing_list=OuterRef("mailing_list"),
            at__gte=OuterRef("message__created"),
        )
        .annotate(
            until=ExpressionWrapper(
                OuterRef("message__created") + LEFT_WITHIN, output_field=DateTimeField()
            )
        )
        .filter(at__lt=F("until"))
        .order_by()
        .values("kind")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(leaving), 0)
