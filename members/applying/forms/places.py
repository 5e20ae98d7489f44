"""The countries and regions that an organisation works in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from icrtop.places.models import Country, Region
from members.applying.forms.base import Answers, SectionForm


@dataclass(frozen=True)
class Box:
    """A checkbox."""

    code: str
    label: str
    is_ticked: bool


@dataclass(frozen=True)
class Group:
    """Boxes below a name: of a region, which has parts, or of a sub-region."""

    name: str
    boxes: list[Box] = field(default_factory=list)
    parts: "list[Group]" = field(default_factory=list)

    @property
    def ticked(self) -> list[Box]:
        within = [box for part in self.parts for box in part.ticked]
        return [box for box in self.boxes if box.is_ticked] + within


class GroupedBoxes(forms.CheckboxSelectMultiple):
    """Checkboxes in groups, with what is ticked told on top."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        groups = list(self.groups({str(one) for one in value or ()}))
        context["widget"] |= {
            "boxes_in": groups,
            "ticked": [box.label for group in groups for box in group.ticked],
        }
        return context

    def groups(self, ticked: set[str]) -> Iterator[Group]:
        """What there is to tick."""
        raise NotImplementedError


class RegionBoxes(GroupedBoxes):
    """Each region of M49, and its sub-regions."""

    template_name = "members/apply/region_boxes.html"

    def groups(self, ticked: set[str]) -> Iterator[Group]:
        for region in Region.objects.top_level().prefetch_related("sub_regions"):
            both = [region, *region.sub_regions.all()]
            yield Group(region.name, [Box(one.code, one.name, one.code in ticked) for one in both])


class CountryBoxes(GroupedBoxes):
    """All countries, below their region and sub-region: a region opens where one is ticked."""

    template_name = "members/apply/country_boxes.html"

    def groups(self, ticked: set[str]) -> Iterator[Group]:
        countries = Country.objects.select_related("sub_region__parent")
        # Sorting keeps the order of the countries' names.
        in_order = sorted(countries, key=lambda one: (_region(one).name, one.sub_region.name))
        for region, within in groupby(in_order, key=_region):
            parts = [
                Group(part.name, [Box(one.code, one.name, one.code in ticked) for one in members])
                for part, members in groupby(within, key=lambda one: one.sub_region)
            ]
            yield Group(region.name, parts=parts)


def _region(country: Country) -> Region:
    return country.sub_region.parent or country.sub_region


def region_choices() -> list[tuple[str, str]]:
    return list(Region.objects.values_list("code", "name"))


def country_choices() -> list[tuple[str, str]]:
    return list(Country.objects.values_list("code", "name"))


class PlacesForm(SectionForm):
    regions = forms.MultipleChoiceField(
        label=_("Regions in which you work as a whole"),
        help_text=_("Tick a region only if you work in most of it, or on all of it."),
        error_messages={"invalid_choice": _("Choose regions from the list.")},
        choices=region_choices,
        widget=RegionBoxes,
    )
    works_in = forms.MultipleChoiceField(
        label=_("Countries in which you work"),
        help_text=_("Open a region to see its countries, and tick all that apply."),
        error_messages={"invalid_choice": _("Choose countries from the list.")},
        choices=country_choices,
        widget=CountryBoxes,
    )

    sometimes_needed = ("regions", "works_in")

    @classmethod
    def missing(cls, answers: Answers) -> list[str]:
        """Somewhere is enough: a country or a region."""
        if answers.get("works_in") or answers.get("regions"):
            return []
        return [str(_("At least one country or region"))]
