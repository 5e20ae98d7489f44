"""What the public may see of the Coalition's members: the one place that all of it comes from.

A member is here if its term goes on and it has checked its profile. How much of it is told is its
own choice, `Organisation.listing`. Whatever visitors read of members (directory, map, profiles,
search, feeds, exports, bulletins) is made from `PublicMember`, and from nothing else.

An unnamed member has said that its category and its region may be told, and nothing else. So it
has no country here, no sector and no date: what is counted or found by one of those counts and
finds those with a name alone. Unnamed members of a region are all alike, and in no order.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from icrtop.places.models import Country, Region
from members.models.organisations import Category, Listing, Organisation, OrganisationQuerySet
from pages.dates import display_partial_date


@dataclass(frozen=True)
class PublicMember:
    """A member as visitors may see it. Of an unnamed one only `category` and `region` are told."""

    category: str
    region: Region
    name: str = ""
    acronym: str = ""
    slug: str = ""
    country: Country | None = None
    city: str = ""
    website: str = ""
    about: str = ""
    sectors: tuple[tuple[str, str], ...] = ()  # Pairs of slug and name, by name.
    works_in: tuple[Country, ...] = ()  # By name; codes and names alone are known of them.
    since: str = ""
    founding: bool = False
    on_steering_committee: bool = False
    checked_at: datetime.datetime | None = None

    @property
    def is_named(self) -> bool:
        return bool(self.slug)

    @property
    def url(self) -> str:
        """Where its profile is; empty for an unnamed one, which has none."""
        return reverse("members:profile", args=[self.slug]) if self.is_named else ""

    @property
    def display_name(self) -> str:
        """The name with the acronym, or what stands for it."""
        if not self.is_named:
            return _("An organisation that is not named here")
        return f"{self.name} ({self.acronym})" if self.acronym else self.name

    @property
    def category_label(self) -> str:
        return str(Category(self.category).label)

    @property
    def since_display(self) -> str:
        return display_partial_date(self.since)


# What is told of a member under the name that the organisation has it by.
TOLD = (
    "name",
    "acronym",
    "slug",
    "country",
    "city",
    "website",
    "about",
    "since",
    "founding",
    "on_steering_committee",
)


def public_members(organisations: OrganisationQuerySet | None = None) -> list[PublicMember]:
    """Whom the public may see, by name; those without a name come last, by region.

    `organisations` narrows down who is looked at. One query, however many there are.
    """
    chosen = organisations if organisations is not None else Organisation.objects.all()
    shown = [_as_public(one) for one in _presentable(chosen).filter(profile_published=True)]
    unnamed = [one for one in shown if not one.is_named]
    # The order of their names is not to be read from the order in which they come.
    unnamed.sort(key=lambda one: (one.region.name, one.category))
    return [*(one for one in shown if one.is_named), *unnamed]


def public_member(slug: str) -> PublicMember | None:
    """The member whose profile has this address; None if there is none that the public may see.

    Unnamed and hidden members are not told apart from unknown ones.
    """
    found = public_members(Organisation.objects.filter(slug=slug))
    return found[0] if found and found[0].is_named else None


def preview(organisation: Organisation) -> PublicMember | None:
    """How an organisation would be seen once its profile is public; None if it would not be."""
    found = _presentable(Organisation.objects.filter(pk=organisation.pk)).first()
    return _as_public(found) if found else None


def _presentable(organisations: OrganisationQuerySet) -> OrganisationQuerySet:
    """Members that are not hidden, with what a profile tells of other tables."""
    return (
        organisations.belonging()
        .exclude(listing=Listing.HIDDEN)
        .annotate(
            sector_rows=_rows(Organisation.sectors.through, "sector", "slug", "name"),
            country_rows=_rows(Organisation.works_in.through, "country", "code", "name"),
        )
    )


def _rows(through: type[Model], relation: str, *names: str) -> ArraySubquery:
    """Fields of the rows that organisations are joined to, by name."""
    joined = through._default_manager.filter(organisation=OuterRef("pk"))
    fields = JSONObject(**{name: f"{relation}__{name}" for name in names})
    return ArraySubquery(joined.order_by(f"{relation}__name").values(row=fields))


def _as_public(organisation: Any) -> PublicMember:
    """What is told of an organisation that `_presentable` found."""
    category, region = organisation.category, organisation.region
    if organisation.listing != Listing.FULL:
        return PublicMember(category, region)
    return PublicMember(
        category,
        region,
        **{name: getattr(organisation, name) for name in TOLD},
        sectors=tuple((row["slug"], row["name"]) for row in organisation.sector_rows),
        works_in=tuple(Country(**row) for row in organisation.country_rows),
        checked_at=organisation.profile_checked_at,
    )
