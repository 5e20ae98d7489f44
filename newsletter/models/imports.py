"""Files of subscribers that staff upload: what becomes of them, and their rows while it is open."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from icrtop.mail.addresses import MAX_LENGTH
from newsletter.models.lists import MailingList
from pages.models.publications import Language


class SubscriberImportQuerySet(models.QuerySet["SubscriberImport"]):
    def due(self) -> Self:
        """Imports that a worker has something to do for, the oldest first."""
        states = (SubscriberImport.State.UPLOADED, SubscriberImport.State.CONFIRMED)
        return self.filter(state__in=states).order_by("pk")

    def with_rows(self) -> Self:
        """Imports that wait for a person, and keep the addresses of the file until then."""
        return self.filter(state=SubscriberImport.State.CHECKED)


class SubscriberImport(models.Model):
    """One file of subscribers: uploaded, checked, and imported once somebody has seen what it does.

    The file and its rows are gone when it is done. What was counted, who did it and when, and where
    the consent comes from, are kept.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("being checked")
        CHECKED = "checked", _("waits for you")
        CONFIRMED = "confirmed", _("being imported")
        DONE = "done", _("imported")
        FAILED = "failed", _("failed")
        DISCARDED = "discarded", _("discarded")

    file_name = models.CharField(_("file"), max_length=200)
    # How the bytes were read: staff are asked to look at the names where it is not UTF-8.
    encoding = models.CharField(_("encoding"), max_length=20)
    ignored = ArrayField(models.TextField(), default=list, verbose_name=_("columns not read"))
    mailing_lists = models.ManyToManyField(
        MailingList, related_name="+", verbose_name=_("mailing lists")
    )
    language = models.CharField(_("language"), max_length=10, choices=Language.choices)
    source = models.TextField(_("where and when they agreed"), max_length=500)
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.UPLOADED, editable=False
    )
    # How often a worker has begun what is to be done now: see `newsletter.imports.running`.
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    failure = models.TextField(_("why it failed"), blank=True, editable=False)
    # Verdict → rows: as the check found them, and those that were in the way when it was imported.
    counts = models.JSONField(_("rows"), default=dict, editable=False)
    changed = models.JSONField(_("rows that changed meanwhile"), default=dict, editable=False)
    created_subscribers = models.PositiveIntegerField(_("new subscribers"), default=0)
    created_subscriptions = models.PositiveIntegerField(_("subscriptions"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("imported by"),
    )
    created = models.DateTimeField(_("uploaded"), db_default=Now(), editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)
    confirmed_at = models.DateTimeField(_("import asked for"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    objects = SubscriberImportQuerySet.as_manager()

    class Meta:
        # Who may manage subscribers may import them: see newsletter/wagtail_hooks.py.
        default_permissions = ()
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.file_name


class ImportFile(models.Model):
    """The bytes of a file that is not checked yet. In the database, as nobody may fetch them."""

    batch = models.OneToOneField(
        SubscriberImport, models.CASCADE, related_name="file", primary_key=True
    )
    content = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.batch_id)


class Verdict(models.TextChoices):
    """What becomes of a row, and of how many."""

    NEW = "new", _("new subscribers")
    ADDING = "adding", _("known, and to be put on a list")
    KNOWN = "known", _("on the lists already")
    LEFT = "left", _("left the lists: not put on them again")
    SUPPRESSED = "suppressed", _("suppressed addresses: never written to")
    ERASED = "erased", _("erased addresses: not taken in again")
    DUPLICATE = "duplicate", _("twice in the file")
    MALFORMED = "malformed", _("rows with mistakes")


# Rows that are imported, and those that are not: staff get the latter as a file.
ACCEPTED = (Verdict.NEW, Verdict.ADDING)
REJECTED = tuple(verdict for verdict in Verdict if verdict not in ACCEPTED)


class ImportRow(models.Model):
    """A row of a file that is checked and not yet imported."""

    batch = models.ForeignKey(SubscriberImport, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("line"))
    # Empty only inside the transaction that checks the file.
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    why = models.TextField(_("reason"), blank=True)
    # As it was typed, which need not be an address.
    email = models.TextField(_("e-mail address"), blank=True)
    normalised = models.CharField(max_length=MAX_LENGTH, blank=True, db_collation="C")
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    countries = ArrayField(models.CharField(max_length=2), default=list)
    # What the address would stand under in ErasedAddress.
    digests = ArrayField(models.CharField(max_length=64), default=list)

    class Meta:
        default_permissions = ()
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="newsletter_importrow_line")
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.email}"
