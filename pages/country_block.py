"""A block to choose a country with."""

from typing import Any

from wagtail import blocks

from icrtop.places.models import Country


def country_choices() -> list[tuple[str, str]]:
    """The countries by name, each with its ISO 3166-1 code."""
    return list(Country.objects.values_list("code", "name"))


class CountryBlock(blocks.ChoiceBlock):
    """A country, by its code."""

    def normalize_choice(self, value: Any) -> Any:
        # Codes are text in the database and in Python: there is nothing to look up.
        return value
