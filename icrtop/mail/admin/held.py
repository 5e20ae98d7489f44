"""Messages that were paused by themselves, and may go on together once the cause is gone."""

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from wagtail.models import ModelLogEntry

from icrtop.mail.admin.standing import Standing, messages_that_are
from icrtop.mail.models import Delivery, Message

PAUSED_BY_STAFF = "mail.pause"
RESUMED_BY_STAFF = "mail.resume"


def resumable() -> QuerySet[Message]:
    """Paused messages that no person has paused: what staff did last with them was not that."""
    did_last = (
        ModelLogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Message),
            object_id=Cast(OuterRef("pk"), CharField()),
            action__in=(PAUSED_BY_STAFF, RESUMED_BY_STAFF),
        )
        .order_by("-timestamp", "-pk")
        .values("action")[:1]
    )
    return (
        Message.objects.filter(messages_that_are(Standing.PAUSED))
        .annotate(did_last=Coalesce(Subquery(did_last), Value("")))
        .exclude(did_last=PAUSED_BY_STAFF)
    )


def count_letters(keys: list[int]) -> int:
    """How many letters of these messages have not been sent."""
    return Delivery.objects.unsent().filter(message__in=keys).count()


def reasons_of(keys: list[int]) -> list[tuple[str, int]]:
    """Why these messages are paused, and how many for each reason; the most frequent first."""
    reasons = (
        Message.objects.filter(pk__in=keys)
        .order_by()
        .values_list("reason")
        .annotate(number=Count("pk"))
        .order_by("-number", "reason")
    )
    return list(reasons[:10])
