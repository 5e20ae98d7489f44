"""Taking imports on, step by step, whatever stops a worker in the middle of one.

PostgreSQL is the truth: a step is one transaction, which is done or is not, and the state says
which steps are. A lock that ends with the transaction, also by a worker's death, lets one import be
at work at a time. What a task was lost for, a sweep begins again.
"""

import logging
from datetime import timedelta
from functools import partial

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from icrtop.accounts.models import User
from icrtop.mail.nudging import nudge
from newsletter.imports.checking import check
from newsletter.imports.reading import UnreadableFile
from newsletter.imports.storing import store
from newsletter.models.imports import ImportFile, SubscriberImport
from newsletter.models.lists import MailingList

logger = logging.getLogger(__name__)

TASK = "newsletter.tasks.run_imports"
# Personal data is not left lying: a file that nobody has decided about goes.
KEPT = timedelta(days=7)
# What fails so often fails always.
MOST_TRIES = 5
# Waiting for somebody's click might be a deadlock: then it is us who begin again.
LOCK_TIMEOUT = "800ms"
PROGRESS_SECONDS = 600

State = SubscriberImport.State


@transaction.atomic
def upload(batch: SubscriberImport, content: bytes, mailing_lists: list[MailingList]) -> None:
    """Keep a file that is to be checked, and have a worker do it."""
    batch.save()
    batch.mailing_lists.set(mailing_lists)
    ImportFile.objects.create(batch=batch, content=content)
    transaction.on_commit(partial(nudge, TASK))


@transaction.atomic
def confirm(batch: SubscriberImport, by: User) -> bool:
    """Have a checked file imported. False: it is, or it is not there to be imported any more."""
    confirmed = SubscriberImport.objects.filter(pk=batch.pk, state=State.CHECKED).update(
        state=State.CONFIRMED, confirmed_by=by, confirmed_at=Now(), tries=0
    )
    transaction.on_commit(partial(nudge, TASK))
    return bool(confirmed)


@transaction.atomic
def discard(batch: SubscriberImport) -> bool:
    """Forget a checked file, with its rows. False: it is being imported, or was."""
    discarded = SubscriberImport.objects.filter(pk=batch.pk, state=State.CHECKED).update(
        state=State.DISCARDED, ended_at=Now()
    )
    if discarded:
        _forget(batch)
    return bool(discarded)


def discard_old() -> int:
    """Forget files that nobody has decided about for a week; return how many they were."""
    old = SubscriberImport.objects.with_rows().filter(checked_at__lt=Now() - KEPT)
    return sum(discard(batch) for batch in old)


def run_due() -> None:
    """Check and import what is to be checked and imported, one after the other."""
    while (batch := _begin()) is not None:
        try:
            _take_on(batch)
        except Exception:
            # Whatever it was: nothing of the step is done, and it is tried again a few times.
            logger.exception("Import %d was stopped, and is begun again", batch.pk)


def progress(batch: SubscriberImport) -> int:
    """How much of the step at hand is done, in percent: a guess while Redis is away."""
    done, total = cache.get(_key(batch)) or (0, 1)
    return int(min(done * 100 // max(total, 1), 100))


@transaction.atomic
def _begin() -> SubscriberImport | None:
    """The next import to take on. None: there is none, or somebody is at work."""
    if not _alone():
        return None
    for batch in SubscriberImport.objects.due():
        if batch.tries < MOST_TRIES:
            batch.tries += 1
            batch.save(update_fields=["tries"])
            return batch
        failure = _("It was begun several times, and never came to an end. Nothing was imported.")
        _fail(batch, failure)
    return None


@transaction.atomic
def _take_on(batch: SubscriberImport) -> None:
    if not _alone():
        return
    batch.refresh_from_db()
    report = partial(_report, batch)
    report(0, 1)
    match batch.state:
        case State.UPLOADED:
            try:
                with transaction.atomic():
                    check(batch, bytes(batch.file.content), report)
            except UnreadableFile as error:
                _fail(batch, str(error))
                return
            ImportFile.objects.filter(batch=batch).delete()
            _end_step(batch, State.CHECKED, "counts", checked_at=Now())
        case State.CONFIRMED:
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            store(batch, report)
            _forget(batch)
            changes = ("changed", "created_subscribers", "created_subscriptions")
            _end_step(batch, State.DONE, *changes, ended_at=Now())


def _end_step(batch: SubscriberImport, state: State, *fields: str, **moment: Now) -> None:
    values = {name: getattr(batch, name) for name in fields}
    SubscriberImport.objects.filter(pk=batch.pk).update(state=state, tries=0, **values, **moment)


def _fail(batch: SubscriberImport, why: str) -> None:
    _forget(batch)
    batch.failure = why
    _end_step(batch, State.FAILED, "failure", ended_at=Now())


def _forget(batch: SubscriberImport) -> None:
    """Delete the addresses of a file."""
    ImportFile.objects.filter(batch=batch).delete()
    # Not by the ORM: it would load them all, as Wagtail listens to whatever is deleted.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM newsletter_importrow WHERE batch_id = %s", [batch.pk])


def _alone() -> bool:
    """Whether nobody else is at work on imports, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [TASK])
        return bool(cursor.fetchone()[0])


def _report(batch: SubscriberImport, done: int, total: int) -> None:
    cache.set(_key(batch), (done, total), PROGRESS_SECONDS)


def _key(batch: SubscriberImport) -> str:
    return f"newsletter-import:{batch.pk}:{batch.state}"
