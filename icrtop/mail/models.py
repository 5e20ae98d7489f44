"""The outbox: what is sent, to whom, and what became of it."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from icrtop.mail.addresses import MAX_LENGTH


class Priority(models.IntegerChoices):
    """Who goes first: a letter that somebody is waiting for overtakes a bulletin."""

    TRANSACTIONAL = 10, _("somebody waits for it")
    ALERT = 50, _("alert")
    BULK = 90, _("bulk")


class State(models.TextChoices):
    """Where one letter to one address stands."""

    PENDING = "pending", _("to be sent")
    CLAIMED = "claimed", _("a worker holds it")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    DEFERRED = "deferred", _("refused for now, will be tried again")
    FAILED = "failed", _("refused")
    UNCERTAIN = "uncertain", _("perhaps sent")
    SUPPRESSED = "suppressed", _("not sent: the address must not be written to")
    CANCELLED = "cancelled", _("not sent: cancelled")


WAITING = (State.PENDING, State.DEFERRED)
LEASED = (State.CLAIMED, State.SENDING)
# Nothing of it has left, whoever holds it: it can still be taken back.
UNSENT = (*WAITING, State.CLAIMED)
# Something is still going to happen to it by itself.
OPEN = (*WAITING, *LEASED)


class MessageQuerySet(models.QuerySet["Message"]):
    def open(self) -> Self:
        """Messages with letters that are still to be sent, also if somebody has to agree first."""
        return self.filter(finished_at=None)

    def held(self) -> Self:
        """Messages that wait for a person: paused by one, or by a refusal, or missed their time."""
        return self.open().filter(cancelled_at=None).exclude(paused_at=None)

    def missed(self) -> Self:
        """Messages whose time went by while nothing was sent: too late to go unasked."""
        return self.open().filter(
            paused_at=None,
            cancelled_at=None,
            started_at=None,
            scheduled_for__lt=Now() - timedelta(hours=settings.MAIL_MISSED_AFTER_HOURS),
        )


class Message(models.Model):
    """A letter as it is sent, whoever it goes to.

    What is sent is never changed once it is written. How the sending stands is, by
    `icrtop.mail.claims` and `icrtop.mail.control` alone.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField(
        _("purpose"),
        max_length=50,
        help_text=_("What the letter is for, such as newsletter.confirm."),
    )
    sender = models.CharField(_("sender"), max_length=320)
    subject = models.CharField(_("subject"), max_length=255)
    html = models.TextField(_("letter as HTML"))
    text = models.TextField(_("letter as plain text"))
    headers = models.JSONField(_("further headers"), default=dict, blank=True)
    # Field → salt: in the letter stands a signature of the recipient's value, not the value.
    signed = models.JSONField(_("signed merge fields"), default=dict, blank=True)
    # Each as `icrtop.mail.attachments.Attachment` writes it.
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    list_id = models.CharField(_("mailing list"), max_length=100, blank=True)
    # Whoever queues the same thing twice, by a double click or a repeated task, gives it a key.
    key = models.CharField(  # noqa: DJ001 # Unique where there is one.
        max_length=200, unique=True, null=True, editable=False
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, default=Priority.TRANSACTIONAL
    )
    created = models.DateTimeField(_("written"), db_default=Now(), editable=False)
    scheduled_for = models.DateTimeField(_("not before"), null=True, editable=False)

    # Who was meant, and who of them gets no letter of their own: asserted when it is queued.
    candidates = models.PositiveIntegerField(_("recipients asked for"), default=0)
    duplicates = models.PositiveIntegerField(_("of them twice"), default=0)
    unusable = models.PositiveIntegerField(_("of them without a usable address"), default=0)

    started_at = models.DateTimeField(_("begun"), null=True, editable=False)
    paused_at = models.DateTimeField(_("paused"), null=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    reason = models.TextField(_("why it is paused or cancelled"), blank=True)
    # While this is empty, workers look for letters of this message.
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    # State → letters, kept when it is finished, so that lists need not count them again.
    tally = models.JSONField(_("letters by state"), default=dict, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        # "control" is to pause, resume and cancel, and to have letters sent again.
        default_permissions = ("view", "control")
        ordering = ["-pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(
                fields=["priority", "id"],
                condition=models.Q(finished_at=None),
                name="mail_message_open",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A message is frozen: what was sent cannot be changed afterwards.")
        super().save(*args, **kwargs)

    @property
    def is_stopped(self) -> bool:
        return bool(self.paused_at or self.cancelled_at)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def unsent(self) -> Self:
        """Deliveries of which nothing has left yet."""
        return self.filter(state__in=UNSENT)

    def repeatable(self) -> Self:
        """Deliveries that may have arrived, and whose recipients still want them."""
        return self.filter(state=State.UNCERTAIN, withdrawn=False)

    def uncertain(self) -> Self:
        """Deliveries that only a person can decide about: they may have arrived."""
        return self.filter(state=State.UNCERTAIN)

    def refused_since(self, moment: datetime) -> Self:
        return self.filter(state=State.FAILED, changed__gt=moment)

    def overdue(self, by: timedelta) -> Self:
        """Deliveries that could have gone `by` ago: no worker runs, or they cannot keep up.

        Of a long message that is being sent, the last letters are not late but last.
        """
        return (
            self.filter(
                state__in=WAITING,
                next_attempt_at__lt=Now() - by,
                message__finished_at=None,
                message__paused_at=None,
                message__cancelled_at=None,
            )
            .exclude(message__scheduled_for__gt=Now() - by)
            .exclude(message__priority=Priority.BULK, message__started_at__isnull=False)
        )

    def expired(self) -> Self:
        """Deliveries whose worker has let its lease run out: it died, or it hangs."""
        return self.filter(lease_until__lt=Now())


class Delivery(models.Model):
    """One message to one address."""

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="deliveries", verbose_name=_("message")
    )
    address = models.CharField(_("address"), max_length=MAX_LENGTH)
    # Compared byte by byte, so that the index also finds what an address begins with.
    normalised = models.CharField(
        _("address for comparison"), max_length=MAX_LENGTH, editable=False, db_collation="C"
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    merge = models.JSONField(_("values of merge fields"), default=dict, blank=True)

    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.PENDING, editable=False
    )
    attempts = models.PositiveSmallIntegerField(_("tries that were answered"), default=0)
    refusals = models.PositiveSmallIntegerField(
        _("tries that were refused for what the letter says"), db_default=0, editable=False
    )
    releases = models.PositiveSmallIntegerField(_("tries without a mail server"), default=0)
    next_attempt_at = models.DateTimeField(_("not before"), db_default=Now())
    # Who holds it. The token outlives the lease, so that a worker can still say what happened.
    token = models.UUIDField(_("worker's token"), null=True, editable=False)
    lease_until = models.DateTimeField(_("held until"), null=True, editable=False)
    # Its recipient left the list when it was too late to stop it: it is not tried again.
    withdrawn = models.BooleanField(_("withdrawn"), db_default=False, editable=False)
    server_reply = models.TextField(_("mail server's reply"), blank=True)
    reason = models.TextField(_("reason"), blank=True)
    created = models.DateTimeField(_("queued"), db_default=Now(), editable=False)
    changed = models.DateTimeField(_("last changed"), db_default=Now(), editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            models.UniqueConstraint(
                fields=["normalised", "message"], name="mail_delivery_once_per_address"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=State.values), name="mail_delivery_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=LEASED, lease_until__isnull=False, token__isnull=False)
                | (~models.Q(state__in=LEASED) & models.Q(lease_until__isnull=True)),
                name="mail_delivery_leased_only_while_held",
            ),
        ]
        indexes = [
            models.Index(
                fields=["message", "next_attempt_at", "id"],
                condition=models.Q(state__in=WAITING),
                name="mail_delivery_due",
            ),
            models.Index(
                # Not by state: recording what became of a letter must not search through these.
                fields=["message", "lease_until"],
                condition=models.Q(lease_until__isnull=False),
                name="mail_delivery_leased",
            ),
            models.Index(
                fields=["state"],
                condition=models.Q(state__in=(State.FAILED, State.UNCERTAIN)),
                name="mail_delivery_stuck",
            ),
        ]

    def __str__(self) -> str:
        return self.address


class Suppression(models.Model):
    """An address that must not be written to, whatever the letter."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("letters to it come back")
        COMPLAINED = "complained", _("its owner reported a letter as spam")
        STAFF = "staff", _("entered by staff")

    normalised = models.CharField(
        _("address"), max_length=MAX_LENGTH, unique=True, db_collation="C"
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    note = models.TextField(_("note"), blank=True)
    created = models.DateTimeField(_("since"), db_default=Now(), editable=False)

    class Meta:
        # "manage" is to enter an address, and to lift what keeps us from writing to one.
        default_permissions = ("view", "manage")
        ordering = ["-pk"]
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def __str__(self) -> str:
        return self.normalised
