"""How long the site keeps what people sent about events: what staff set under Settings → Events."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting


@register_setting(icon="calendar-alt")
class EventSettings(BaseSiteSetting):
    """One row for the site."""

    keep_days = models.PositiveSmallIntegerField(
        _("days to keep registrations"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text=_(
            "After the end of an event, or after it or the registration was cancelled. Then names, "
            "addresses and needs are removed."
        ),
    )
    keep_proposals_days = models.PositiveSmallIntegerField(
        _("days to keep who proposed an event"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text=_(
            "After the event was published or the proposal declined; if nobody decided, after its "
            "day."
        ),
    )

    panels = [FieldPanel("keep_proposals_days")]

    class Meta:
        # Changing is the only thing that anyone can do with the one row.
        default_permissions = ("change",)
        verbose_name = _("events")

    def __str__(self) -> str:
        return str(self.site)
