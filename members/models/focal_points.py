"""The people by whom the Coalition and a member organisation speak with each other."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from icrtop.mail.addresses import normalise, validate_deliverable
from members.models.organisations import Organisation


class FocalPointQuerySet(models.QuerySet["FocalPoint"]):
    def of(self, address: str) -> Self:
        """What the holder of a verified, normalised address is a focal point for."""
        return self.filter(normalised=address)

    def of_members(self) -> Self:
        """Focal points of organisations that belong to the Coalition now."""
        return self.filter(organisation__in=Organisation.objects.belonging())

    def on_the_committee(self) -> Self:
        """Those who vote for organisations that sit on the Steering Committee now."""
        return self.filter(
            on_committee=True, organisation__in=Organisation.objects.steering_committee()
        )


class FocalPoint(models.Model):
    """Somebody at an organisation who signs in with this address and acts for it."""

    organisation = ParentalKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="focal_points",
        verbose_name=_("organisation"),
    )
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(
        _("e-mail address"), max_length=254, validators=[validate_deliverable]
    )
    normalised = models.CharField(max_length=254, editable=False)
    position = models.CharField(_("position"), max_length=120, blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    on_committee = models.BooleanField(
        _("votes on the Steering Committee"),
        default=False,
        help_text=_(
            "For an organisation that sits on it. It has one vote, whoever of its people casts it."
        ),
    )

    objects = FocalPointQuerySet.as_manager()

    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("email")]),
        FieldRowPanel([FieldPanel("position"), FieldPanel("telephone")]),
        FieldPanel("on_committee"),
    ]

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("focal point")
        verbose_name_plural = _("focal points")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "normalised"], name="one_focal_point_per_address"
            )
        ]
        indexes = [models.Index(fields=["normalised"], name="focal_point_by_address")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the form of the address by which it is compared. Raises InvalidAddress."""
        self.normalised = normalise(self.email)
        super().save(*args, **kwargs)
