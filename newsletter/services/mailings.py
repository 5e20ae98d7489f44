"""Sending bulletins: what staff confirm is frozen, and goes into the outbox when its time comes.

The way there is short on purpose: staff's click writes a row, a task finds the recipients. So a
click is answered at once however many they are, and PostgreSQL knows what is to be done if the task
is lost.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from icrtop.accounts.models import User
from icrtop.mail.audiences import NOBODY
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.models import Message
from icrtop.mail.nudging import nudge
from newsletter.bulletin_checks import problems
from newsletter.bulletin_letters import render_bulletin, render_web
from newsletter.list_letters import queue_for_list, withdraw_leavers
from newsletter.models.bulletins import BulletinPage
from newsletter.models.lists import MailingList
from newsletter.models.mailings import ListMailing, Mailing
from newsletter.segments import Segment, recipients
from newsletter.services.archiving import went_out

logger = logging.getLogger(__name__)

PURPOSE = "newsletter.bulletin"
TASK = "newsletter.tasks.queue_mailings"


class CannotSend(Exception):
    """The bulletin cannot be sent as it is; the message says why, and what to do."""


@transaction.atomic
def confirm_mailing(
    bulletin: BulletinPage,
    lists: Sequence[MailingList],
    segment: Segment,
    *,
    revision: int,
    by: User,
    send_at: datetime | None = None,
    expected: int = 0,
) -> Mailing:
    """Freeze the published version of a bulletin, to be sent to lists now or at `send_at`.

    `revision` is the key of the version that staff have seen, `expected` the number of recipients
    that they were told. Raises CannotSend if another version is published by now, if something in
    it must be mended, or if the bulletin is just being sent.
    """
    # Whoever clicks at the same time waits here, and then finds it confirmed.
    bulletin = BulletinPage.objects.select_for_update(of=["self"]).get(pk=bulletin.pk)
    if not bulletin.live:
        raise CannotSend(_("The bulletin is not published any more."))
    if bulletin.live_revision_id != revision:
        raise CannotSend(_("Another version was published meanwhile. Look at it before you send."))
    if bulletin.mailings.waiting().exists():
        raise CannotSend(_("The bulletin is about to be sent already."))
    letters = [(each, render_bulletin(bulletin, each)) for each in lists]
    for problem in problems(bulletin, letters[0][1]):
        if problem.is_error:
            raise CannotSend(problem.text)
    mailing = Mailing.objects.create(
        bulletin=bulletin,
        revision_id=revision,
        subject=bulletin.subject,
        web=render_web(bulletin),
        languages=list(segment.languages),
        send_at=send_at or timezone.now(),
        expected=expected,
        by=by,
    )
    mailing.countries.add(*segment.countries)
    mailing.regions.add(*segment.regions)
    ListMailing.objects.bulk_create(
        ListMailing(mailing=mailing, mailing_list=each, html=letter.html, text=letter.text)
        for each, letter in letters
    )
    if send_at is None:
        transaction.on_commit(partial(nudge, TASK))
    return mailing


def queue_due_mailings() -> int:
    """Put the mailings whose time has come into the outbox; return how many they were."""
    queued = 0
    for key in list(Mailing.objects.due().order_by("send_at", "pk").values_list("pk", flat=True)):
        try:
            queued += queue_mailing(key)
        except Exception:
            # One that goes wrong keeps no other from being sent; the next sweep tries it again.
            logger.exception("Mailing %d was not put into the outbox", key)
    return queued


def queue_mailing(key: int) -> bool:
    """Put one mailing into the outbox. False if another process has done it, or it was called off.

    A mailing that cannot be sent is marked as failed, with the reason, and writes to nobody.
    """
    try:
        messages = _queue(key)
    except InvalidMessage as error:
        logger.error("Mailing %d cannot be sent: %s", key, error)
        Mailing.objects.waiting().filter(pk=key).update(failed_at=Now(), failure=str(error))
        return False
    for message, mailing_list in messages:
        withdraw_leavers(message, mailing_list)
    return bool(messages)


@transaction.atomic
def call_off(mailing: Mailing) -> bool:
    """Send nothing of a mailing that is not in the outbox yet. False if it is too late for that."""
    return bool(Mailing.objects.waiting().filter(pk=mailing.pk).update(cancelled_at=Now()))


@transaction.atomic
def _queue(key: int) -> list[tuple[Message, MailingList]]:
    # A second worker passes by: the first one is at it.
    rows = Mailing.objects.due().filter(pk=key).select_for_update(of=["self"], skip_locked=True)
    mailing = rows.select_related("bulletin", "by").first()
    if mailing is None:
        return []
    parts = list(mailing.parts.select_related("mailing_list"))
    segment = Segment(list(mailing.countries.all()), list(mailing.regions.all()), mailing.languages)
    lists = [part.mailing_list for part in parts]
    messages = []
    for part in parts:
        # Looked up anew for each list: who has a letter by the one before gets no second.
        everybody = recipients(mailing.bulletin, lists, segment)
        subscriptions = everybody.filter(mailing_list=part.mailing_list)
        if not subscriptions.exists():
            continue
        part.message = queue_for_list(
            part.mailing_list,
            subscriptions,
            subject=mailing.subject,
            html=part.html,
            text=part.text,
            purpose=PURPOSE,
            language=mailing.bulletin.language,
            key=f"mailing-{mailing.pk}-{part.mailing_list_id}",
            # If the system was down at that time, the outbox asks staff before it begins so late.
            send_at=mailing.send_at,
        )
        part.save(update_fields=["message"])
        messages.append((part.message, part.mailing_list))
    if not messages:
        raise InvalidMessage(NOBODY)
    Mailing.objects.filter(pk=mailing.pk).update(queued_at=Now())
    log(mailing.bulletin, "newsletter.send", user=mailing.by, data={"mailing": mailing.pk})
    went_out(mailing)
    return messages
