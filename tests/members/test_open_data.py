"""The public part of the directory as CSV, JSON and a feed."""

import csv
import datetime
import io
import json
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from icrtop.places.models import Country
from members.directory.open_data import FIELDS
from members.models import Category, Listing, Organisation
from tests.factories.members import MembershipFactory, SectorFactory

pytestmark = pytest.mark.django_db

CSV, JSON, FEED = "/members/members.csv", "/members/members.json", "/members/members.atom"
ATOM = "{http://www.w3.org/2005/Atom}"


def rows(client, query="") -> list[dict]:
    cache.clear()
    text = client.get(CSV + query).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def data(client, query="") -> dict:
    cache.clear()
    return json.loads(client.get(JSON + query).content)


@pytest.fixture
def alpha(directory) -> Organisation:
    organisation = MembershipFactory(
        organisation__name="Álpha Rights",
        organisation__slug="alpha",
        organisation__acronym="AR",
        organisation__city="Accra",
        organisation__website="https://alpha.example/",
        organisation__about="Line one.\nLine two.",
        since="2009-01",
        founding=True,
    ).organisation
    organisation.sectors.set([SectorFactory(name="Youth"), SectorFactory(name="Law")])
    organisation.works_in.set(["PE", "KE"])
    return organisation


WHOLE = {
    "name": "Álpha Rights",
    "acronym": "AR",
    "category": "member",
    "since": "2009-01",
    "founding": True,
    "steering_committee": False,
    "city": "Accra",
    "country": "Ghana",
    "country_code": "GH",
    "sub_region": "Western Africa",
    "region": "Africa",
    "sectors": ["Law", "Youth"],
    "works_in": ["KE", "PE"],
    "website": "https://alpha.example/",
    "about": "Line one.\nLine two.",
    "profile": f"{settings.BASE_URL}/members/alpha/",
}


def test_json_holds_every_field(client, alpha):
    assert data(client) == {
        "source": f"{settings.BASE_URL}{JSON}",
        "members": [WHOLE],
        "unnamed": [],
    }


def test_csv_holds_the_same_as_text(client, alpha):
    (row,) = rows(client)
    expected = {
        name: "; ".join(value) if isinstance(value, list) else value
        for name, value in WHOLE.items()
    }
    assert row == expected | {"founding": "yes", "steering_committee": "no"}


def test_csv_is_a_file_that_spreadsheets_open_with_its_accents(client, alpha):
    answer = client.get(CSV)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="members.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbfname,")
    assert client.get(JSON)["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "begins", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\N{FULLWIDTH EQUALS SIGN}1"]
)
def test_no_cell_is_a_formula(client, alpha, begins):
    Organisation.objects.update(name=begins, city=begins, about=begins)
    (row,) = rows(client)
    assert {row[name] for name in ("name", "city", "about")} == {f"'{begins}"}
    assert data(client)["members"][0]["name"] == begins


def test_they_are_filtered_as_the_directory_is(client, alpha):
    peru = Country.objects.get(code="PE")
    MembershipFactory(organisation__name="Beta", organisation__country=peru)
    for query, names in {
        "": ["Álpha Rights", "Beta"],
        "?region=019": ["Beta"],
        "?sector=law": ["Álpha Rights"],
        "?name=alpha": ["Álpha Rights"],
        "?category=ngo_supporter": ["Álpha Rights", "Beta"],  # Nobody is one: not on offer.
        "?country=ZZ": ["Álpha Rights", "Beta"],
    }.items():
        assert [row["name"] for row in rows(client, query)] == names, query
        assert [row["name"] for row in data(client, query)["members"]] == names, query


def test_of_unnamed_members_category_and_region_are_told(client, alpha):
    MembershipFactory.create_batch(2, organisation__listing=Listing.UNNAMED)
    MembershipFactory(
        organisation__listing=Listing.UNNAMED,
        organisation__country=Country.objects.get(code="PE"),
        category=Category.NGO_SUPPORTER,
    )
    told = [{key: value for key, value in row.items() if value} for row in rows(client)[1:]]
    assert told == [
        {"category": "member", "region": "Africa"},
        {"category": "member", "region": "Africa"},
        {"category": "ngo_supporter", "region": "Americas"},
    ]
    assert data(client)["unnamed"] == [
        {"region": "Africa", "category": "member", "number": 2},
        {"region": "Americas", "category": "ngo_supporter", "number": 1},
    ]


@pytest.mark.parametrize("address", [CSV, JSON])
def test_whoever_has_it_already_is_told_so(client, alpha, address):
    first = client.get(address)
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    cache.clear()
    Organisation.objects.update(city="Tamale")
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("address", [CSV, JSON, FEED])
def test_only_reading_is_answered(client, alpha, address):
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


def test_the_directory_links_to_them_and_says_what_the_fields_mean(client, alpha):
    MembershipFactory(organisation__country=Country.objects.get(code="PE"))
    shown = client.get("/members/").text
    for address in (CSV, JSON, FEED):
        assert f'href="{address}"' in shown
    for field in FIELDS:
        assert f"<code>{field.name}</code>" in shown
    narrowed = client.get("/members/?region=019&page=1").text
    assert f'href="{CSV}?region=019"' in narrowed


def entries(client) -> list[str]:
    cache.clear()
    feed = ElementTree.fromstring(client.get(FEED).content)  # noqa: S314 # Our own answer.
    return [one.findtext(f"{ATOM}title") for one in feed.findall(f"{ATOM}entry")]


def test_the_feed_tells_who_joined_the_latest_first(client, alpha):
    now = timezone.now()
    for days, name in ((3, "Older"), (1, "Newer")):
        MembershipFactory(
            organisation__name=name,
            organisation__profile_checked_at=now - datetime.timedelta(days=days),
        )
    assert entries(client) == ["Newer", "Older"]


@pytest.mark.parametrize("listing", [Listing.UNNAMED, Listing.HIDDEN])
def test_the_feed_is_silent_about_those_without_a_name(client, alpha, listing):
    Organisation.objects.update(profile_checked_at=timezone.now(), listing=listing)
    assert entries(client) == []
