"""The documents that belong to an application."""

from __future__ import annotations

import uuid
from typing import Self

from django.core.files.storage import Storage, storages
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.applications import Application


def private_storage() -> Storage:
    """Where documents are kept: no web server gives anything out from there."""
    return storages["private"]


def private_name(document: ApplicationDocument, filename: str) -> str:
    """A name of our own; what the applicant called the file is kept in the row alone."""
    return f"applications/{document.application_id}/{document.key}"


class ApplicationDocumentQuerySet(models.QuerySet["ApplicationDocument"]):
    def current(self) -> Self:
        """Documents that the applicant has not taken away or replaced."""
        return self.filter(removed_at=None)


class ApplicationDocument(models.Model):
    """A file that the applicant sent, as it came; nothing of it is shown, only given out."""

    class Kind(models.TextChoices):
        REGISTRATION = "registration", _("Certificate of registration")
        STATUTES = "statutes", _("Statutes")
        ANNUAL_REPORT = "annual_report", _("Annual report")
        OTHER = "other", _("Another document")

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(
        Application, models.CASCADE, related_name="documents", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    file = models.FileField(_("file"), storage=private_storage, upload_to=private_name)
    name = models.CharField(_("name"), max_length=200, help_text=_("As the applicant called it."))
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField(_("added"), default=timezone.now)
    added_by = models.CharField(_("added by"), max_length=254, blank=True)
    # Kept while the application is: an earlier revision was sent in with it.
    removed_at = models.DateTimeField(_("taken away"), null=True, blank=True)

    objects = ApplicationDocumentQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["kind", "pk"]
        verbose_name = _("document of an application")
        verbose_name_plural = _("documents of applications")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where it is downloaded, by whoever may see it."""
        return reverse("apply:document", args=[self.application.reference, self.key])
