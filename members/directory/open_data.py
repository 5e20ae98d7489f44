"""The public part of the directory for programs: which fields it has, and what stands in them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from icrtop.places.models import Country
from members.public import PublicMember
from pages.templatetags.ui import absolute

Value = str | bool | list[str]


@dataclass(frozen=True)
class Field:
    """A column of the CSV and a key of the JSON; `description` stands on the directory's page."""

    name: str
    description: str | Promise
    value: Callable[[PublicMember], Value]


def _country(one: PublicMember) -> Country:
    assert one.country is not None, "Members with a name have a country."  # noqa: S101
    return one.country


FIELDS = [
    Field("name", _("name of the organisation"), lambda one: one.name),
    Field("acronym", _("its acronym, if it has one"), lambda one: one.acronym),
    Field("category", _("member or ngo_supporter"), lambda one: one.category),
    Field(
        "since",
        _("when its term began, as YYYY, YYYY-MM or YYYY-MM-DD; empty if not known"),
        lambda one: one.since,
    ),
    Field("founding", _("whether it is a founding Member"), lambda one: one.founding),
    Field(
        "steering_committee",
        _("whether it is on the Steering Committee"),
        lambda one: one.on_steering_committee,
    ),
    Field("city", _("where it is based"), lambda one: one.city),
    Field("country", _("the country it is based in"), lambda one: _country(one).name),
    Field("country_code", _("its code in ISO 3166-1"), lambda one: _country(one).code),
    Field(
        "sub_region",
        _("the sub-region in the UN's M49 standard"),
        lambda one: _country(one).sub_region.name,
    ),
    Field("region", _("the region in that standard"), lambda one: one.region.name),
    Field("sectors", _("its sectors"), lambda one: [name for _slug, name in one.sectors]),
    Field(
        "works_in",
        _("codes of the countries that it works in"),
        lambda one: [country.code for country in one.works_in],
    ),
    Field("website", _("its website"), lambda one: one.website),
    Field("about", _("its work, in its own words"), lambda one: one.about),
    Field("profile", _("the address of its profile here"), lambda one: absolute(one.url)),
]
# All that is told of a member without a name.
OF_UNNAMED = ("category", "region")


def row(member: PublicMember) -> dict[str, Any]:
    """What stands in the fields for a member; of an unnamed one most are missing."""
    return {
        field.name: field.value(member)
        for field in FIELDS
        if member.is_named or field.name in OF_UNNAMED
    }
