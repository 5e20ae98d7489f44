"""The outbox: what is sent, to whom, and what became of it."""

import uuid
from datetime import timedelta
from typing import Any, Self

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


# Every move there is. A move that is not here is a defect: see `icrtop.mail.claims`.
MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.CLAIMED, State.SUPPRESSED, State.CANCELLED}),
    State.DEFERRED: frozenset({State.CLAIMED, State.SUPPRESSED, State.CANCELLED}),
    # Nothing of the letter has left: it may go back, and any refusal is about the envelope.
    State.CLAIMED: frozenset({State.PENDING, State.SENDING, State.DEFERRED, State.FAILED}),
    # Back to pending only where the server has not seen the end of the letter.
    State.SENDING: frozenset(
        {State.PENDING, State.SENT, State.DEFERRED, State.FAILED, State.UNCERTAIN}
    ),
    # Only by the worker that was thought dead, and comes back knowing what the server said.
    State.UNCERTAIN: frozenset({State.PENDING, State.SENT, State.DEFERRED, State.FAILED}),
    State.SENT: frozenset(),
    State.FAILED: frozenset(),
    State.SUPPRESSED: frozenset(),
    State.CANCELLED: frozenset(),
}

WAITING = (State.PENDING, State.DEFERRED)
LEASED = (State.CLAIMED, State.SENDING)


class Message(models.Model):
    """A letter as it is sent, whoever it goes to. It is never changed once it is written."""

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
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, default=Priority.TRANSACTIONAL
    )
    created = models.DateTimeField(_("written"), db_default=Now(), editable=False)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return self.subject

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A message is frozen: what was sent cannot be changed afterwards.")
        super().save(*args, **kwargs)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> Self:
        """Deliveries that a worker may claim now, in the order in which they should go."""
        return self.filter(state__in=WAITING, next_attempt_at__lte=Now()).order_by(
            "priority", "next_attempt_at", "pk"
        )

    def waiting(self) -> Self:
        """Deliveries that will be sent without anybody doing anything."""
        return self.filter(state__in=(*WAITING, *LEASED))

    def overdue(self, by: timedelta) -> Self:
        """Deliveries due since `by` ago: no worker runs, or they cannot keep up."""
        return self.filter(state__in=WAITING, next_attempt_at__lt=Now() - by)

    def stuck(self) -> Self:
        """Deliveries that only a person can do something about: refused, or perhaps sent."""
        return self.filter(state__in=(State.FAILED, State.UNCERTAIN))

    def expired(self) -> Self:
        """Deliveries whose worker has let its lease run out: it died, or it hangs."""
        return self.filter(state__in=LEASED, lease_until__lt=Now())


class Delivery(models.Model):
    """One message to one address."""

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="deliveries", verbose_name=_("message")
    )
    address = models.CharField(_("address"), max_length=MAX_LENGTH)
    normalised = models.CharField(
        _("address for comparison"), max_length=MAX_LENGTH, editable=False
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    merge = models.JSONField(_("values of merge fields"), default=dict, blank=True)
    # A copy of the message's, so that one index finds what to send next.
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority)

    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.PENDING, editable=False
    )
    attempts = models.PositiveSmallIntegerField(_("answers of the mail server"), default=0)
    releases = models.PositiveSmallIntegerField(_("times the mail server was away"), default=0)
    next_attempt_at = models.DateTimeField(_("not before"), db_default=Now())
    # Who holds it. The token outlives the lease, so that a worker can still say what happened.
    token = models.UUIDField(_("worker's token"), null=True, editable=False)
    lease_until = models.DateTimeField(_("held until"), null=True, editable=False)
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
                fields=["message", "normalised"], name="mail_delivery_once_per_address"
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
            models.Index(fields=["normalised"], name="mail_delivery_address"),
            models.Index(
                fields=["priority", "next_attempt_at", "id"],
                condition=models.Q(state__in=WAITING),
                name="mail_delivery_due",
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state__in=LEASED),
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

    normalised = models.CharField(_("address"), max_length=MAX_LENGTH, unique=True)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    note = models.TextField(_("note"), blank=True)
    created = models.DateTimeField(_("since"), db_default=Now(), editable=False)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def __str__(self) -> str:
        return self.normalised
