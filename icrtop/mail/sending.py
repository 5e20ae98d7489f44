"""Sending what is due: a batch per connection, and a verdict on every letter where it fell."""

import logging
from time import monotonic

from icrtop.mail import claims, nudging, smtp
from icrtop.mail.addresses import deliverable
from icrtop.mail.composing import compose, envelope_sender
from icrtop.mail.models import Delivery

logger = logging.getLogger(__name__)

# A worker is killed at CELERY_TASK_TIME_LIMIT, and a letter can take 100 seconds with every step at
# its timeout: stop beginning letters well before, and ask for another run.
RUN_SECONDS = 150.0

GO_AHEAD = 354  # The server's answer to DATA.


def send_due(seconds: float = RUN_SECONDS) -> None:
    """Send until nothing is due, the mail server is away, or `seconds` have passed.

    Any number of workers may do so at once. Letters that workers died over are taken back first.
    """
    claims.expire_leases()
    stop = monotonic() + seconds
    while batch := claims.claim():
        if not _send_batch(batch, stop):
            return
        if monotonic() >= stop:
            nudging.nudge()
            return


def _send_batch(batch: list[Delivery], stop: float) -> bool:
    """Send a batch over one connection. False: the server is away, stop trying for now."""
    remaining = list(batch)
    try:
        connection = smtp.Connection()
    except smtp.ServerUnavailable as error:
        logger.warning("The mail server is away, %d letters wait: %s", len(remaining), error)
        claims.release(remaining, str(error))
        return False
    try:
        with connection:
            while remaining and monotonic() < stop:
                _send_one(connection, remaining[0])
                del remaining[0]
    except smtp.ServerUnavailable as error:
        logger.warning("The mail server hung up, %d letters wait: %s", len(remaining), error)
        # If it was this letter that it hung up over, the others must not meet it again.
        claims.release(remaining[:1], str(error), behind_others=True)
        claims.release(remaining[1:], str(error))
        return False
    except smtp.OutcomeUnknown as error:
        logger.error("No answer after letter %d had left: %s", remaining[0].pk, error)
        claims.record_uncertain(remaining[0], str(error))
        del remaining[0]
    claims.release(remaining, wait=False)
    return True


def _send_one(connection: smtp.Connection, delivery: Delivery) -> None:
    """Take one letter through MAIL, RCPT and DATA, and record what became of it.

    Raises ServerUnavailable and OutcomeUnknown, after which the connection is of no use.
    """
    try:
        letter = compose(delivery)
        sender = envelope_sender(delivery.message)
        address = deliverable(delivery.address)
    except Exception as error:
        # One letter that cannot be built must not keep the others back.
        logger.exception("Letter %d cannot be composed", delivery.pk)
        claims.record_failed(delivery, "", f"The letter cannot be composed: {error}")
        return

    reply = connection.mail(sender)
    if not reply.accepted:
        # A refused sender says nothing about the recipient: try again, and blame nobody.
        claims.release([delivery], str(reply))
        connection.reset()
        return
    reply = connection.recipient(address)
    if not reply.accepted:
        _refused(delivery, reply)
        connection.reset()
        return
    if not claims.begin_sending(delivery):
        logger.warning("Letter %d is no longer this worker's, it is left alone", delivery.pk)
        connection.reset()
        return
    reply = connection.data()
    if reply.code != GO_AHEAD:
        _refused(delivery, reply)
        connection.reset()
        return
    try:
        reply = connection.send(letter)
    except smtp.LetterCutShort as error:
        # Perhaps it is the letter that the server cannot stomach, so this counts as a refusal.
        claims.record_deferred(delivery, str(error))
        raise
    if not reply.accepted:
        _refused(delivery, reply)
    elif not claims.record_sent(delivery, str(reply)):
        logger.error("Letter %d was sent, but is no longer this worker's to record", delivery.pk)


def _refused(delivery: Delivery, reply: smtp.Reply) -> None:
    if reply.temporary:
        claims.record_deferred(delivery, str(reply))
    else:
        claims.record_failed(delivery, str(reply), "")
