"""Who comes to an event."""

from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.models.events import EventPage
from icrtop.mail.addresses import MAX_LENGTH
from icrtop.mail.models import Message


class RegistrationState(models.TextChoices):
    PLACED = "placed", _("Has a place")
    WAITING = "waiting", _("Waits for a place")
    CANCELLED = "cancelled", _("Cancelled")


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def active(self) -> Self:
        """Those of people who have a place or wait for one."""
        return self.exclude(state=RegistrationState.CANCELLED)

    def placed(self) -> Self:
        return self.filter(state=RegistrationState.PLACED)

    def waiting(self) -> Self:
        """Those of people who wait for a place, whoever came first first."""
        return self.filter(state=RegistrationState.WAITING).order_by("pk")


class Registration(models.Model):
    """One person who wants to come to an event.

    `events.registrations` alone changes them. Some time after the event everything about the
    person is removed, and the state stays, so that numbers can still be told.
    """

    event = models.ForeignKey(
        EventPage, models.CASCADE, related_name="registrations", verbose_name=_("event")
    )
    # Names it in links, which are signed.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=RegistrationState.choices)
    name = models.CharField(_("name"), max_length=150, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=MAX_LENGTH, blank=True)
    normalised = models.CharField(
        max_length=MAX_LENGTH, blank=True, editable=False, db_collation="C"
    )
    needs = models.TextField(_("needs"), blank=True, max_length=1000)
    language = models.CharField(
        _("language of letters"), max_length=10, default=settings.LANGUAGE_CODE, editable=False
    )
    by_staff = models.BooleanField(_("entered by staff"), default=False, editable=False)
    created = models.DateTimeField(_("registered"), db_default=Now(), editable=False)
    changed = models.DateTimeField(_("last changed"), db_default=Now(), editable=False)
    # What the person was last told of the event, see `events.registrations.facts`.
    told = models.JSONField(default=dict, editable=False)
    reminded_at = models.DateTimeField(_("reminded"), null=True, editable=False)
    removed_at = models.DateTimeField(_("data removed"), null=True, editable=False)
    messages = models.ManyToManyField(
        Message, blank=True, related_name="event_registrations", verbose_name=_("letters")
    )

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "normalised"],
                condition=~models.Q(state="cancelled") & ~models.Q(normalised=""),
                name="one_registration_per_event_and_address",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=RegistrationState.values), name="registration_state"
            ),
        ]
        indexes = [models.Index(fields=["event", "state", "id"], name="registration_by_state")]

    def __str__(self) -> str:
        return self.name or str(_("Removed"))

    @property
    def is_active(self) -> bool:
        return self.state != RegistrationState.CANCELLED
