"""What became of a letter: recorded as soon as it is known, and before anything else happens."""

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from icrtop.mail.claims import LEASE
from icrtop.mail.models import Delivery, Message, State
from icrtop.mail.moves import check_move
from icrtop.mail.patience import patiently

logger = logging.getLogger(__name__)

# How long a letter waits after its first, second, … temporary refusal; later ones wait the longest.
# With as many tries as this, that makes three days.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240))
TRIES = 22
GIVE_UP_AFTER = timedelta(days=3)
# How often a letter that was refused for what it says, not for where it goes, is tried again after
# somebody has resumed its message.
REFUSALS_FOR_GOOD = 3

type Sent = tuple[Delivery, str]
"""A letter that the server has accepted, and what it replied."""

# One statement and one commit for what became of the letters before and for those that leave now:
# a crash between the two would leave both unknown. A letter that is already being sent under our
# token is one whose first commit we did not hear of. The lease is asked for in such a way that
# PostgreSQL finds the rows by their keys, and not by searching through all that are leased.
BEGIN = """
WITH accepted AS (
    UPDATE mail_delivery AS delivery
    SET state = 'sent', lease_until = NULL, attempts = attempts + 1, reason = '',
        server_reply = outcome.reply, changed = statement_timestamp()
    FROM unnest(%(sent)s::bigint[], %(sent_tokens)s::uuid[], %(replies)s::text[])
        AS outcome (id, token, reply)
    WHERE delivery.id = outcome.id AND delivery.token = outcome.token
        AND delivery.state = 'sending'
    RETURNING delivery.id
),
begun AS (
    UPDATE mail_delivery AS delivery
    SET state = 'sending', changed = statement_timestamp(),
        lease_until = statement_timestamp() + %(lease)s
    FROM unnest(%(begin)s::bigint[], %(begin_tokens)s::uuid[]) AS ready (id, token)
    WHERE delivery.id = ready.id AND delivery.token = ready.token
        AND delivery.state IN ('claimed', 'sending')
        AND coalesce(delivery.lease_until > statement_timestamp(), false)
    RETURNING delivery.id
)
SELECT id FROM accepted UNION ALL SELECT id FROM begun
"""


@patiently
def begin_sending(ready: Sequence[Delivery], sent: Sequence[Sent] = ()) -> set[int]:
    """Note that letters are about to leave, and which of those before have been accepted.

    Return the keys of those that may leave: any other is no longer ours, and must not be sent.
    """
    check_move([State.CLAIMED], State.SENDING)
    check_move([State.SENDING], State.SENT)
    values: dict[str, Any] = {
        "lease": LEASE,
        "begin": [delivery.pk for delivery in ready],
        "begin_tokens": [delivery.token for delivery in ready],
        "sent": [delivery.pk for delivery, _reply in sent],
        "sent_tokens": [delivery.token for delivery, _reply in sent],
        "replies": [reply for _delivery, reply in sent],
    }
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, values)
        changed = {key for (key,) in cursor.fetchall()}
    for delivery, reply in sent:
        if delivery.pk not in changed:
            _record_late(delivery, reply)
    return {delivery.pk for delivery in ready} & changed


def record_sent(sent: Sequence[Sent]) -> None:
    """The server has accepted these letters."""
    if sent:
        begin_sending([], sent)


@patiently
def record_failed(delivery: Delivery, reply: str, reason: str) -> bool:
    """The letter is refused for good."""
    return _judge(delivery, State.FAILED, server_reply=reply, reason=reason)


@patiently
def record_deferred(delivery: Delivery, reply: str) -> bool:
    """The letter is refused for now: try again later, and later, and in the end no more."""
    wait = _wait(delivery)
    # It may be old because it was scheduled, or its message was paused; and it may have been tried
    # often because somebody did not want to wait.
    if delivery.attempts + 1 >= TRIES and timezone.now() + wait > delivery.created + GIVE_UP_AFTER:
        return record_failed(
            delivery,
            reply,
            _("The mail server has refused it for %(days)d days.") % {"days": GIVE_UP_AFTER.days},
        )
    return _judge(delivery, State.DEFERRED, server_reply=reply, next_attempt_at=Now() + wait)


@patiently
def record_put_back(delivery: Delivery, reply: str) -> bool:
    """The letter is refused for what it says or who sends it: it waits, with its message.

    Once that is resumed, its other letters go first. Refused like this three times, it is given up.
    """
    if delivery.refusals + 1 >= REFUSALS_FOR_GOOD:
        return record_failed(delivery, reply, _("The mail server refuses what the letter says."))
    return _judge(
        delivery,
        State.PENDING,
        token=None,
        server_reply=reply,
        refusals=F("refusals") + 1,
        next_attempt_at=Now() + _wait(delivery),
    )


@patiently
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


def _record_late(delivery: Delivery, reply: str) -> None:
    """Record an accepted letter whose lease ran out: it was thought uncertain meanwhile."""
    if _judge(delivery, State.SENT, server_reply=reply, reason=""):
        return
    # If we have not heard of the commit, this is the second time.
    if not Delivery.objects.filter(pk=delivery.pk, token=delivery.token, state=State.SENT).exists():
        logger.error("Letter %d was sent, but is no longer this worker's to record", delivery.pk)


def _wait(delivery: Delivery) -> timedelta:
    return WAITS[min(delivery.attempts, len(WAITS) - 1)]


def _judge(delivery: Delivery, to: State, **changes: Any) -> bool:
    """Record what the server said about this letter, even if the lease has run out meanwhile."""
    origins = [State.SENDING] if to == State.SENT else [State.CLAIMED, State.SENDING]
    changes |= {"lease_until": None, "attempts": F("attempts") + 1}
    if _move(delivery, origins, to, **changes):
        return True
    with transaction.atomic():
        # While it was uncertain its message may have been finished, or is being finished right now:
        # then this waits until that is done, and undoes it.
        message = Message.objects.filter(pk=delivery.message_id)
        message.select_for_update().first()
        judged = _move(delivery, [State.UNCERTAIN], to, **changes)
        if judged:
            message.update(finished_at=None)
    return judged


def _move(delivery: Delivery, origins: Collection[State], to: State, **changes: Any) -> bool:
    check_move(origins, to)
    ours = Delivery.objects.filter(pk=delivery.pk, token=delivery.token, state__in=origins)
    return bool(ours.update(state=to, changed=Now(), **changes))
