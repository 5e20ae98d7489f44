"""What came into the mailbox of bounces: a row for each mail, whether it meant anything or not."""

from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from icrtop.mail.addresses import MAX_LENGTH
from icrtop.mail.models import Delivery, Message


class BounceQuerySet(models.QuerySet["Bounce"]):
    def returned(self) -> Self:
        """Reports of letters that did not reach their recipient."""
        return self.filter(kind__in=RETURNED)


class Bounce(models.Model):
    """One mail that came back: a report, a complaint, a wish to leave, or none of these.

    Only what is needed to decide about an address is kept of it. Its words are kept where they were
    not understood, or are about no letter of ours, so that a person can read them.
    """

    class Kind(models.TextChoices):
        HARD = "hard", _("came back for good")
        SOFT = "soft", _("came back for now")
        BLOCKED = "blocked", _("refused because of us or of the letter")
        COMPLAINT = "complaint", _("reported as spam")
        UNSUBSCRIBE = "unsubscribe", _("asked to leave")
        AUTO_REPLY = "auto_reply", _("automatic reply")
        NOTICE = "notice", _("notice of a delay or of receipt")
        UNMATCHED = "unmatched", _("about no letter of ours")
        UNKNOWN = "unknown", _("not understood")

    kind = models.CharField(_("what it is"), max_length=12, choices=Kind.choices)
    delivery = models.ForeignKey(
        Delivery, models.SET_NULL, null=True, related_name="+", verbose_name=_("letter")
    )
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, related_name="+", verbose_name=_("message")
    )
    # Of the letter, not of the report. Compared byte by byte, as the addresses of letters are.
    normalised = models.CharField(
        _("address"), max_length=MAX_LENGTH, blank=True, db_collation="C", db_index=True
    )
    status = models.CharField(_("status code"), max_length=12, blank=True)
    detail = models.TextField(_("what the mail server said"), blank=True)
    excerpt = models.TextField(_("what it says"), blank=True)
    # Of the mail as it was read: whoever reads it a second time knows it.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    received_at = models.DateTimeField(_("read"), db_default=Now(), editable=False)

    objects = BounceQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = _("bounce")
        verbose_name_plural = _("bounces")
        indexes = [models.Index(fields=["kind", "-id"], name="newsletter_bounce_of_kind")]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_kind_display()})"

    @property
    def title(self) -> str:
        """The address, or who wrote if that is not known; a number if neither is."""
        first = self.excerpt.partition("\n")[0]
        writer = first.removeprefix("From: ") if first.startswith("From: ") else ""
        return self.normalised or writer or f"#{self.pk}"


RETURNED = (Bounce.Kind.HARD, Bounce.Kind.SOFT, Bounce.Kind.BLOCKED)
# Kept for a while, in case a person wants to know.
PASSING = (
    Bounce.Kind.AUTO_REPLY,
    Bounce.Kind.NOTICE,
    Bounce.Kind.UNMATCHED,
    Bounce.Kind.UNKNOWN,
)
