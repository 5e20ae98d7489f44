"""Moving deliveries from one state to another: claims, leases, and what became of them.

A worker holds rows by a token and a lease, never by a transaction: none is open while anything
waits for the network. Every statement here names the state and the token that it expects, so that a
worker whose lease ran out changes nothing that is no longer its own.
"""

import logging
import uuid
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from icrtop.mail.models import MOVES, Delivery, State

logger = logging.getLogger(__name__)

BATCH_SIZE = 50
# Longer than a batch takes, unless every letter of it runs into every timeout; then the rest of it
# goes to another worker.
LEASE = timedelta(minutes=5)
# How long a letter waits after its first, second, … temporary refusal; later ones wait the longest.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240))
GIVE_UP_AFTER = timedelta(days=3)
# How long a batch waits for a server that is away: doubled each time, up to the longest.
FIRST_RELEASE_WAIT = timedelta(seconds=20)
LONGEST_RELEASE_WAIT = timedelta(minutes=10)


class IllegalMove(Exception):
    """A move that the table of states does not have."""


@transaction.atomic
def claim(size: int = BATCH_SIZE) -> list[Delivery]:
    """Take up to `size` due deliveries for this worker alone, most urgent first."""
    # Locked rows are another worker's: pass them by, so that nobody waits and nobody gets the same.
    due = Delivery.objects.due().select_for_update(skip_locked=True)[:size]
    taken = [delivery.pk for delivery in due.only("pk")]
    if not taken:
        return []
    token = uuid.uuid4()
    _check([State.PENDING, State.DEFERRED], State.CLAIMED)
    Delivery.objects.filter(pk__in=taken).update(
        state=State.CLAIMED, token=token, lease_until=Now() + LEASE, changed=Now()
    )
    held = Delivery.objects.filter(pk__in=taken).prefetch_related("message")
    return list(held.order_by("priority", "next_attempt_at", "pk"))


def begin_sending(delivery: Delivery) -> bool:
    """Note that the letter is about to leave. False: it is no longer ours, and must not be sent."""
    return _move(
        delivery, [State.CLAIMED], State.SENDING, still_held=True, lease_until=Now() + LEASE
    )


def record_sent(delivery: Delivery, reply: str) -> bool:
    """The server has accepted the letter."""
    return _judge(delivery, State.SENT, server_reply=reply, reason="")


def record_failed(delivery: Delivery, reply: str, reason: str) -> bool:
    """The letter is refused for good."""
    return _judge(delivery, State.FAILED, server_reply=reply, reason=reason)


def record_deferred(delivery: Delivery, reply: str) -> bool:
    """The letter is refused for now: try again later, and later, and in the end no more."""
    wait = WAITS[min(delivery.attempts, len(WAITS) - 1)]
    if timezone.now() + wait > delivery.created + GIVE_UP_AFTER:
        return record_failed(
            delivery,
            reply,
            _("The mail server has refused it for %(days)d days.") % {"days": GIVE_UP_AFTER.days},
        )
    return _judge(delivery, State.DEFERRED, server_reply=reply, next_attempt_at=Now() + wait)


def record_uncertain(delivery: Delivery, reply: str) -> bool:
    """The letter has left, and nobody knows whether the server has accepted it."""
    return _move(
        delivery,
        [State.SENDING],
        State.UNCERTAIN,
        lease_until=None,
        server_reply=reply,
        reason=_("The connection was lost after the letter had left: it may have arrived."),
    )


def release(
    deliveries: Iterable[Delivery],
    reply: str = "",
    *,
    wait: bool = True,
    behind_others: bool = False,
) -> int:
    """Give back letters that nothing has happened to; return how many were still ours.

    With `wait`, the server is away, and each release doubles the time until the next try;
    `behind_others` doubles it once more.
    """
    ours = list(deliveries)
    if not ours:
        return 0
    _check([State.CLAIMED, State.SENDING, State.UNCERTAIN], State.PENDING)
    changes: dict[str, Any] = {}
    if wait:
        # It is one server for all of them: those that have waited longest go with the newest.
        doublings = min(min(delivery.releases for delivery in ours) + behind_others, 10)
        changes = {
            "releases": F("releases") + 1,
            "next_attempt_at": Now() + min(FIRST_RELEASE_WAIT * 2**doublings, LONGEST_RELEASE_WAIT),
            "server_reply": reply,
        }
    held = Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in ours],
        token=ours[0].token,
        state__in=(State.CLAIMED, State.SENDING, State.UNCERTAIN),
    )
    return held.update(
        state=State.PENDING, token=None, lease_until=None, reason="", changed=Now(), **changes
    )


@transaction.atomic
def expire_leases() -> None:
    """Take letters back from workers that have died: unsent ones go again, others need a person."""
    expired = Delivery.objects.expired()
    _check([State.CLAIMED], State.PENDING)
    expired.filter(state=State.CLAIMED).update(
        state=State.PENDING, token=None, lease_until=None, changed=Now()
    )
    _check([State.SENDING], State.UNCERTAIN)
    uncertain = expired.filter(state=State.SENDING).update(
        state=State.UNCERTAIN,
        lease_until=None,
        reason=_("The worker stopped while it was sending: the letter may have arrived."),
        changed=Now(),
    )
    if uncertain:
        logger.error("%d letters may or may not have been sent: a worker stopped", uncertain)


def _judge(delivery: Delivery, to: State, **changes: Any) -> bool:
    """Record what the server said about this letter, even if the lease has run out meanwhile."""
    origins = [State.SENDING, State.UNCERTAIN]
    if to != State.SENT:
        origins.append(State.CLAIMED)
    return _move(
        delivery,
        origins,
        to,
        lease_until=None,
        attempts=F("attempts") + 1,
        **changes,
    )


def _move(
    delivery: Delivery,
    origins: Collection[State],
    to: State,
    *,
    still_held: bool = False,
    **changes: Any,
) -> bool:
    _check(origins, to)
    ours = Delivery.objects.filter(pk=delivery.pk, token=delivery.token, state__in=origins)
    if still_held:
        ours = ours.filter(lease_until__gt=Now())
    return bool(ours.update(state=to, changed=Now(), **changes))


def _check(origins: Collection[State], to: State) -> None:
    for origin in origins:
        if to not in MOVES[origin]:
            raise IllegalMove(f"{origin} → {to}")
