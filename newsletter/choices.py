"""What subscribers choose beside the lists: what alerts are about, how often, in which language."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from icrtop.places.models import Country, Region
from newsletter.models.subscribers import Frequency, Subscriber, Topic
from pages.models.publications import Language

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SETS = ("countries", "regions", "topics")


@dataclass(frozen=True)
class Choices:
    """What somebody chose. An empty text means that they chose nothing there.

    `countries` and `regions` are codes of rows, `topics`, `frequency` and `language` are values of
    the enumerations of these names.
    """

    countries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    frequency: str = ""
    language: str = ""
    name: str = ""

    @property
    def follows_something(self) -> bool:
        """Whether there is anything to send alerts about."""
        return bool(self.countries or self.regions or self.topics)

    def adds_to(self, earlier: "Choices") -> bool:
        """Whether something is followed here that was not before."""
        return bool(
            self.countries - earlier.countries
            or self.regions - earlier.regions
            or self.topics - earlier.topics
        )

    def added_to(self, earlier: "Choices") -> "Choices":
        """Both: everything that is followed in either; the rest from here, where it was chosen."""
        return Choices(
            countries=self.countries | earlier.countries,
            regions=self.regions | earlier.regions,
            topics=self.topics | earlier.topics,
            frequency=self.frequency or earlier.frequency,
            language=self.language or earlier.language,
            name=self.name or earlier.name,
        )

    def without_alerts(self) -> "Choices":
        """What is left of it for somebody who gets no alerts."""
        return Choices(language=self.language, name=self.name)

    def as_json(self) -> dict[str, Any]:
        """What `Consent.choices` keeps; what was not chosen is not in it."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: sorted(value) if name in SETS else value
            for name, value in values.items()
            if value
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` gave, perhaps long ago: what is no field any more is left out."""
        known: dict[str, Any] = {
            each.name: kept[each.name] for each in fields(cls) if each.name in kept
        }
        known |= {name: frozenset(known[name]) for name in SETS if name in known}
        return cls(**known)

    @classmethod
    def of(cls, subscriber: Subscriber) -> Self:
        """What a subscriber has chosen."""
        return cls(
            countries=frozenset(subscriber.countries.values_list("pk", flat=True)),
            regions=frozenset(subscriber.regions.values_list("pk", flat=True)),
            topics=frozenset(subscriber.topics),
            frequency=subscriber.frequency,
            language=subscriber.language,
            name=subscriber.name,
        )

    def that_still_exist(self) -> "Choices":
        """Without what there is no row or no value for any more."""
        countries = Country.objects.filter(pk__in=self.countries).values_list("pk", flat=True)
        regions = Region.objects.filter(pk__in=self.regions).values_list("pk", flat=True)
        topics = self.topics & set(Topic.values)
        return replace(
            self, countries=frozenset(countries), regions=frozenset(regions), topics=topics
        )

    def in_words(self) -> "list[tuple[StrOrPromise, list[StrOrPromise]]]":
        """Each thing that was chosen, with its label, as a visitor reads it."""
        regions = Region.objects.filter(pk__in=self.regions).values_list("name", flat=True)
        countries = Country.objects.filter(pk__in=self.countries).values_list("name", flat=True)
        rows: list[tuple[StrOrPromise, list[StrOrPromise]]] = [
            (
                _("Alerts about"),
                [*map(whole, regions), *countries, *self._labels(Topic, "topics")],
            ),
            (_("How often alerts come"), self._labels(Frequency, "frequency")),
            (_("Language"), self._labels(Language, "language")),
            (_("Name"), [self.name] if self.name else []),
        ]
        return [(label, values) for label, values in rows if values]

    def _labels(self, enumeration: Any, name: str) -> "list[StrOrPromise]":
        chosen = getattr(self, name)
        values = chosen if name in SETS else {chosen}
        return [label for value, label in enumeration.choices if value in values]


def whole(region: str) -> "StrOrPromise":
    """How a region is called where it stands among its countries."""
    return format_lazy(_("{region} (whole region)"), region=region)
