"""What was done with an application, and what staff noted about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from icrtop.mail.models import Message
from members.models.applications import Application
from members.states import MOVES, State

# What is noted besides the moves of the table.
ACTIONS: dict[str, Promise] = {
    "begin": _("Begun"),
    "invite": _("Somebody was invited to fill it in"),
    "join": _("Somebody joined in filling it in"),
    "remove_person": _("Somebody was taken off the application"),
    "assign": _("Assigned"),
    "write": _("Letter to the applicant"),
    "remind_applicant": _("The applicant was reminded"),
    "warn_draft": _("The applicant was told that the draft will be deleted"),
    "vote": _("Voted"),
    "change_vote": _("Changed the vote"),
    "remind_committee": _("The Steering Committee was reminded"),
    "export": _("The file was exported"),
    "anonymise": _("The file was anonymised"),
    # From before applications had drafts.
    "review": _("Begin the review"),
    "correct": _("Sent again; these answers were before"),
}


class ApplicationEvent(models.Model):
    """Something that was done with an application. Written once, and then only anonymised."""

    class Actor(models.TextChoices):
        APPLICANT = "applicant", _("Applicant")
        STAFF = "staff", _("Staff")
        COMMITTEE = "committee", _("Steering Committee")
        SYSTEM = "system", _("The site itself")

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="events", verbose_name=_("application")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    actor = models.CharField(_("as"), max_length=20, choices=Actor.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
    )
    # The name stays readable when the account is gone.
    by_name = models.CharField(_("name"), max_length=255, blank=True)
    action = models.CharField(_("what"), max_length=40)
    from_state = models.CharField(_("from"), max_length=20, choices=State.choices, blank=True)
    to_state = models.CharField(_("to"), max_length=20, choices=State.choices)
    note = models.TextField(_("note"), blank=True)
    messages = models.ManyToManyField(
        Message, blank=True, related_name="application_events", verbose_name=_("letters")
    )

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("entry in the trail")
        verbose_name_plural = _("trail")

    def __str__(self) -> str:
        return f"{self.application_id}: {self.action}"

    @property
    def label(self) -> str:
        """What was done, in the words of staff."""
        move = MOVES.get(self.action)
        return str(move.label if move else ACTIONS.get(self.action, self.action))

    @property
    def is_move(self) -> bool:
        """Whether the application went from one state to another."""
        return self.from_state != self.to_state


class InternalNote(models.Model):
    """What staff write about an application for one another; no applicant sees it."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="notes", verbose_name=_("application")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
    )
    by_name = models.CharField(_("name"), max_length=255, blank=True)
    text = models.TextField(_("note"), max_length=4000)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")

    def __str__(self) -> str:
        return self.text[:80]
