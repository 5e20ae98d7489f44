"""What was sent in with an application, and when; written once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.applications import Application
from members.statements import Statement, wording


class Revision(models.Model):
    """The answers as they were sent in, the first time or after more was asked for."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="revisions", verbose_name=_("application")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    answers = models.JSONField(_("answers"))
    # Which documents belonged to it: the keys of ApplicationDocument.
    documents = ArrayField(models.BigIntegerField(), default=list, blank=True)
    at = models.DateTimeField(_("sent"), default=timezone.now)
    by_email = models.CharField(_("sent by"), max_length=254, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="revision_number")
        ]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.number}"


class Endorsement(models.Model):
    """One statement that the applicant endorsed, by the version of its wording."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="endorsements", verbose_name=_("application")
    )
    statement = models.CharField(_("statement"), max_length=30, choices=Statement.choices)
    version = models.CharField(_("version of the wording"), max_length=10)
    at = models.DateTimeField(_("endorsed"), default=timezone.now)
    by_email = models.CharField(_("endorsed by"), max_length=254, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("endorsement")
        verbose_name_plural = _("endorsements")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "statement", "version"], name="endorsed_once"
            )
        ]

    def __str__(self) -> str:
        return self.get_statement_display()

    @property
    def wording(self) -> str:
        """The text that was endorsed."""
        return wording(self.statement, self.version)
