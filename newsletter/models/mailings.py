"""One sending of a bulletin: what goes out, to which lists, when, and the messages it became."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from wagtail.models import Revision

from icrtop.mail.models import Message
from icrtop.places.models import Country, Region
from newsletter.models.bulletins import BulletinPage, BulletinQuerySet
from newsletter.models.lists import MailingList
from pages.fields import ChoiceArrayField
from pages.models.publications import Language


def with_mailings(bulletins: BulletinQuerySet) -> BulletinQuerySet:
    """With `is_waiting` (is one about to be sent) and `message_keys` (of those that were)."""
    mailings = Mailing.objects.filter(bulletin=models.OuterRef("pk"))
    parts = ListMailing.objects.filter(mailing__bulletin=models.OuterRef("pk"))
    return bulletins.annotate(
        is_waiting=models.Exists(mailings.waiting()),
        message_keys=ArraySubquery(parts.exclude(message=None).values("message")),
    )


class MailingQuerySet(models.QuerySet["Mailing"]):
    def due(self) -> Self:
        """Mailings whose letters are now to be put into the outbox."""
        return self.filter(queued_at=None, cancelled_at=None, failed_at=None, send_at__lte=Now())

    def waiting(self) -> Self:
        """Mailings that can still be called off as a whole."""
        return self.filter(queued_at=None, cancelled_at=None, failed_at=None)

    def sent(self) -> Self:
        """Mailings whose letters are in the outbox, or have left it."""
        return self.exclude(queued_at=None)


class Mailing(models.Model):
    """One sending of a bulletin, frozen when staff confirm it.

    The letters are rendered then. Who gets them is decided when they go into the outbox, so that
    whoever leaves a list before a scheduled time gets none.
    """

    bulletin = models.ForeignKey(
        BulletinPage, models.PROTECT, related_name="mailings", verbose_name=_("bulletin")
    )
    revision = models.ForeignKey(
        Revision, models.SET_NULL, null=True, related_name="+", verbose_name=_("version")
    )
    subject = models.CharField(_("subject"), max_length=200)
    web = models.TextField(_("page as sent"))
    # Who of the lists gets it: everybody, where nothing is chosen.
    countries = models.ManyToManyField(
        Country, blank=True, related_name="+", verbose_name=_("who follow these countries")
    )
    regions = models.ManyToManyField(
        Region, blank=True, related_name="+", verbose_name=_("who follow these regions")
    )
    languages = ChoiceArrayField(
        models.CharField(max_length=2, choices=Language.choices),
        blank=True,
        default=list,
        verbose_name=_("who read these languages"),
    )
    send_at = models.DateTimeField(_("to be sent"), db_default=Now())
    expected = models.PositiveIntegerField(_("recipients when it was confirmed"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created = models.DateTimeField(_("confirmed"), db_default=Now(), editable=False)
    queued_at = models.DateTimeField(_("put into the outbox"), null=True, editable=False)
    cancelled_at = models.DateTimeField(_("called off"), null=True, editable=False)
    failed_at = models.DateTimeField(_("failed"), null=True, editable=False)
    failure = models.TextField(_("why it failed"), blank=True, editable=False)

    objects = MailingQuerySet.as_manager()

    class Meta:
        default_permissions = ("view", "send")
        ordering = ["-pk"]
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")

    def __str__(self) -> str:
        return self.subject

    @property
    def is_waiting(self) -> bool:
        """Whether it can still be called off as a whole."""
        return not (self.queued_at or self.cancelled_at or self.failed_at)


class ListMailing(models.Model):
    """The part of a mailing that goes to one list: a letter that names the list it comes from."""

    mailing = models.ForeignKey(
        Mailing, models.CASCADE, related_name="parts", verbose_name=_("mailing")
    )
    mailing_list = models.ForeignKey(
        MailingList, models.PROTECT, related_name="+", verbose_name=_("list")
    )
    html = models.TextField(_("letter as HTML"))
    text = models.TextField(_("letter as plain text"))
    # None while it is not in the outbox, and for a list that had nobody to write to.
    message = models.OneToOneField(
        Message, models.SET_NULL, null=True, related_name="+", verbose_name=_("message")
    )

    class Meta:
        default_permissions = ()
        ordering = ["mailing_list__position", "mailing_list__name"]
        verbose_name = _("mailing to a list")
        verbose_name_plural = _("mailings to lists")
        constraints = [
            models.UniqueConstraint(
                fields=["mailing", "mailing_list"], name="newsletter_mailing_once_per_list"
            )
        ]

    def __str__(self) -> str:
        return f"{self.mailing}, {self.mailing_list}"
