"""The directory: whom it lists, how it is filtered, and what it costs."""

import datetime
import gzip

import pytest
from django.core.cache import cache
from django.template import Context, Template

from icrtop.cache import GENERATION_KEY
from icrtop.places.models import Country
from members.models import (
    Category,
    DirectoryPage,
    Listing,
    Membership,
    Organisation,
    OrganisationWork,
)
from pages.models import SectionPage
from tests.factories.members import MembershipFactory, OrganisationFactory, SectorFactory

pytestmark = pytest.mark.django_db

URL = "/members/"


def html(response) -> str:
    return response.content.decode()


def country(code):
    return Country.objects.get(code=code)


def member(name, code="GH", **fields) -> Organisation:
    """A named member in a country; `fields` are the term's."""
    term = MembershipFactory(organisation__name=name, organisation__country=country(code), **fields)
    return term.organisation


def ask(client, query=""):
    """What is rendered now, past the cache of pages."""
    cache.clear()
    return client.get(URL + query).context


def listed(client, query="") -> list[str]:
    return [one.name for one in ask(client, query)["items"]]


def choices(client, name, query="") -> dict[str, str]:
    filters = {one.name: one for one in ask(client, query)["filters"]}
    return dict(filters[name].choices)


def test_only_organisations_with_a_term_that_goes_on_are_listed(client, directory):
    member("Founder", founding=True, since="2009-01", on_steering_committee=True)
    member("Supporter", category=Category.NGO_SUPPORTER, since="2012")
    member("Gone", ended=datetime.date(2015, 5, 1))
    OrganisationFactory(name="Never")
    back = member("Back", ended=datetime.date(2015, 5, 1))
    MembershipFactory(organisation=back, since="2016", category=Category.NGO_SUPPORTER)
    unchecked = member("Unchecked")
    Organisation.objects.filter(pk=unchecked.pk).update(profile_published=False)

    assert listed(client) == ["Back", "Founder", "Supporter"]
    shown = html(client.get(URL))
    assert "Founding Member since January 2009" in shown
    assert "NGO Supporter since 2016" in shown


def test_a_page_lists_what_staff_chose(client, home, directory):
    section = home.add_child(instance=SectionPage(title="The Coalition", slug="coalition"))
    part = section.add_child(instance=DirectoryPage(title="Some", slug="some"))
    member("A Member", on_steering_committee=True)
    member("A Supporter", category=Category.NGO_SUPPORTER)
    expected = {
        DirectoryPage.Shows.EVERYONE: (True, True),
        DirectoryPage.Shows.MEMBERS: (True, False),
        DirectoryPage.Shows.SUPPORTERS: (False, True),
        DirectoryPage.Shows.STEERING_COMMITTEE: (True, False),
    }
    for shows, found in expected.items():
        part.shows = shows
        part.save()
        cache.clear()
        shown = html(client.get(part.url))
        assert ("A Member" in shown, "A Supporter" in shown) == found


def test_the_committee_is_shown_with_its_balance_of_regions_and_without_filters(client, home):
    page = DirectoryPage(title="Committee", slug="steering", shows="steering_committee")
    home.add_child(instance=page)
    for name, code in (("One", "GH"), ("Two", "KE"), ("Three", "PE")):
        member(name, code, on_steering_committee=True)
    answer = client.get(f"{page.url}?name=One&country=PE")
    assert answer.context["page"].balance == [("Africa", 2), ("Americas", 1)]
    assert answer.context["filters"] == []
    assert [one.name for one in answer.context["items"]] == ["One", "Three", "Two"]
    assert "<span>Africa 2</span><span>Americas 1</span>" in html(answer)


def test_filters_combine(client, directory):
    rights, youth = SectorFactory(name="Rights"), SectorFactory(name="Youth")
    member("In Ghana").sectors.set([rights, youth])
    member("In Kenya", "KE").sectors.set([youth])
    member("In Peru", "PE", category=Category.NGO_SUPPORTER).sectors.set([rights])

    assert listed(client) == ["In Ghana", "In Kenya", "In Peru"]
    assert listed(client, "?region=002") == ["In Ghana", "In Kenya"]
    assert listed(client, "?sub_region=014") == ["In Kenya"]
    assert listed(client, "?region=002&country=KE") == ["In Kenya"]
    assert listed(client, "?category=ngo_supporter") == ["In Peru"]
    assert listed(client, "?sector=rights") == ["In Ghana", "In Peru"]
    assert listed(client, "?sector=youth&region=002&name=gha") == ["In Ghana"]
    assert listed(client, "?sector=youth&category=ngo_supporter") == []
    assert "Nothing matches what you chose." in html(
        client.get(f"{URL}?sector=youth&category=ngo_supporter")
    )


@pytest.mark.parametrize(
    "query",
    ["?country=ZZ", "?region=%00&page=x", "?sector=none&sub_region=9", "?name=%00", "?name=+"],
)
def test_values_that_nobody_offers_choose_nothing(client, directory, query):
    member("In Ghana")
    assert listed(client, query) == ["In Ghana"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("economica", True),
        ("ECONÓMICA coord", True),
        ("cries", True),
        ("económica peru", False),
        ("(CRIES)", False),
        ("x" * 5000, False),
    ],
)
def test_names_are_found_by_their_parts_without_accents_and_capitals(
    client, directory, typed, found
):
    MembershipFactory(organisation__name="Coordinadora Económica", organisation__acronym="CRIES")
    answer = client.get(URL, {"name": typed})
    assert bool(answer.context["items"]) is found
    assert answer.context["is_filtered"]


def test_what_was_typed_and_chosen_stands_in_the_form(client, directory):
    member("Alpha")
    shown = html(client.get(f"{URL}?name=%22%3E<b>&country=GH"))
    assert 'value="&quot;&gt;&lt;b&gt;"' in shown
    assert '<option value="GH" selected>' in shown


def test_options_say_how_many_members_they_would_leave(client, directory):
    for code in ("GH", "GH", "KE", "PE"):
        MembershipFactory(organisation__country=country(code))
    MembershipFactory(organisation__country=country("KE"), category=Category.NGO_SUPPORTER)
    assert choices(client, "region") == {"002": "Africa (4)", "019": "Americas (1)"}
    narrowed = "?category=ngo_supporter"
    assert choices(client, "region", narrowed) == {"002": "Africa (1)", "019": "Americas (0)"}
    assert choices(client, "country", narrowed)["KE"] == "Kenya (1)"
    # What else there is in the filter itself stays to be chosen.
    assert choices(client, "category", narrowed)["member"] == "Member (4)"


def test_filters_offer_only_what_members_have(client, directory):
    SectorFactory()
    member("Here")
    member("Gone", "PE", ended=datetime.date(2020, 1, 1))
    names = [one.name for one in ask(client)["filters"]]
    assert names == ["name", "category", "region", "sub_region", "country"]
    assert choices(client, "country") == {"GH": "Ghana (1)"}


def test_an_empty_directory_says_so(client, directory):
    shown = html(client.get(URL))
    assert "No organisation is listed here yet." in shown
    assert "<svg viewBox" not in shown.partition("<main")[2].partition("</main")[0]


def test_names_are_listed_as_people_look_for_them(client, directory):
    for name in ("zeta", "Ágora", "Beta", "alpha"):
        member(name)
    assert listed(client) == ["Ágora", "alpha", "Beta", "zeta"]


def test_names_are_escaped(client, directory):
    MembershipFactory(organisation__name="<script>x</script>", organisation__slug="x")
    assert "<script>x" not in html(client.get(URL))
    assert "<script>x" not in html(client.get(f"{URL}x/"))


@pytest.fixture
def thousand(directory):
    """A thousand members in all the countries, each with sectors and countries of work."""
    countries = list(Country.objects.all())
    sectors = SectorFactory.create_batch(9)
    organisations = Organisation.objects.bulk_create(
        Organisation(
            name=f"Organisation {number:04} for the Protection of Populations",
            slug=f"organisation-{number}",
            country=countries[number % len(countries)],
            city="Somewhere",
            about="It works for the protection of populations from mass atrocities. " * 20,
            profile_published=True,
            listing=Listing.UNNAMED if number % 50 == 0 else Listing.FULL,
        )
        for number in range(1000)
    )
    Membership.objects.bulk_create(
        Membership(organisation=one, since="2010") for one in organisations
    )
    for relation, field, values in (
        ("sectors", "sector", sectors),
        ("works_in", "country", countries),
    ):
        through = getattr(Organisation, relation).through
        through.objects.bulk_create(
            through(organisation=one, **{field: values[(index + step) % len(values)]})
            for index, one in enumerate(organisations)
            for step in range(3)
        )
    return organisations


@pytest.mark.parametrize(
    "path",
    ["", "?page=2", "?region=002&name=org", "members.csv", "members.json", "members.atom",
     "organisation-1/"],
)  # fmt: skip
def test_a_thousand_members_take_few_queries(client, thousand, path, django_assert_max_num_queries):
    client.get("/")
    with django_assert_max_num_queries(10):
        assert client.get(f"{URL}{path}").status_code == 200


def test_a_thousand_members_come_in_pages_of_a_bounded_size(client, thousand):
    answer = client.get(URL)
    assert len(answer.context["items"]) == DirectoryPage.per_page
    assert 'rel="next"' in html(answer)
    assert len(gzip.compress(answer.content)) < 20 * 1024
    assert listed(client, "?page=20")[-1] == "Organisation 0999 for the Protection of Populations"


def test_the_list_and_its_filters_take_one_query(rf, directory, django_assert_num_queries):
    for code in ("GH", "KE", "PE"):
        MembershipFactory.create_batch(7, organisation__country=country(code))
    with django_assert_num_queries(1):
        context = directory.get_context(rf.get(URL))
        assert [one.country.name for one in context["items"]].count("Ghana") == 7
        assert len(context["directory"].places) == 3


def test_the_directory_is_found_by_the_names_in_it(directory):
    membership = MembershipFactory(organisation__name="Coordinadora Económica")

    def found():
        return list(DirectoryPage.objects.search("economica"))

    assert found() == [directory]
    membership.organisation.delete()
    assert found() == []


def change(organisation, what):
    if what == "term ended":
        organisation.memberships.get().delete()
    elif what == "sector given":
        organisation.sectors.set([])
    elif what == "sector renamed":
        organisation.sectors.get().save()
    elif what == "country of work":
        organisation.works_in.add("KE")
    elif what == "deleted":
        organisation.delete()
    elif what == "work":
        OrganisationWork.objects.create(organisation=organisation, page=DirectoryPage.objects.get())
    else:
        organisation.save()


@pytest.mark.parametrize(
    "what",
    ["saved", "term ended", "sector given", "sector renamed", "country of work", "work", "deleted"],
)
def test_a_change_empties_the_page_cache(directory, what, django_capture_on_commit_callbacks):
    organisation = member("One")
    organisation.sectors.add(SectorFactory())
    cache.set(GENERATION_KEY, 1)
    with django_capture_on_commit_callbacks(execute=True):
        change(organisation, what)
        assert cache.get(GENERATION_KEY) == 1
    assert cache.get(GENERATION_KEY) > 1


def test_members_in_a_country_are_there_for_other_pages(directory, django_assert_num_queries):
    member("In Ghana")
    member("In Peru", "PE")
    template = (
        "{% load members %}{% members_in country as found %}"
        "{% for one in found %}{{ one.url }}{% endfor %}"
    )
    ghana = country("GH")
    with django_assert_num_queries(1):
        assert Template(template).render(Context({"country": ghana})) == "/members/in-ghana/"
