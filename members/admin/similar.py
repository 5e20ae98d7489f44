"""Applications and members that may be the same organisation as an application, and why."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext as _

from icrtop.mail.addresses import InvalidAddress, normalise
from members.models import Application, ApplicationPerson, FocalPoint, Organisation

# Names count as alike from here on, as pg_trgm measures it: 1 is the same.
ALIKE = 0.5
MOST = 20
HOST = r"^[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(?:www\.)?([^/:?#]+)"
# Anybody has an address there, so it says nothing about an organisation.
FREE_PROVIDERS = frozenset(
    [
        "126.com",
        "163.com",
        "aol.com",
        "fastmail.com",
        "free.fr",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "hotmail.fr",
        "hotmail.co.uk",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.com",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "naver.com",
        "orange.fr",
        "outlook.com",
        "outlook.fr",
        "pm.me",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "rediffmail.com",
        "riseup.net",
        "tutanota.com",
        "tuta.io",
        "wanadoo.fr",
        "web.de",
        "yahoo.com",
        "yahoo.co.in",
        "yahoo.co.uk",
        "yahoo.es",
        "yahoo.fr",
        "yandex.com",
        "yandex.ru",
        "ymail.com",
        "zoho.com",
    ]
)
# Where answers hold an e-mail address.
GIVEN = ("focal_1_email", "focal_2_email", "general_email")
# Many organisations have their page below one of these.
SHARED_SITES = frozenset(
    [
        "facebook.com",
        "instagram.com",
        "linkedin.com",
        "linktr.ee",
        "sites.google.com",
        "twitter.com",
        "x.com",
    ]
)


@dataclass(frozen=True)
class Similar:
    """An application, or a member or former member, with the reasons for which it is shown."""

    name: str
    kind: str
    standing: str
    url: str
    reasons: list[str]


@dataclass(frozen=True)
class Traits:
    """What an organisation is known by."""

    name: str
    domains: frozenset[str]
    addresses: frozenset[str]


def traits_of(application: Application) -> Traits:
    """The name, the domains and the normalised addresses of an application."""
    answers = application.answers
    addresses = {person.normalised for person in application.people.all()}
    addresses |= set(_normalised(answers.get(name) for name in GIVEN))
    domains = {address.rpartition("@")[2] for address in addresses} - FREE_PROVIDERS
    host = re.match(HOST, application.website.strip().lower())
    if host and host[1] not in SHARED_SITES:
        domains.add(host[1])
    return Traits(application.organisation_name, frozenset(domains), frozenset(addresses))


def similar_to(application: Application) -> list[Similar]:
    """What may be the same organisation, the likeliest first: two queries, and no drafts."""
    traits = traits_of(application)
    others = Application.objects.sent().filter(anonymised_at=None).exclude(pk=application.pk)
    organisations = Organisation.objects.exclude(pk=application.organisation_id)
    found: list[Any] = [
        *_alike(
            others.select_related("country"), "organisation_name", _applications(traits), traits
        ),
        *_alike(organisations.prefetch_related("memberships"), "name", _members(traits), traits),
    ]
    found.sort(key=lambda one: (-one.same_address, -one.same_domain, -one.likeness))
    return [_as_similar(one) for one in found]


def _normalised(addresses: Iterable[Any]) -> Iterator[str]:
    for address in addresses:
        if isinstance(address, str) and "@" in address:
            try:
                yield normalise(address)
            except InvalidAddress:
                continue


def _domain(address: Combinable) -> Func:
    return Func(address, Value("@"), Value(2), function="split_part", output_field=TextField())


def _given(name: str) -> Lower:
    return Lower(KT(f"answers__{name}"))


def _people(people: QuerySet[Any], traits: Traits) -> tuple[Q, Q]:
    """Conditions for the same domain and the same address of rows with a `normalised` one."""
    by_domain = people.alias(domain=_domain(F("normalised"))).filter(domain__in=traits.domains)
    by_address = people.filter(normalised__in=traits.addresses)
    return Q(Exists(by_domain)), Q(Exists(by_address))


def _applications(traits: Traits) -> tuple[Q, Q]:
    people = ApplicationPerson.objects.filter(application=OuterRef("pk"))
    domain, address = _people(people, traits)
    itself = Application.objects.filter(pk=OuterRef("pk"))
    for name in GIVEN:
        given = itself.alias(given=_given(name), domain=_domain(_given(name)))
        domain |= Q(Exists(given.filter(domain__in=traits.domains)))
        address |= Q(Exists(given.filter(given__in=traits.addresses)))
    return domain, address


def _members(traits: Traits) -> tuple[Q, Q]:
    return _people(FocalPoint.objects.filter(organisation=OuterRef("pk")), traits)


def _alike(
    rows: QuerySet[Any], name: str, conditions: tuple[Q, Q], traits: Traits
) -> QuerySet[Any]:
    """Rows that share a domain or an address, or have a name that looks alike."""
    domain, address = conditions
    host = Lower(Func(F("website"), Value(HOST), function="substring", output_field=TextField()))
    plain = Func(Lower(name), function="unaccent", output_field=TextField())
    wanted = Func(Lower(Value(traits.name)), function="unaccent", output_field=TextField())
    return (
        rows.alias(host=host)
        .annotate(
            likeness=TrigramSimilarity(plain, wanted),  # type: ignore[arg-type] # takes expressions
            same_domain=Case(
                When(domain | Q(host__in=traits.domains), then=Value(True)), default=Value(False)
            ),
            same_address=Case(When(address, then=Value(True)), default=Value(False)),
        )
        .filter(Q(same_domain=True) | Q(same_address=True) | Q(likeness__gte=ALIKE))
        .order_by("-same_address", "-same_domain", "-likeness", "-pk")[:MOST]
    )


def _as_similar(one: Any) -> Similar:
    reasons = []
    if one.same_address:
        reasons.append(_("same e-mail address or focal point"))
    if one.same_domain:
        reasons.append(_("same domain of website or e-mail"))
    if one.likeness >= ALIKE:
        reasons.append(_("similar name"))
    if isinstance(one, Application):
        url = reverse("applications:inspect", args=[one.pk])
        return Similar(str(one), _("Application"), one.get_state_display(), url, reasons)
    is_member = any(term.ended is None for term in one.memberships.all())
    standing = _("belongs to the Coalition") if is_member else _("does not belong to it now")
    url = reverse("organisations:edit", args=[one.pk])
    return Similar(str(one), _("Organisation"), standing, url, reasons)
