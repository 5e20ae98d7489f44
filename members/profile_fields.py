"""The details of an organisation that it may change, as JSON can keep them, and how they differ."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst

from icrtop.places.models import Country
from members.diffs import Part, word_changes
from members.models.organisations import Listing, Organisation, Sector
from members.models.profiles import ProfileChange

TEXTS = ("name", "acronym", "city", "website", "about")
FIELDS = ("name", "acronym", "country", "city", "website", "about", "sectors", "works_in")
# What the Steering Committee decided on: a new member may correct the rest by itself.
DECIDED_ON = ("name", "country")
# Proposed only towards more: see `members.services.listing`.
LISTING = "listing"

type Values = dict[str, Any]


def values_of(organisation: Organisation) -> Values:
    """All details by name: texts, the country's code, sorted lists of slugs and of codes."""
    values: Values = {name: plain(getattr(organisation, name)) for name in TEXTS}
    return values | {
        "country": organisation.country_id,
        "sectors": sorted(organisation.sectors.values_list("slug", flat=True)),
        "works_in": sorted(organisation.works_in.values_list("pk", flat=True)),
        LISTING: organisation.listing,
    }


def plain(text: str) -> str:
    """A text without what browsers and people add to it unseen."""
    return text.replace("\r\n", "\n").strip()


def differing(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[Values, Values]:
    """What differs between details and those wanted: as it is, and as it shall be."""
    names = [name for name, value in wanted.items() if now[name] != value]
    return {name: now[name] for name in names}, {name: wanted[name] for name in names}


def put(organisation: Organisation, values: Mapping[str, Any]) -> None:
    """Give an organisation these details. Sectors and countries that are no more are left out."""
    for name in (*TEXTS, LISTING):
        if name in values:
            setattr(organisation, name, values[name])
    if "country" in values:
        organisation.country = Country.objects.get(pk=values["country"])
    if "sectors" in values:
        organisation.sectors.set(Sector.objects.filter(slug__in=values["sectors"]))
    if "works_in" in values:
        organisation.works_in.set(Country.objects.filter(pk__in=values["works_in"]))
    # Last: the cache of pages is emptied, and the search told, when it is saved.
    organisation.save()


@dataclass(frozen=True)
class FieldChange:
    """One detail in words, as it was and as it shall be; `now` if somebody has changed it since."""

    name: str
    label: str
    before: str
    after: str
    parts: list[Part]
    now: str | None = None


def in_words(
    before: Mapping[str, Any], after: Mapping[str, Any], now: Mapping[str, Any] | None = None
) -> list[FieldChange]:
    """What changes, in the order of the form.

    `now` are all details as they are: what is neither as it was nor as it shall be has moved.
    """
    changes = []
    for name in (*FIELDS, LISTING):
        if name not in after:
            continue
        old, new = words_of(name, before[name]), words_of(name, after[name])
        moved = now is not None and now[name] not in (before[name], after[name])
        changes.append(
            FieldChange(
                name=name,
                label=label_of(name),
                before=old,
                after=new,
                parts=word_changes(old, new),
                now=words_of(name, now[name]) if moved and now else None,
            )
        )
    return changes


def label_of(name: str) -> str:
    return capfirst(str(Organisation._meta.get_field(name).verbose_name))


def words_of(name: str, value: Any) -> str:
    """A detail as people read it; lists have a line for each."""
    if name == "country":
        return _names(Country.objects.filter(pk=value))
    if name == "works_in":
        return _names(Country.objects.filter(pk__in=value))
    if name == "sectors":
        return _names(Sector.objects.filter(slug__in=value))
    if name == LISTING:
        return str(Listing(value).label)
    return str(value)


def as_text(changes: Iterable[FieldChange]) -> str:
    """Changes for a letter."""
    return "\n\n".join(
        f"{one.label}\n- {_in_a_row(one.before)}\n+ {_in_a_row(one.after)}" for one in changes
    )


def seen(organisation: Organisation, change: ProfileChange | None) -> str:
    """What a page shows of an organisation and its proposed change, as a short mark.

    A form carries it, so that nobody decides on something else than they have read.
    """
    shown = [values_of(organisation), change and [change.pk, change.after]]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


def _in_a_row(text: str) -> str:
    return "; ".join(line for line in text.splitlines() if line) or "…"


def _names(rows: Iterable[Any]) -> str:
    return "\n".join(one.name for one in rows)
