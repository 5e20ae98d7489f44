"""The countries and regions of the world, as subscribers tick them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Exists, OuterRef

from icrtop.places.models import Country, Region
from newsletter.choices import whole
from pages.models import SituationPage

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Box:
    """A checkbox."""

    code: str
    label: "StrOrPromise"
    is_ticked: bool


@dataclass(frozen=True)
class Group:
    """A region or sub-region: a box for all of it, and what it is made of."""

    name: str
    whole: Box
    countries: list[Box]
    parts: "list[Group]"

    @property
    def is_open(self) -> bool:
        """Whether anything in it is ticked, and so has to be seen."""
        boxes = (self.whole, *self.countries)
        return any(box.is_ticked for box in boxes) or any(part.is_open for part in self.parts)


class PlacesWidget(forms.CheckboxSelectMultiple):
    """Countries with a situation on this site first, then each region with all that is in it.

    Every country is there once: a box that stood in two places could not be unticked in one.
    """

    template_name = "newsletter/places_widget.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.countries: list[Country] = []
        self.with_situation: set[str] = set()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        self.chosen = set(value or ())
        first = [each for each in self.countries if each.code in self.with_situation]
        context["widget"] |= {
            "first": [self._box(each.code, each.name) for each in first],
            "regions": list(self._regions()),
        }
        return context

    def _regions(self) -> Iterator[Group]:
        def region(country: Country) -> Region:
            # Countries lie in sub-regions, and each of these in a region.
            return country.sub_region.parent or country.sub_region

        # Sorting keeps the order of the countries' names.
        in_order = sorted(self.countries, key=lambda one: (region(one).name, one.sub_region.name))
        for of_all, countries in groupby(in_order, key=region):
            parts = [
                self._group(of_part, members)
                for of_part, members in groupby(countries, key=lambda one: one.sub_region)
            ]
            yield self._group(of_all, (), parts)

    def _group(
        self, region: Region, countries: Iterable[Country], parts: Iterable[Group] = ()
    ) -> Group:
        others = [each for each in countries if each.code not in self.with_situation]
        return Group(
            region.name,
            self._box(region.code, whole(region.name)),
            [self._box(each.code, each.name) for each in others],
            list(parts),
        )

    def _box(self, code: str, label: "StrOrPromise") -> Box:
        return Box(code, label, code in self.chosen)


class PlacesField(forms.MultipleChoiceField):
    """Codes of countries (two letters) and of regions (three digits), mixed."""

    widget = PlacesWidget

    def load(self) -> None:
        """Fetch what there is to choose from, in one query."""
        situations = SituationPage.objects.live().public().filter(country=OuterRef("pk"))
        countries = list(
            Country.objects.annotate(has_situation=Exists(situations)).select_related(
                "sub_region__parent"
            )
        )
        widget: PlacesWidget = self.widget  # type: ignore[assignment] # An instance, as any field's
        widget.countries = countries
        widget.with_situation = {each.code for each in countries if each.has_situation}
        self.codes = {each.code for each in countries}
        self.codes |= {each.sub_region.code for each in countries}
        self.codes |= {each.sub_region.parent_id or "" for each in countries} - {""}

    def valid_value(self, value: str) -> bool:
        return value in self.codes
