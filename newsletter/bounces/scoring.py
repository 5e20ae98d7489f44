"""When letters that come back for now are enough: the address is given up."""

from datetime import timedelta

from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from icrtop.mail.models import Delivery, State
from newsletter.models.bounces import Bounce

DAYS = 5
WITHIN = timedelta(days=30)


def is_given_up(normalised: str) -> bool:
    """Whether letters of five days within the last thirty came back, and none between them arrived.

    Days count by when the letters were sent: reports of one day may come on another, and in any
    order. A letter has arrived if the mail server took it and no report says otherwise.
    """
    since = timezone.now() - WITHIN
    soft = Bounce.objects.filter(
        normalised=normalised, kind=Bounce.Kind.SOFT, delivery__changed__gt=since
    )
    sent = list(soft.values_list("delivery__changed", flat=True))
    if not sent:
        return False
    returned = Bounce.objects.returned().filter(delivery=OuterRef("pk"))
    arrived = (
        Delivery.objects.filter(normalised=normalised, state=State.SENT, changed__gt=since)
        .filter(~Exists(returned), changed__lt=max(sent))
        .aggregate(last=Max("changed"))["last"]
    )
    counting = {timezone.localdate(at) for at in sent if arrived is None or at > arrived}
    return len(counting) >= DAYS
