"""Countries and regions, which situations, documents, events, members and alerts all refer to."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.search import index


class RegionQuerySet(models.QuerySet["Region"]):
    def top_level(self) -> Self:
        """The five M49 regions, without their sub-regions."""
        return self.filter(parent=None)


class Region(models.Model):
    """A region or sub-region of the UN's M49 standard."""

    code = models.CharField(_("M49 code"), max_length=3, primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sub_regions",
        verbose_name=_("part of"),
    )

    objects = RegionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return self.name


class CountryQuerySet(models.QuerySet["Country"]):
    def in_region(self, code: str) -> Self:
        """Countries of a region or of a sub-region, by its M49 code."""
        return self.filter(models.Q(sub_region=code) | models.Q(sub_region__parent=code))


class Country(index.Indexed, models.Model):
    """A country by ISO 3166-1, with the short English name that the United Nations uses."""

    code = models.CharField(_("ISO 3166-1 alpha-2 code"), max_length=2, primary_key=True)
    alpha3 = models.CharField(_("ISO 3166-1 alpha-3 code"), max_length=3, unique=True)
    numeric = models.CharField(_("ISO 3166-1 numeric code"), max_length=3, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)
    sub_region = models.ForeignKey(
        Region, models.PROTECT, related_name="countries", verbose_name=_("sub-region")
    )

    objects = CountryQuerySet.as_manager()

    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        ordering = ["name__unaccent"]  # Whatever order the database keeps accents in.
        verbose_name = _("country")
        verbose_name_plural = _("countries")

    def __str__(self) -> str:
        return self.name
