"""What people do with messages on their way: pause, resume, cancel, try again, send again.

Each of these takes effect within a batch, about two seconds of sending, also while workers send.
"""

from django.db import transaction
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from icrtop.mail import nudging
from icrtop.mail.addresses import normalise
from icrtop.mail.finishing import cancel_some
from icrtop.mail.models import OPEN, UNSENT, Delivery, Message, State, Suppression
from icrtop.mail.moves import check_move
from icrtop.mail.patience import patiently


@transaction.atomic
def pause(message: Message, reason: str) -> bool:
    """Send no more of a message until somebody resumes it. False: nothing of it is left to send.

    A message that is paused already keeps its first reason.
    """
    if not _lock(message).filter(finished_at=None, cancelled_at=None).exists():
        return False
    reason = reason or _("Paused by staff.")
    _lock(message).filter(paused_at=None).update(paused_at=Now(), reason=reason)
    check_move([State.CLAIMED], State.PENDING)
    # Those that a worker is about to send are locked, and are passed by.
    claimed = message.deliveries.filter(state=State.CLAIMED).select_for_update(skip_locked=True)
    Delivery.objects.filter(pk__in=list(claimed.values_list("pk", flat=True))).update(
        state=State.PENDING, token=None, lease_until=None, changed=Now()
    )
    return True


@transaction.atomic
def resume(message: Message) -> int:
    """Go on with a paused message, and do not ask again whether it is late.

    Return how many letters are now to be sent.
    """
    resumed = _lock(message).filter(finished_at=None, cancelled_at=None).exclude(paused_at=None)
    # Begun, it goes however late it is: not if its time is still to come.
    begun = Case(
        When(scheduled_for__gt=Now(), then=F("started_at")),
        default=Coalesce("started_at", Now()),
    )
    if not resumed.update(paused_at=None, reason="", started_at=begun):
        return 0
    transaction.on_commit(nudging.nudge)
    return message.deliveries.unsent().count()


@transaction.atomic
def cancel(message: Message, reason: str) -> bool:
    """Send no more of a message, ever. False: nothing of it was left to send.

    What a worker is sending at this moment still leaves. Of a very long message the rest of the
    letters are marked by the workers.
    """
    if (
        not _lock(message)
        .filter(finished_at=None, cancelled_at=None)
        .update(cancelled_at=Now(), reason=reason or _("Cancelled by staff."))
    ):
        return False
    message.refresh_from_db(fields=["cancelled_at", "reason"])
    cancel_some(message)
    transaction.on_commit(nudging.nudge)
    return True


@transaction.atomic
def retry_deferred(message: Message) -> int:
    """Try letters that were refused for now at once; return how many they are."""
    _lock(message)
    deferred = message.deliveries.filter(state=State.DEFERRED).update(next_attempt_at=Now())
    transaction.on_commit(nudging.nudge)
    return deferred


@transaction.atomic
def send_again(message: Message) -> int:
    """Send those letters again that may have arrived already; return how many they are.

    Whoever calls this has told a person that recipients may get the letter twice.
    """
    check_move([State.UNCERTAIN], State.PENDING)
    if _lock(message).filter(finished_at=None).exclude(cancelled_at=None).exists():
        return 0  # It is still being cancelled.
    again = (
        message.deliveries.repeatable()
        # Not by the worker that was thought dead.
        .update(state=State.PENDING, token=None, next_attempt_at=Now(), reason="", changed=Now())
    )
    if again:
        # One that is open, and paused, stays so.
        _lock(message).exclude(finished_at=None).update(
            finished_at=None, cancelled_at=None, paused_at=None, reason=""
        )
        transaction.on_commit(nudging.nudge)
    return again


@transaction.atomic
def withdraw(address: str, list_id: str = "", reason: str = "") -> int:
    """Send an address nothing more of what waits for it from a mailing list, or from all of them.

    Return how many letters that were. What is leaving at this moment is not tried again. Letters
    that come from no list are sent. Raises InvalidAddress.
    """
    check_move(UNSENT, State.CANCELLED)
    messages = Message.objects.exclude(list_id="")
    if list_id:
        messages = messages.filter(list_id=list_id)
    # Not by a join: the state would be looked up in another row than the one that is changed, and
    # a letter that a worker begins to send at this moment would be taken for unsent.
    letters = Delivery.objects.filter(normalised=normalise(address), message__in=messages)
    # First of all, in whatever state: those that are on their way may come back.
    letters.filter(state__in=(*OPEN, State.UNCERTAIN)).update(withdrawn=True)
    return letters.unsent().update(
        state=State.CANCELLED,
        token=None,
        lease_until=None,
        reason=reason or _("The recipient has unsubscribed."),
        changed=Now(),
    )


@transaction.atomic
def suppress(address: str, reason: Suppression.Reason, note: str = "") -> Suppression:
    """Never write to an address again; what waits for it is not sent.

    An address that is suppressed already keeps its first reason. Raises InvalidAddress.
    """
    normalised = normalise(address)
    suppression, _created = Suppression.objects.get_or_create(
        normalised=normalised, defaults={"reason": reason, "note": note}
    )
    check_move(UNSENT, State.SUPPRESSED)
    Delivery.objects.unsent().filter(normalised=normalised).update(
        state=State.SUPPRESSED,
        token=None,
        lease_until=None,
        reason=suppression.get_reason_display(),
        changed=Now(),
    )
    return suppression


@patiently
@transaction.atomic
def hold_missed(only: Message | None = None) -> int:
    """Leave scheduled messages whose time went by while the system was down to a person.

    Return how many they are. What somebody is just doing something with is left for the next time.
    """
    missed = Message.objects.missed()
    if only:
        missed = missed.filter(pk=only.pk)
    keys = missed.select_for_update(skip_locked=True).values_list("pk", flat=True)
    return Message.objects.filter(pk__in=list(keys)).update(
        paused_at=Now(),
        reason=_("It was not sent at its time, because the system was down. Is it still right?"),
    )


def _lock(message: Message) -> QuerySet[Message]:
    """The row of a message, held until the transaction ends: see `finish_messages`."""
    row = Message.objects.filter(pk=message.pk)
    row.select_for_update().first()
    return row
