"""Sending alerts: at once, each morning and each Monday, all by one rule.

Whoever follows an alert, was subscribed before it and has no letter with it, gets it with the next
run for the frequency that they have chosen by then. What was queued is the only memory of who had
what, so a run that is cut off is repeated, and whoever changes the frequency misses nothing and
gets nothing twice.
"""

import hashlib
import logging
import time
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.audiences import NOBODY
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.models import Message, Priority
from icrtop.mail.nudging import nudge
from newsletter.alerts import letters
from newsletter.alerts.changes import Change, changes_of
from newsletter.alerts.matching import Combination, combinations, planned, subscriptions_of
from newsletter.alerts.noticing import TASK, list_of_alerts, notice_missed
from newsletter.list_letters import queue_for_list, withdraw_leavers
from newsletter.models import Alert, DigestRun, Frequency, MailingList
from newsletter.models.alerts import LOOK_BACK
from newsletter.templatetags.letters import sender_settings
from pages.models import SiteSettings

logger = logging.getLogger(__name__)

PURPOSE = "newsletter.alert"
# When digests are written, in the site's time zone; the weekly ones on Mondays.
DIGEST_HOUR = 7
# A morning on which nearly every reader gets a digest of their own takes long: after this time
# another task goes on, so that what is to be told at once is told between the two.
STRETCH_SECONDS = 30.0

# Whoever gets alerts at once gets those with a daily digest that were told before they chose so.
DIGESTS = {
    Frequency.DAILY: (Frequency.DAILY, Frequency.AT_ONCE),
    Frequency.WEEKLY: (Frequency.WEEKLY,),
}

# Names of advisory locks: one letter after the other is queued, and one process writes digests.
QUEUEING, WRITING = "newsletter:alerts", "newsletter:digests"


def send_alerts(now: datetime | None = None) -> None:
    """Queue what is to be told at once, and the digests that are due at `now`."""
    notice_missed()
    send_at_once()
    send_digests(now or timezone.now())


def send_at_once() -> None:
    """Tell each new alert to those who want it at once, in a letter of its own."""
    alerts = list(Alert.objects.to_be_told_at_once())
    if not alerts:
        return
    mailing_list = list_of_alerts()
    changes = changes_of(alerts)
    for alert in alerts:
        if mailing_list is None:
            logger.warning("Alert %d is not sent: no open list sends alerts", alert.pk)
        elif alert.pk not in changes:
            logger.info("Alert %d is not sent: there is nothing to read about it now", alert.pk)
        elif not _send(
            mailing_list, {alert.pk: changes[alert.pk]}, [Frequency.AT_ONCE], Frequency.AT_ONCE
        ):
            continue  # The next sweep goes on with it.
        Alert.objects.filter(pk=alert.pk).update(told_at=Now())


def send_digests(now: datetime) -> None:
    """Write the digests that are due, each once; after a time without workers the latest alone."""
    for frequency in DIGESTS:
        day = due_day(frequency, now)
        run, _created = DigestRun.objects.get_or_create(frequency=frequency, day=day)
        if run.finished_at is None:
            _write_digests(run)


@transaction.atomic
def call_off(alert: Alert, by: User) -> bool:
    """Leave an alert out of every letter still to come. False if that was done before."""
    _one_after_the_other()
    standing = Alert.objects.standing().filter(pk=alert.pk)
    return bool(standing.update(called_off_at=Now(), called_off_by=by))


def due_day(frequency: Frequency, now: datetime) -> date:
    """The last day on which digests were due by `now`, in the site's time zone."""
    local = timezone.localtime(now, timezone.get_default_timezone())
    day = local.date() if local.hour >= DIGEST_HOUR else local.date() - timedelta(days=1)
    return day - timedelta(days=day.weekday()) if frequency == Frequency.WEEKLY else day


def moment_of(day: date) -> datetime:
    """When the digests of a day were due."""
    zone = timezone.get_default_timezone()
    return datetime(day.year, day.month, day.day, DIGEST_HOUR, tzinfo=zone)


def _write_digests(run: DigestRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [WRITING])
        if not cursor.fetchone()[0]:
            return  # Another process is at it.
    try:
        if _digests_are_written(run):
            DigestRun.objects.filter(pk=run.pk).update(finished_at=Now())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [WRITING])


def _digests_are_written(run: DigestRun) -> bool:
    """Write the digests of a run; False if some are still to be written."""
    earlier = DigestRun.objects.filter(frequency=run.frequency, day__lt=run.day)
    before = earlier.exclude(finished_at=None).order_by("-day").first()
    alerts = Alert.objects.standing().filter(
        created__gt=moment_of(before.day if before else run.day) - LOOK_BACK,
        created__lte=moment_of(run.day),
    )
    changes = changes_of(alerts)
    if not changes:
        return True
    mailing_list = list_of_alerts()
    if mailing_list is None:
        logger.warning("No digests are sent (%s): no open list sends alerts", run)
        return True
    frequency = Frequency(run.frequency)
    return _send(mailing_list, changes, DIGESTS[frequency], f"{frequency}-{run.day}")


def _send(
    mailing_list: MailingList,
    changes: Mapping[int, Change],
    frequencies: Collection[Frequency],
    run: str,
) -> bool:
    """Queue a letter for each combination of changes that somebody lacks, in a run of that name.

    False if some are left to the next task: time was up, or a letter could not be written.
    """
    stop = time.monotonic() + STRETCH_SECONDS
    sender = sender_settings()
    all_written = True
    with planned(mailing_list, changes, frequencies):
        for combination in combinations():
            if time.monotonic() > stop:
                nudge(TASK)
                return False
            try:
                if message := _queue(mailing_list, changes, combination, run, sender):
                    withdraw_leavers(message, mailing_list)
            except (OperationalError, InterfaceError):
                raise  # With the connection, the plan is lost: the next task makes a new one.
            except Exception as error:
                # Nobody is left where all have just left the list. Whatever else is wrong with one
                # letter keeps no other from being sent.
                if not isinstance(error, InvalidMessage) or str(error) != NOBODY:
                    logger.exception("No letter of the alerts %s", combination.alerts)
                    all_written = False
    return all_written


@transaction.atomic
def _queue(
    mailing_list: MailingList,
    changes: Mapping[int, Change],
    combination: Combination,
    run: str,
    sender: SiteSettings | None,
) -> Message | None:
    _one_after_the_other()
    standing = Alert.objects.standing().filter(pk__in=combination.alerts)
    keys = set(standing.values_list("pk", flat=True))
    told = [change for key, change in changes.items() if key in keys]
    if not told:
        return None
    subject, letter = letters.write(mailing_list, told, combination.language, sender)
    message = queue_for_list(
        mailing_list,
        subscriptions_of(mailing_list, combination),
        subject=subject,
        html=letter.html,
        text=letter.text,
        purpose=PURPOSE,
        language=combination.language,
        priority=Priority.ALERT,
        key=_key(combination, run),
    )
    message.alerts.add(*keys)
    return message


def _one_after_the_other() -> None:
    """Wait for whoever queues a letter, so that what it has queued is seen; until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [QUEUEING])


def _key(combination: Combination, run: str) -> str:
    """The same if a run is repeated; another one for others who get the same later on."""
    alerts = hashlib.sha256(repr(combination.alerts).encode()).hexdigest()
    return f"alerts-{run}-{alerts}-{combination.language}-{combination.first}"
