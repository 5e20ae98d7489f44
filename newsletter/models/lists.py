"""The mailing lists that the listserv serves."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel


class MailingListQuerySet(models.QuerySet["MailingList"]):
    def public(self) -> Self:
        """Lists that anyone may subscribe to, in staff's order."""
        return self.filter(is_public=True)

    def for_bulletins(self) -> Self:
        """Lists that staff write to; the list of alerts is written to by the site itself."""
        return self.filter(sends_alerts=False)


class MailingList(models.Model):
    """One of the lists that the listserv serves."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(
        _("short name"),
        unique=True,
        help_text=_(
            "Part of the list's address and of its headers. Keep it once letters were sent."
        ),
    )
    description = models.TextField(
        _("description"),
        blank=True,
        max_length=300,
        help_text=_("What subscribers get and how often. Shown beside the box that they tick."),
    )
    is_public = models.BooleanField(
        _("open to everybody"),
        default=True,
        help_text=_("A closed list is not offered on the website; staff decide who is on it."),
    )
    sends_alerts = models.BooleanField(
        _("sends alerts"),
        default=False,
        help_text=_(
            "Its subscribers choose countries and topics, and the site writes to them by itself. "
            "One list can do that."
        ),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = MailingListQuerySet.as_manager()

    panels = [
        FieldPanel("name"),
        FieldPanel("slug"),
        FieldPanel("description"),
        FieldPanel("is_public"),
        FieldPanel("sends_alerts"),
        FieldPanel("position"),
    ]

    class Meta:
        default_permissions = ("add", "change", "view")
        ordering = ["position", "name"]
        verbose_name = _("mailing list")
        verbose_name_plural = _("mailing lists")
        constraints = [
            models.UniqueConstraint(
                fields=["sends_alerts"],
                condition=models.Q(sends_alerts=True),
                name="newsletter_one_list_of_alerts",
                violation_error_message=_("Another list sends the alerts already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
