"""Who holds a delivery: claims, leases, and giving back.

A worker holds rows by a token and a lease, never by a transaction: none is open while anything
waits for the network. Every statement here names the state and the token that it expects, so that a
worker whose lease ran out changes nothing that is no longer its own.
"""

import logging
import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from icrtop.mail.models import (
    WAITING,
    Delivery,
    DeliveryQuerySet,
    Message,
    State,
    Suppression,
)
from icrtop.mail.moves import check_move
from icrtop.mail.patience import patiently

logger = logging.getLogger(__name__)

# Much longer than a batch takes, also if a few of its letters run into every timeout.
LEASE = timedelta(minutes=5)
# How long a batch waits for a server that is away: doubled each time, up to the longest.
FIRST_RELEASE_WAIT = timedelta(seconds=20)
LONGEST_RELEASE_WAIT = timedelta(minutes=10)

# Message by message, so that the letters of one that is paused cost nothing, however many they are.
# Locked rows are another worker's: they are passed by, so that nobody waits, nobody gets the same.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT letter.id, row_number() OVER () AS position
    FROM (
        SELECT id FROM mail_message
        WHERE finished_at IS NULL AND paused_at IS NULL AND cancelled_at IS NULL
            AND (
                scheduled_for IS NULL
                OR scheduled_for <= statement_timestamp() AND (
                    started_at IS NOT NULL
                    OR scheduled_for >= statement_timestamp() - %(missed_after)s
                )
            )
        ORDER BY priority, id
    ) AS message
    CROSS JOIN LATERAL (
        SELECT id FROM mail_delivery
        WHERE message_id = message.id
            AND state IN ('pending', 'deferred') AND next_attempt_at <= statement_timestamp()
        ORDER BY next_attempt_at, id
        LIMIT %(size)s
        FOR UPDATE SKIP LOCKED
    ) AS letter
    LIMIT %(size)s
),
claimed AS (
    UPDATE mail_delivery AS delivery
    SET state = 'claimed', token = %(token)s, changed = statement_timestamp(),
        lease_until = statement_timestamp() + %(lease)s
    FROM due WHERE delivery.id = due.id
    RETURNING delivery.*
)
SELECT claimed.* FROM claimed JOIN due USING (id) ORDER BY due.position
"""


def claim(size: int) -> list[Delivery]:
    """Take up to `size` due deliveries for this worker alone, most urgent first.

    Addresses that were suppressed since the letter was queued are left out, and get none.
    """
    while taken := _claim(size):
        stopped = _begin_messages({delivery.message_id for delivery in taken})
        suppressed = _suppress(taken)
        _cancel([each for each in taken if each.withdrawn])
        release([each for each in taken if each.message_id in stopped], wait=False)
        wanted = [
            each
            for each in taken
            if not (each.withdrawn or each.normalised in suppressed or each.message_id in stopped)
        ]
        if wanted:
            return wanted
    return []


@patiently
def still_ours(deliveries: Collection[Delivery]) -> set[int]:
    """The keys of those letters that have not been withdrawn since they were claimed."""
    return set(_ours(deliveries).values_list("pk", flat=True))


@patiently
def release(
    deliveries: Collection[Delivery],
    reply: str = "",
    *,
    wait: bool = True,
    behind_others: bool = False,
) -> int:
    """Give back letters that nothing has happened to; return how many were still ours.

    With `wait`, the server is away, and each release doubles the time until the next try;
    `behind_others` doubles it once more.
    """
    if not deliveries:
        return 0
    check_move([State.CLAIMED], State.PENDING)
    changes: dict[str, Any] = {}
    if wait:
        # It is one server for all of them: those that have waited longest go with the newest.
        doublings = min(min(each.releases for each in deliveries) + behind_others, 10)
        changes = {
            "releases": F("releases") + 1,
            "next_attempt_at": Now() + min(FIRST_RELEASE_WAIT * 2**doublings, LONGEST_RELEASE_WAIT),
            "server_reply": reply,
        }
    return _ours(deliveries).update(
        state=State.PENDING, token=None, lease_until=None, reason="", changed=Now(), **changes
    )


@patiently
def postpone(deliveries: Collection[Delivery], seconds: float) -> int:
    """Give back letters whose turn a limit of our own puts off; return how many were ours."""
    check_move([State.CLAIMED], State.PENDING)
    return _ours(deliveries).update(
        state=State.PENDING,
        token=None,
        lease_until=None,
        next_attempt_at=Now() + timedelta(seconds=seconds),
        changed=Now(),
    )


@patiently
@transaction.atomic
def expire_leases() -> None:
    """Take letters back from workers that have died: unsent ones go again, others need a person."""
    expired = Delivery.objects.expired()
    check_move([State.CLAIMED], State.PENDING)
    expired.filter(state=State.CLAIMED).update(
        state=State.PENDING, token=None, lease_until=None, changed=Now()
    )
    check_move([State.SENDING], State.UNCERTAIN)
    uncertain = expired.filter(state=State.SENDING).update(
        state=State.UNCERTAIN,
        lease_until=None,
        reason=_("The worker stopped while it was sending: the letter may have arrived."),
        changed=Now(),
    )
    if uncertain:
        logger.error("%d letters may or may not have been sent: a worker stopped", uncertain)


# Each of these is a transaction of its own: together they would hold rows of letters while waiting
# for a message that somebody is pausing, who waits for these letters.


@patiently
def _claim(size: int) -> list[Delivery]:
    check_move(WAITING, State.CLAIMED)
    values = {
        "size": size,
        "token": uuid.uuid4(),
        "lease": LEASE,
        "missed_after": timedelta(hours=settings.MAIL_MISSED_AFTER_HOURS),
    }
    return list(Delivery.objects.raw(CLAIM, values))


@patiently
@transaction.atomic
def _begin_messages(keys: set[int]) -> set[int]:
    """Note that messages have begun; return the keys of those that somebody has just stopped.

    Whoever pauses or cancels a message holds its row: either they see the letters that were claimed
    from it, or this sees what they have done.
    """
    messages = Message.objects.filter(pk__in=keys)
    rows = messages.order_by("pk").select_for_update(no_key=True)
    stopped = {each.pk for each in rows.only("paused_at", "cancelled_at") if each.is_stopped}
    messages.filter(started_at=None).exclude(pk__in=stopped).update(started_at=Now())
    return stopped


@patiently
def _suppress(claimed: Sequence[Delivery]) -> set[str]:
    """Of letters that were claimed just now, stop those to suppressed addresses; return these."""
    check_move([State.CLAIMED], State.SUPPRESSED)
    addresses = {delivery.normalised for delivery in claimed}
    suppressions = Suppression.objects.filter(normalised__in=addresses)
    for suppression in suppressions:
        theirs = [each for each in claimed if each.normalised == suppression.normalised]
        _ours(theirs).update(
            state=State.SUPPRESSED,
            lease_until=None,
            reason=suppression.get_reason_display(),
            changed=Now(),
        )
    return {suppression.normalised for suppression in suppressions}


@patiently
def _cancel(withdrawn: Sequence[Delivery]) -> None:
    """Stop letters that were refused for now after their recipients had left the list."""
    check_move([State.CLAIMED], State.CANCELLED)
    if withdrawn:
        _ours(withdrawn).update(
            state=State.CANCELLED,
            lease_until=None,
            reason=_("The recipient has unsubscribed."),
            changed=Now(),
        )


def _ours(deliveries: Collection[Delivery]) -> DeliveryQuerySet:
    """Those of one claim's letters that are still this worker's, and of which nothing has left."""
    return Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries],
        token__in={delivery.token for delivery in deliveries},
        state=State.CLAIMED,
    )
