"""Reading the mailbox of bounces: each mail in a transaction of its own, and only then removed."""

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.db.models.functions import Now

from newsletter.bounces.applying import apply
from newsletter.bounces.mailboxes import MailboxAway, open_mailbox
from newsletter.bounces.parsing import clean
from newsletter.bounces.reports import Report, understand
from newsletter.models.bounces import PASSING, Bounce

logger = logging.getLogger(__name__)

# Below the time after which Celery kills a task; what is left is read the next time.
SECONDS = 120.0
KEPT_FOR = timedelta(days=90)
LOCK = "newsletter.bounces"
KNOWN, FAILED = "known", "failed"


def read_mailbox(seconds: float = SECONDS) -> Counter[str]:
    """Read what is in BOUNCE_MAILBOX for so many seconds; return how many mails were of which kind.

    Nothing is read where none is set, or while somebody else reads it. A mail that was read before,
    but not removed as its reader died over it, counts as "known". Raises what the database raises
    while it is away.
    """
    counts: Counter[str] = Counter()
    if not settings.BOUNCE_MAILBOX:
        return counts
    with _only_reader() as only:
        if not only:
            return counts
        stop = time.monotonic() + seconds
        try:
            with open_mailbox(settings.BOUNCE_MAILBOX) as mailbox:
                for key, content in mailbox.mails():
                    kind = _process_or_leave(content)
                    counts[kind] += 1
                    if kind != FAILED:
                        mailbox.remove(key)
                    if time.monotonic() > stop:
                        break
        except MailboxAway as error:
            logger.warning("The mailbox of bounces is away: %s", error)
        _forget_what_meant_nothing()
    if counts:
        logger.info("Read %d mails that came back: %s", counts.total(), dict(counts))
    return counts


def _process_or_leave(content: bytes) -> str:
    """Process a mail. One that our database refuses stays, and must not hold up the others."""
    try:
        return process(content)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("A mail in the mailbox of bounces cannot be kept; it stays there")
        return FAILED


def process(content: bytes) -> str:
    """Understand one mail, keep it and do what follows from it; return its kind.

    Raises what the database raises.
    """
    digest = hashlib.sha256(content).hexdigest()
    if Bounce.objects.filter(digest=digest).exists():
        return KNOWN
    try:
        report = understand(content)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("A mail in the mailbox of bounces cannot be understood")
        report = _not_understood(content)
    try:
        return str(apply(report, digest).kind)
    except IntegrityError:
        if not Bounce.objects.filter(digest=digest).exists():
            raise
        return KNOWN


def _not_understood(content: bytes) -> Report:
    return Report(Bounce.Kind.UNKNOWN, excerpt=clean(content.decode("utf-8", "replace")))


def _forget_what_meant_nothing() -> None:
    Bounce.objects.filter(kind__in=PASSING, received_at__lt=Now() - KEPT_FOR).delete()


@contextmanager
def _only_reader() -> Iterator[bool]:
    """Whether nobody else reads; nobody does until the block ends, or our session does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [LOCK])
