"""The directory's filters, what they leave, and where on the map that is.

Everything is worked out from the list of public members, which is one query: a coalition has
hundreds of members, not millions.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from icrtop.places.models import Country, Region
from members.models.organisations import Category
from members.public import PublicMember
from pages.maps import outlines
from pages.models import Filter
from pages.search import MAX_LENGTH, clean

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Values = dict[str, str]


def folded(text: str) -> str:
    """Text in small letters without accents, as names are compared and sorted."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))


def _regions(one: PublicMember) -> Values:
    return {one.region.code: one.region.name}


def _sub_regions(one: PublicMember) -> Values:
    if one.country is None:
        return {}
    return {one.country.sub_region.code: one.country.sub_region.name}


def _countries(one: PublicMember) -> Values:
    return {one.country.code: one.country.name} if one.country else {}


def _categories(one: PublicMember) -> Values:
    return {one.category: one.category_label}


def _sectors(one: PublicMember) -> Values:
    return dict(one.sectors)


# Filters by their names in addresses: a label, and the values of a member with their labels. Of
# unnamed members only the first two know any.
FACETS: dict[str, "tuple[StrOrPromise, Callable[[PublicMember], Values]]"] = {
    "category": (_("Category"), _categories),
    "region": (_("Region"), _regions),
    "sub_region": (_("Sub-region"), _sub_regions),
    "country": (_("Country"), _countries),
    "sector": (_("Sector"), _sectors),
}


class NameFilter(Filter):
    """What is typed to find members by name or acronym."""

    is_text = True
    max_length = MAX_LENGTH

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, "name", _("Name"), [])
        self.chosen = clean(request.GET.get(self.name, ""))[: self.max_length].strip()

    def leaves(self, member: PublicMember) -> bool:
        """Whether every word that was typed is in the member's name or acronym."""
        name = folded(f"{member.name} {member.acronym}")
        return all(word in name for word in folded(self.chosen).split())


@dataclass(frozen=True)
class Unnamed:
    """How many members of a region and a category are not named."""

    region: Region
    category: str
    number: int

    @property
    def label(self) -> str:
        """The number with the category's name."""
        if self.category == Category.MEMBER:
            text = ngettext("%(number)d Member", "%(number)d Members", self.number)
        else:
            text = ngettext("%(number)d NGO Supporter", "%(number)d NGO Supporters", self.number)
        return text % {"number": self.number}


class Mark(NamedTuple):
    """A circle in the map's units."""

    x: int
    y: int
    radius: int


@dataclass(frozen=True)
class Place:
    """A country with the number of members in it; `mark` is None where the map lacks it."""

    country: Country
    region: str
    number: int

    @property
    def label(self) -> str:
        return ngettext("%(number)d organisation", "%(number)d organisations", self.number) % {
            "number": self.number
        }

    @cached_property
    def mark(self) -> Mark | None:
        """A circle whose area grows with the number, as far as there is room on the map."""
        shape = outlines().get(self.country.code)
        if shape is None:
            return None
        return Mark(shape.x, shape.y, min(round(26 * math.sqrt(self.number + 1)), 120))


class Directory:
    """Members as a request narrows them.

    Each option of a filter says how many members it would leave beside what else was chosen.
    """

    def __init__(
        self, members: list[PublicMember], request: HttpRequest, facets: Iterable[str] = FACETS
    ) -> None:
        self.members = members
        self.by_name = NameFilter(request)
        self._called_so = [self.by_name.leaves(one) for one in members]
        values = {name: [FACETS[name][1](one) for one in members] for name in facets}
        self._values = {name: rows for name, rows in values.items() if any(rows)}
        self._facets = [self._facet(request, name) for name in self._values]
        for facet in self._facets:
            counts = Counter(
                value
                for index in self._matching(apart_from=facet)
                for value in self._values[facet.name][index]
            )
            facet.choices = [
                (value, f"{label} ({counts[value]})") for value, label in facet.choices
            ]

    def _facet(self, request: HttpRequest, name: str) -> Filter:
        choices = {value: label for row in self._values[name] for value, label in row.items()}
        ordered = sorted(choices.items(), key=lambda choice: folded(choice[1]))
        return Filter(request, name, FACETS[name][0], ordered)

    def _matching(self, apart_from: Filter | None = None) -> list[int]:
        chosen = [one for one in self._facets if one.chosen and one is not apart_from]
        return [
            index
            for index, is_called_so in enumerate(self._called_so)
            if is_called_so and all(one.chosen in self._values[one.name][index] for one in chosen)
        ]

    @property
    def filters(self) -> list[Filter]:
        return [self.by_name, *self._facets] if self.members else []

    @cached_property
    def found(self) -> list[PublicMember]:
        """Whom the choices leave, in the order of `public_members`."""
        return [self.members[index] for index in self._matching()]

    @cached_property
    def named(self) -> list[PublicMember]:
        return [one for one in self.found if one.is_named]

    @property
    def unnamed(self) -> list[Unnamed]:
        """Those that are left and not named: only counted, by region and category."""
        regions = {one.region.code: one.region for one in self.found}
        counts = Counter((one.region.code, one.category) for one in self.found if not one.is_named)
        return [Unnamed(regions[code], category, n) for (code, category), n in counts.items()]

    @cached_property
    def places(self) -> list[Place]:
        """The countries of those that are left and named, by region and name."""
        counts = Counter(one.country.code for one in self.named if one.country)
        places = {
            one.country.code: Place(one.country, one.region.name, counts[one.country.code])
            for one in self.named
            if one.country
        }
        return sorted(places.values(), key=lambda one: (one.region, folded(one.country.name)))

    @property
    def marks(self) -> list[Place]:
        """The places that are on the map, the smaller ones last and so on top."""
        return sorted((one for one in self.places if one.mark), key=lambda one: -one.number)
