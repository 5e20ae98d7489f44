"""What those who follow countries and topics are told, and the digests that tell it."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Revision

from icrtop.mail.models import Message
from newsletter.models.subscribers import Frequency, Topic
from pages.dates import display_partial_date

# How far a digest looks back beyond the one before it. An alert waits for a week at the longest,
# so this is what somebody may have missed who gets alerts more often since.
LOOK_BACK = timedelta(days=8)
# How long an alert may be in a digest still to come, unless workers were away.
CARRIED = LOOK_BACK + timedelta(days=7)


class AlertQuerySet(models.QuerySet["Alert"]):
    def standing(self) -> Self:
        """Alerts that nobody has called off."""
        return self.filter(called_off_at=None)

    def to_be_told_at_once(self) -> Self:
        """Alerts that those who want them at once were not told of yet, first one first."""
        recent = self.standing().filter(told_at=None, created__gt=Now() - CARRIED)
        return recent.order_by("pk")


class Alert(models.Model):
    """One change that is told once: a development, a publication, a situation's new assessment.

    What letters say of it is read from the page when they are written, so that a correction made
    before the weekly digest is in it.
    """

    # The change itself, whoever publishes it how often: two clicks at once are one alert.
    key = models.CharField(_("change"), max_length=60, unique=True)
    page = models.ForeignKey(
        Page, models.SET_NULL, null=True, related_name="+", verbose_name=_("page")
    )
    revision = models.ForeignKey(
        Revision, models.SET_NULL, null=True, related_name="+", verbose_name=_("version")
    )
    title = models.CharField(_("title"), max_length=255)
    date = models.CharField(_("date"), max_length=10)
    topic = models.CharField(_("topic"), max_length=20, choices=Topic.choices)
    countries = ArrayField(
        models.CharField(max_length=2), default=list, verbose_name=_("countries")
    )
    # The regions and sub-regions that the countries lie in.
    regions = ArrayField(models.CharField(max_length=3), default=list, verbose_name=_("regions"))
    messages = models.ManyToManyField(Message, related_name="alerts", verbose_name=_("messages"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created = models.DateTimeField(_("published"), db_default=Now(), editable=False)
    told_at = models.DateTimeField(_("told at once"), null=True, editable=False)
    called_off_at = models.DateTimeField(_("called off"), null=True, editable=False)
    called_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("called off by"),
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        default_permissions = ("view", "call_off")
        ordering = ["-pk"]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        indexes = [
            models.Index(fields=["created"], name="newsletter_alert_created"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def may_be_called_off(self) -> bool:
        """Whether a letter or a digest with it can still be to come."""
        return self.called_off_at is None and self.created > timezone.now() - CARRIED

    @property
    def date_display(self) -> str:
        return display_partial_date(self.date)


class DigestRun(models.Model):
    """That the digests of one day were written, or begun: each is written once."""

    frequency = models.CharField(_("how often"), max_length=10, choices=Frequency.choices)
    # The day on which it was due, in the site's time zone.
    day = models.DateField(_("day"))
    started_at = models.DateTimeField(_("begun"), db_default=Now(), editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        default_permissions = ()
        ordering = ["-day"]
        verbose_name = _("run of digests")
        verbose_name_plural = _("runs of digests")
        constraints = [
            models.UniqueConstraint(
                fields=["frequency", "day"], name="newsletter_digest_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_frequency_display()}: {self.day}"
