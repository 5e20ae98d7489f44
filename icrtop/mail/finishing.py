"""Noting when a message has nothing left to send, and making sure that a cancelled one has not."""

import time

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from icrtop.mail.models import OPEN, UNSENT, WAITING, Delivery, Message, State
from icrtop.mail.moves import check_move
from icrtop.mail.patience import patiently

# How many rows of a cancelled message one statement changes.
CANCEL_CHUNK = 10_000
CANCEL_SECONDS = 2.0
FINISH_CHUNK = 1_000

FINISH = """
UPDATE mail_message AS message
SET finished_at = statement_timestamp(), tally = counted.tally
FROM (
    SELECT message_id, jsonb_object_agg(state, letters) AS tally
    FROM (
        SELECT message_id, state, count(*) AS letters FROM mail_delivery
        WHERE message_id = ANY(%(ids)s) GROUP BY message_id, state
    ) AS of_state
    GROUP BY message_id
) AS counted
WHERE message.id = counted.message_id AND NOT counted.tally ?| %(open)s
"""


@patiently
def finish_messages() -> None:
    """Note which messages have nothing left to send, and what became of their letters."""
    busy = Delivery.objects.filter(message=OuterRef("pk"))
    idle = Message.objects.open().exclude(
        # Two questions, for each of which there is an index.
        Exists(busy.filter(state__in=WAITING)) | Exists(busy.filter(lease_until__isnull=False))
    )
    with transaction.atomic():
        # Whoever puts letters of a message back holds its row too, and is seen by the next
        # statement.
        ids = list(
            idle.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[
                :FINISH_CHUNK
            ]
        )
        if ids:
            with connection.cursor() as cursor:
                cursor.execute(FINISH, {"ids": ids, "open": list(OPEN)})


def cancel_waiting(seconds: float = CANCEL_SECONDS) -> bool:
    """Cancel what is left of cancelled messages, for about `seconds`; return whether more is left.

    They may be very long, and other messages have letters that somebody waits for.
    """
    stop = time.monotonic() + seconds
    for message in Message.objects.open().exclude(cancelled_at=None):
        while cancel_some(message):
            if time.monotonic() > stop:
                return True
    return False


@patiently
def cancel_some(message: Message) -> int:
    """Cancel up to 10,000 unsent letters of a cancelled message; return how many they were.

    Those that workers hold come first, then in the order in which they would be sent.
    """
    check_move(UNSENT, State.CANCELLED)
    unsent = message.deliveries.select_for_update(skip_locked=True)
    with transaction.atomic():
        keys = list(unsent.filter(state=State.CLAIMED).values_list("pk", flat=True))
        waiting = unsent.filter(state__in=WAITING).order_by("next_attempt_at", "pk")
        keys += waiting.values_list("pk", flat=True)[:CANCEL_CHUNK]
        return Delivery.objects.filter(pk__in=keys).update(
            state=State.CANCELLED,
            token=None,
            lease_until=None,
            reason=message.reason,
            changed=Now(),
        )
