"""Who holds an event."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import Orderable

from members.models import Organisation


class EventOrganiser(Orderable):
    """An organisation that the Coalition knows, or anybody else by name.

    Visitors see an organisation as `members.public` shows it, or not at all.
    """

    event = ParentalKey("events.EventPage", on_delete=models.CASCADE, related_name="organisers")
    organisation = models.ForeignKey(
        Organisation,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="organised_events",
        verbose_name=_("member"),
        help_text=_("Shown with a link to its profile, if it wishes to be named."),
    )
    name = models.CharField(_("or another's name"), max_length=255, blank=True)
    website = models.URLField(_("and its website"), max_length=500, blank=True)

    panels = [
        FieldPanel("organisation"),
        FieldRowPanel([FieldPanel("name"), FieldPanel("website")]),
    ]

    class Meta(Orderable.Meta):
        default_permissions = ()
        verbose_name = _("organiser")
        verbose_name_plural = _("organisers")

    def __str__(self) -> str:
        return self.name or str(self.organisation)

    def clean(self) -> None:
        """Refuse a row that names nobody, or two at once."""
        super().clean()
        if self.organisation_id and (self.name or self.website):
            raise ValidationError({"name": _("Choose a member or write a name, not both.")})
        if not (self.organisation_id or self.name):
            raise ValidationError({"name": _("Choose a member, or write a name.")})
