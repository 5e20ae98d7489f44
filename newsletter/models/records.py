"""What is kept as evidence: consents, what happened to subscriptions, and who is not to come back.

Rows here are added, never changed; the database refuses it.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from newsletter.models.lists import MailingList
from newsletter.models.subscribers import Subscriber


class Consent(models.Model):
    """What a subscriber agreed to, in the words that were shown. Never changed, only confirmed.

    It is the evidence that data protection law asks for (GDPR, article 7, 1), so nothing in it is
    looked up elsewhere. The client's network address is not kept: the confirmation, which only the
    mailbox's owner can give, proves more.
    """

    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="consents", verbose_name=_("subscriber")
    )
    mailing_lists = models.ManyToManyField(
        MailingList, related_name="consents", verbose_name=_("lists")
    )
    # What was chosen beside the lists, and is applied when it is confirmed: see `Choices`.
    choices = models.JSONField(_("choices"), default=dict, blank=True)
    wording = models.TextField(_("wording"))
    wording_version = models.CharField(_("version of the wording"), max_length=20)
    how = models.CharField(_("how"), max_length=200)
    given_at = models.DateTimeField(_("given"), db_default=Now(), editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, editable=False)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")

    def __str__(self) -> str:
        return self.wording

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A consent is a record: it is confirmed by `services.confirm` only.")
        super().save(*args, **kwargs)


class HistoryEntry(models.Model):
    """One thing that happened to a subscriber. It outlives them as a number without a name."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("asked to be on the list")
        JOINED = "joined", _("is on the list")
        LEFT = "left", _("left the list")
        WITHDREW = "withdrew", _("took back what was not confirmed yet")
        CHOSE = "chose", _("changed their choices")
        MOVED = "moved", _("changed their address")
        LINK = "link", _("was sent a link to their preferences")
        SUPPRESSED = "suppressed", _("is not written to any more")
        LIFTED = "lifted", _("may be written to again")

    subscriber = models.ForeignKey(
        Subscriber,
        models.SET_NULL,
        null=True,
        related_name="history",
        verbose_name=_("subscriber"),
    )
    mailing_list = models.ForeignKey(
        MailingList, models.PROTECT, null=True, related_name="+", verbose_name=_("list")
    )
    kind = models.CharField(_("what"), max_length=12, choices=Kind.choices)
    # Never with an address or a name in it: the row stays when its subscriber is erased.
    how = models.CharField(_("how"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("when"), db_default=Now())

    class Meta:
        default_permissions = ("view",)
        ordering = ["-at", "-pk"]
        verbose_name = _("entry of the history")
        verbose_name_plural = _("history")
        indexes = [
            models.Index(fields=["mailing_list", "kind", "at"], name="newsletter_history_of_list"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.how}"


class ErasedAddress(models.Model):
    """That an address was erased, as a keyed hash: enough to know it again, not to read it."""

    class Reason(models.TextChoices):
        ASKED = "asked", _("its owner had it erased")
        BOUNCED = "bounced", _("letters to it came back")
        COMPLAINED = "complained", _("its owner reported a letter as spam")
        MOVED = "moved", _("its owner has another address now")

    digest = models.CharField(_("keyed hash"), max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    at = models.DateTimeField(_("when"), db_default=Now())

    class Meta:
        default_permissions = ()
        verbose_name = _("erased address")
        verbose_name_plural = _("erased addresses")

    def __str__(self) -> str:
        return self.digest
