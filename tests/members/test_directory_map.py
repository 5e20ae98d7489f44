"""The map of the directory, and the list that says the same."""

import re

import pytest

from icrtop.places.models import Country
from members.models import Category, Listing
from pages.maps import outlines
from tests.factories.members import MembershipFactory

pytestmark = pytest.mark.django_db

URL = "/members/"
MARK = re.compile(
    r'<a class="members-mark" href="([^"]*)" tabindex="-1" aria-label="([^"]*)">\s*'
    r'<circle cx="(\d+)" cy="(\d+)" r="(\d+)" />'
)


def add(*codes, **fields):
    for code in codes:
        MembershipFactory(organisation__country=Country.objects.get(code=code), **fields)


def test_a_circle_for_each_country_says_how_many_are_there(client, directory):
    add("GH", "GH", "GH", "PE")
    marks = {
        label: rest
        for rest, label in ((one[0], one[1]) for one in MARK.findall(client.get(URL).text))
    }
    assert marks == {"Ghana: 3 organisations": "?country=GH", "Peru: 1 organisation": "?country=PE"}
    assert client.get(f"{URL}?country=GH").context["items"].paginator.count == 3


def test_circles_are_where_the_countries_are_and_large_ones_lie_below(client, directory):
    add("PE", "GH", "GH", "GH")
    marks = MARK.findall(client.get(URL).text)
    places = [(int(x), int(y)) for _href, _label, x, y, _radius in marks]
    assert places == [(outlines()[code].x, outlines()[code].y) for code in ("GH", "PE")]
    radii = [int(one[4]) for one in marks]
    assert radii == sorted(radii, reverse=True)
    assert radii[0] > radii[1]


def test_the_list_has_every_country_of_the_map_and_those_too_small_for_it(client, directory):
    missing = next(one for one in Country.objects.all() if one.code not in outlines())
    add("GH", "PE", missing.code)
    answer = client.get(URL)
    countries = answer.text.partition('class="members-countries"')[2].partition("</details>")[0]
    for code in ("GH", "PE", missing.code):
        assert f'href="?country={code}"' in countries
    assert len(MARK.findall(answer.text)) == 2
    assert countries.index("Africa") < countries.index("Ghana") < countries.index("Peru")


def test_map_and_list_keep_what_else_was_chosen(client, directory):
    add("GH", category=Category.NGO_SUPPORTER)
    add("PE")
    shown = client.get(f"{URL}?category=ngo_supporter&page=1").text
    assert MARK.findall(shown)[0][0] == "?category=ngo_supporter&amp;country=GH"
    assert "?category=ngo_supporter&amp;country=PE" not in shown


def test_members_without_a_name_are_not_on_the_map(client, directory):
    add("GH")
    add("PE", organisation__listing=Listing.UNNAMED)
    shown = client.get(URL).text
    assert [one[1] for one in MARK.findall(shown)] == ["Ghana: 1 organisation"]
    assert "Peru" not in shown
    assert "Americas: 1 Member" in shown


def test_without_anybody_to_show_there_is_no_map(client, directory):
    add("PE", organisation__listing=Listing.UNNAMED)
    shown = client.get(URL).text
    assert "world-map" not in shown
    assert "Americas: 1 Member" in shown
    assert "No organisation is listed here yet." not in shown
