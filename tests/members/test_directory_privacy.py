"""What nobody may find out: every public page of the site is read for what must not be in it."""

import datetime
import re
from itertools import combinations
from urllib.parse import quote, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from icrtop.places.models import Country
from members.models import Category, DirectoryPage, Listing, Membership, Organisation
from members.public import public_members
from pages.models import DevelopmentPage, SituationPage
from tests.factories.members import MembershipFactory, SectorFactory

pytestmark = pytest.mark.django_db

# A country where there is a situation, so that its page might name the members there.
SITUATION = "SY"
# By what each is known, to be searched for in all that the site gives out.
SECRETS = {
    "unnamed": ["Quixaltepe", "QXLT", "Zorrvale", "quixaltepe.example", "Brimstead sector"],
    "hidden": ["Wolframine", "WFMN", "Yarrowick", "wolframine.example", "Cinderby sector"],
    "unchecked": ["Jaspertine", "JSPT", "Vexholm", "jaspertine.example", "Dunmarrow sector"],
    "ended": ["Kestrelow", "KSTL", "Ulverpine", "kestrelow.example", "Eastmoor sector"],
}
PUBLIC = ["Ferncastle", "FRNC", "Tillingdale", "ferncastle.example", "Gorsedale sector"]
TELLING = [text for texts in SECRETS.values() for text in texts]


def member(texts: list[str], code: str = SITUATION, **fields) -> Organisation:
    name, acronym, city, website, sector = texts
    organisation = MembershipFactory(
        organisation__name=f"{name} Society",
        organisation__slug=f"{name.lower()}-society",
        organisation__acronym=acronym,
        organisation__city=city,
        organisation__website=f"https://{website}/",
        organisation__about=f"{name} works from {city}.",
        organisation__country=Country.objects.get(code=code),
        organisation__profile_checked_at=timezone.now(),
        on_steering_committee=True,
        **fields,
    ).organisation
    organisation.sectors.add(SectorFactory(name=sector))
    organisation.works_in.add(SITUATION)
    organisation.works.add(organisation.works.model(page=DevelopmentPage.objects.first()))
    organisation.save()
    return organisation


@pytest.fixture
def members(content) -> dict[str, Organisation]:
    """One of each, all in the country of a situation, all on the committee, with work on RtoP."""
    return {
        "full": member(PUBLIC),
        "unnamed": member(SECRETS["unnamed"], organisation__listing=Listing.UNNAMED),
        "hidden": member(SECRETS["hidden"], organisation__listing=Listing.HIDDEN),
        "unchecked": member(SECRETS["unchecked"], organisation__profile_published=False),
        "ended": member(SECRETS["ended"], ended=datetime.date(2020, 1, 1)),
    }


def read(address: str) -> bytes:
    cache.clear()
    return Client().get(address, headers={"accept-encoding": "identity"}).content


def sitemap() -> list[str]:
    found = re.findall(r"<loc>([^<]+)</loc>", read("/sitemap.xml").decode())
    return [urlsplit(one).path for one in found]


def filtered(base: str) -> list[str]:
    """The directory's address with every option of every filter, and pairs of those that an
    unnamed member might be narrowed down by.
    """
    options = [
        (one.name, value)
        for one in Client().get("/members/").context["filters"]
        for value, _label in one.choices
    ]
    single = [f"{name}={value}" for name, value in options]
    broad = [f"{name}={value}" for name, value in options if name in ("category", "region")]
    both = [f"{a}&{b}" for a, b in combinations(broad, 2) if a.split("=")[0] != b.split("=")[0]]
    return [f"{base}?{query}" for query in (*single, *both)]


def guesses(base: str) -> list[str]:
    """What somebody would try who looks for the members of these tests."""
    typed = [f"name={quote(text)}" for text in (*TELLING, "society")]
    sectors = [f"sector={texts[4].lower().replace(' ', '-')}" for texts in SECRETS.values()]
    places = [f"country={SITUATION}", "sub_region=145", "region=142"]
    return [f"{base}?{query}" for query in (*typed, *sectors, *places)]


def every_address() -> list[str]:
    words = [*TELLING, "Society", "members"]
    return [
        *sitemap(),
        *(page.get_url() for page in Page.objects.live().filter(depth__gt=1)),
        "/sitemap.xml",
        "/robots.txt",
        *filtered("/members/"),
        *guesses("/members/"),
        *guesses("/members/members.csv"),
        *guesses("/members/members.json"),
        *guesses("/coalition/steering-committee/"),
        *guesses("/coalition/ngo-supporters/"),
        "/members/members.csv",
        "/members/members.json",
        "/members/members.atom",
        *(f"/search/?q={quote(word)}" for word in words),
        *(f"/search/?q=society&kind={kind}&country={SITUATION}" for kind in ("", "members")),
        *(
            reverse(f"{name}_{kind}")
            for name in ("developments", "publications")
            for kind in ("feed", "rss")
        ),
        reverse("newsletter:feed"),
        *(f"/members/{texts[0].lower()}-society/" for texts in SECRETS.values()),
        f"/members/{SECRETS['hidden'][0]}",
    ]


def repeats(address: str, text: str) -> bool:
    """Whether an address says the text itself, which the page then says back."""
    return text.lower().replace(" ", "-") in address.lower().replace("%20", "-")


def test_nothing_anywhere_tells_of_those_who_are_not_to_be_told_of(members):
    cache.clear()
    addresses = list(dict.fromkeys(every_address()))
    assert len(addresses) > 200
    found = []
    for address in addresses:
        answer = read(address).lower()
        found += [
            (address, text)
            for text in TELLING
            if text.lower().encode() in answer and not repeats(address, text)
        ]
    assert found == []


@pytest.mark.parametrize("kind", SECRETS)
def test_a_search_for_one_finds_as_little_as_a_search_for_nobody(members, kind):
    def results(base: str, word: str) -> str:
        return read(f"{base}{word}").decode().replace(word, "…").replace(word.lower(), "…")

    for text in SECRETS[kind][:3]:
        nobody = "Nxqwvpzk"
        for base in ("/search/?q=", "/members/?name=", "/members/members.json?name="):
            assert results(base, text) == results(base, nobody), base


def test_the_full_one_is_found_by_all_of_these(members):
    """Otherwise the tests above would look in the wrong places."""
    expected = {
        "/members/?name=ferncastle": PUBLIC[:3],
        "/members/members.csv": PUBLIC,
        "/members/members.json": PUBLIC,
        "/members/members.atom": [PUBLIC[0], PUBLIC[2]],
        "/members/ferncastle-society/": PUBLIC,
        "/coalition/steering-committee/": PUBLIC[:3],
        "/search/?q=Ferncastle": ["/members/"],
        "/sitemap.xml": ["/members/ferncastle-society/"],
        SituationPage.objects.get(country=SITUATION).url: PUBLIC[:1],
    }
    for address, texts in expected.items():
        shown = read(address).decode()
        for text in texts:
            assert text in shown, (address, text)


def test_unnamed_ones_are_counted_by_region_and_category_alone(members):
    def counted(query: str) -> int:
        cache.clear()
        directory = Client().get(f"/members/?{query}").context["directory"]
        return sum(one.number for one in directory.unnamed)

    assert counted("") == counted("region=142") == 1
    assert counted("region=142&category=member") == 1
    for query in (f"country={SITUATION}", "sub_region=145", "sector=gorsedale-sector", "name=s"):
        assert counted(query) == 0, query


def test_no_option_of_a_filter_comes_from_one_without_a_name(content):
    before = {one.name: one.choices for one in Client().get("/members/").context["filters"]}
    member(SECRETS["unnamed"], code="FJ", organisation__listing=Listing.UNNAMED)
    member(SECRETS["hidden"], code="FJ", organisation__listing=Listing.HIDDEN)
    cache.clear()
    after = {one.name: one.choices for one in Client().get("/members/").context["filters"]}
    for name in ("country", "sub_region", "sector", "name"):
        assert after.get(name) == before.get(name), name
    assert ("009", "Oceania (1)") in after["region"]


def test_unnamed_ones_of_a_region_cannot_be_told_apart(content):
    for name, category in (("Aaa", Category.NGO_SUPPORTER), ("Bbb", Category.MEMBER)):
        MembershipFactory(
            organisation__name=name, organisation__listing=Listing.UNNAMED, category=category
        )

    def unnamed() -> list:
        return [one for one in public_members() if not one.is_named]

    before = unnamed()
    Organisation.objects.filter(name="Aaa").update(name="Zzz", city="Elsewhere")
    Membership.objects.filter(organisation__name="Zzz").update(since="1999", founding=True)
    assert unnamed() == before


@pytest.mark.parametrize("less", [Listing.UNNAMED, Listing.HIDDEN])
def test_a_name_that_is_taken_back_is_gone_at_once_from_kept_pages_and_the_search(
    members, less, django_capture_on_commit_callbacks
):
    addresses = [
        "/members/",
        "/members/members.json",
        "/members/members.atom",
        "/coalition/steering-committee/",
        "/sitemap.xml",
        SituationPage.objects.get(country=SITUATION).url,
        "/search/?q=Tillingdale",
    ]
    cache.clear()
    for address in addresses:
        Client().get(address)
    with django_capture_on_commit_callbacks(execute=True):
        organisation = members["full"]
        organisation.listing = less
        organisation.save()
    for address in addresses:
        assert PUBLIC[0].encode() not in Client().get(address).content, address
    assert not DirectoryPage.objects.search("Ferncastle").get_queryset().exists()
    assert Client().get("/members/ferncastle-society/").status_code == 404
