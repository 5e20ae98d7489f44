"""Pages that others can be told about when they are published."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel


class Announced(models.Model):
    """A page type whose editors choose, each time they publish, whether an alert is sent.

    The choice is part of a version, so that drafts, moderation and scheduled publishing carry it.
    Whoever sends alerts listens to the publishing of pages, and takes the choice back.
    """

    notify = models.BooleanField(
        _("send an alert"),
        default=False,
        help_text=_(
            "Those who follow this are told when it is published. Each development, publication "
            "and new assessment is told once. Leave it off for a correction."
        ),
    )

    # A copy is to become something else, and nobody has chosen yet whether that is told.
    exclude_fields_in_copy = ["notify"]
    alert_panels = [
        MultiFieldPanel(
            [FieldPanel("notify"), HelpPanel(template="pages/admin/alerts.html")],
            heading=_("Alert"),
            icon="mail",
        )
    ]

    class Meta:
        abstract = True
