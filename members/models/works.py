"""What a member has done on RtoP, as pages of this site tell it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import PageChooserPanel
from wagtail.models import Page

from members.models.organisations import Organisation

# Labels of page types. A profile lists the first ones itself; events, another app's, come by a tag.
LISTED_PAGES = ["pages.PublicationPage", "pages.DevelopmentPage"]
WORK_PAGES = [*LISTED_PAGES, "events.EventPage"]


class OrganisationWork(models.Model):
    """A publication, development or event of this site that an organisation had a part in.

    Its profile links to those of them that visitors may read.
    """

    organisation = ParentalKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="works",
        verbose_name=_("organisation"),
    )
    page = models.ForeignKey(
        Page,
        models.CASCADE,
        related_name="organisation_works",
        verbose_name=_("page"),
        help_text=_("A publication, a development or an event."),
    )

    panels = [PageChooserPanel("page", page_type=WORK_PAGES)]

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("work on RtoP")
        verbose_name_plural = _("work on RtoP")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "page"],
                name="one_work_per_organisation_and_page",
                violation_error_message=_("This page is in the list already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.page_id}"

    def clean(self) -> None:
        """Refuse a page that is no work, whoever sent its number."""
        super().clean()
        model = self.page.specific_class if self.page_id else None
        if model and model._meta.label not in WORK_PAGES:
            raise ValidationError({"page": _("Choose a publication, a development or an event.")})
