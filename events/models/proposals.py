"""Events that visitors have proposed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.models.events import EventPage
from icrtop.mail.addresses import MAX_LENGTH
from icrtop.mail.models import Message


class EventProposal(models.Model):
    """Who proposed an event. The event itself is a draft that waits for staff's approval.

    A draft that is declined is deleted: who proposed it is kept for as long as the letter about it.
    """

    event = models.OneToOneField(
        EventPage,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposal",
        verbose_name=_("event"),
    )
    title = models.CharField(_("title"), max_length=255, help_text=_("As it was proposed."))
    name = models.CharField(_("name"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=MAX_LENGTH, blank=True)
    normalised = models.CharField(
        max_length=MAX_LENGTH, blank=True, editable=False, db_collation="C"
    )
    organiser = models.CharField(_("organiser"), max_length=255, blank=True)
    note = models.TextField(_("message to the secretariat"), blank=True, max_length=2000)
    language = models.CharField(
        _("language of letters"), max_length=10, default=settings.LANGUAGE_CODE, editable=False
    )
    created = models.DateTimeField(_("proposed"), db_default=Now(), editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    declined_at = models.DateTimeField(_("declined"), null=True, editable=False)
    removed_at = models.DateTimeField(_("data removed"), null=True, editable=False)
    messages = models.ManyToManyField(
        Message, blank=True, related_name="event_proposals", verbose_name=_("letters")
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("proposed event")
        verbose_name_plural = _("proposed events")

    def __str__(self) -> str:
        return self.title
