"""The directory: whom it lists, how it is filtered, and what it costs."""

import datetime

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.template import Context, Template

from icrtop.cache import GENERATION_KEY
from icrtop.places.models import Country
from members.content import load, load_founding_members
from members.models import Category, DirectoryPage, JoinPage, Membership, Organisation
from pages.models import BackgroundPage, SectionPage
from tests.factories.members import MembershipFactory, OrganisationFactory

pytestmark = pytest.mark.django_db

URL = "/coalition/members/"


def html(response) -> str:
    return response.content.decode()


def country(code):
    return Country.objects.get(code=code)


def test_only_organisations_with_a_term_that_goes_on_are_listed(home):
    member = MembershipFactory(founding=True, since="2009-01", on_steering_committee=True)
    supporter = MembershipFactory(category=Category.NGO_SUPPORTER, since="2012")
    MembershipFactory(ended=datetime.date(2015, 5, 1))
    OrganisationFactory()
    back = MembershipFactory(ended=datetime.date(2015, 5, 1)).organisation
    MembershipFactory(organisation=back, since="2016", category=Category.NGO_SUPPORTER)

    listed = Organisation.objects.listed()
    assert set(listed) == {member.organisation, supporter.organisation, back}
    assert list(Organisation.objects.members()) == [member.organisation]
    assert set(Organisation.objects.supporters()) == {supporter.organisation, back}
    assert list(Organisation.objects.steering_committee()) == [member.organisation]

    shown = listed.get(pk=member.organisation.pk)
    assert (shown.category_label, shown.since_display, shown.founding) == (
        "Member",
        "January 2009",
        True,
    )
    assert listed.get(pk=back.pk).since == "2016"


def test_a_page_lists_what_staff_chose(client, directory):
    MembershipFactory(organisation__name="A Member", on_steering_committee=True)
    MembershipFactory(organisation__name="A Supporter", category=Category.NGO_SUPPORTER)
    expected = {
        DirectoryPage.Shows.MEMBERS: (True, False),
        DirectoryPage.Shows.SUPPORTERS: (False, True),
        DirectoryPage.Shows.STEERING_COMMITTEE: (True, False),
    }
    for shows, (member, supporter) in expected.items():
        directory.shows = shows
        directory.save()
        cache.clear()
        shown = html(client.get(URL))
        assert ("A Member" in shown, "A Supporter" in shown) == (member, supporter)


def test_it_is_filtered_by_region_and_country(client, directory):
    for name, code in (("In Ghana", "GH"), ("In Kenya", "KE"), ("In Peru", "PE")):
        MembershipFactory(organisation__name=name, organisation__country=country(code))

    def found(query):
        shown = html(client.get(URL + query))
        return [name for name in ("In Ghana", "In Kenya", "In Peru") if name in shown]

    assert found("") == ["In Ghana", "In Kenya", "In Peru"]
    assert found("?region=002") == ["In Ghana", "In Kenya"]
    assert found("?region=002&country=KE") == ["In Kenya"]
    assert found("?region=019") == ["In Peru"]
    assert found("?region=019&country=KE") == []
    assert found("?country=ZZ&region=%00&page=x") == ["In Ghana", "In Kenya", "In Peru"]


def test_filters_offer_only_places_that_have_members(client, directory):
    MembershipFactory(organisation__country=country("GH"))
    MembershipFactory(organisation__country=country("PE"), ended=datetime.date(2020, 1, 1))
    choices = {one.name: one.choices for one in client.get(URL).context["filters"]}
    assert choices == {"region": [("002", "Africa")], "country": [("GH", "Ghana")]}


def test_an_empty_directory_says_so(client, directory):
    assert "No organisation is listed here yet." in html(client.get(URL))


def test_the_list_and_its_filters_take_one_query(rf, directory, django_assert_num_queries):
    for code in ("GH", "KE", "PE"):
        MembershipFactory.create_batch(7, organisation__country=country(code))
    with django_assert_num_queries(1):
        context = directory.get_context(rf.get(URL))
        assert [one.country.name for one in context["items"]].count("Ghana") == 7
        assert len(context["filters"][1].choices) == 3


def test_names_are_listed_as_people_look_for_them(home):
    for name in ("zeta", "Ágora", "Beta", "alpha"):
        MembershipFactory(organisation__name=name)
    assert [one.name for one in Organisation.objects.listed()] == ["Ágora", "alpha", "Beta", "zeta"]


def test_names_are_escaped(client, directory):
    MembershipFactory(organisation__name="<script>x</script>", organisation__slug="x")
    assert "<script>x" not in html(client.get(URL))


@pytest.mark.parametrize("change", ["organisation", "membership", "ended", "deleted"])
def test_a_change_empties_the_page_cache(home, change, django_capture_on_commit_callbacks):
    membership = MembershipFactory()
    cache.set(GENERATION_KEY, 1)
    with django_capture_on_commit_callbacks(execute=True):
        if change == "organisation":
            membership.organisation.save()
        elif change == "membership":
            membership.save()
        elif change == "ended":
            membership.ended = datetime.date(2020, 1, 1)
            membership.save()
        else:
            membership.organisation.delete()
        assert cache.get(GENERATION_KEY) == 1
    assert cache.get(GENERATION_KEY) > 1


def test_the_directory_is_found_by_the_names_in_it(directory):
    membership = MembershipFactory(organisation__name="Coordinadora Económica")

    def found():
        return list(DirectoryPage.objects.search("economica"))

    assert found() == [directory]
    membership.organisation.delete()
    assert found() == []


def test_an_organisation_has_one_term_at_a_time(home):
    membership = MembershipFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        MembershipFactory(organisation=membership.organisation)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"since": "2012", "ended": datetime.date(2011, 12, 31)}, "ended"),
        ({"since": "2012-05", "ended": datetime.date(2012, 4, 30)}, "ended"),
        ({"since": "2011-10-19", "category": Category.NGO_SUPPORTER}, "since"),
        ({"since": "2010", "category": Category.NGO_SUPPORTER}, "since"),
        ({"since": "2012-13"}, "since"),
    ],
)
def test_terms_that_cannot_be_are_refused(home, fields, wrong):
    membership = Membership(organisation=OrganisationFactory(), **fields)
    with pytest.raises(ValidationError) as refusal:
        membership.full_clean()
    assert set(refusal.value.message_dict) == {wrong}


@pytest.mark.parametrize(
    "fields",
    [
        {"since": "2012", "ended": datetime.date(2012, 1, 1)},
        {"since": "2012-05", "ended": datetime.date(2012, 5, 1)},
        {"since": "", "ended": datetime.date(2012, 5, 1)},
        {"since": "2011-10-20", "category": Category.NGO_SUPPORTER},
        {"since": "2011", "category": Category.NGO_SUPPORTER},
    ],
)
def test_terms_that_can_be_are_taken(home, fields):
    Membership(organisation=OrganisationFactory(), **fields).full_clean()


def test_members_in_a_country_are_there_for_other_pages(home):
    MembershipFactory(organisation__name="In Ghana")
    MembershipFactory(organisation__name="In Peru", organisation__country=country("PE"))
    template = "{% load members %}{% members_in country as found %}{{ found|join:';' }}"
    assert Template(template).render(Context({"country": country("GH")})) == "In Ghana"
    committee = "{% load members %}{% steering_committee as found %}{{ found|length }}"
    assert Template(committee).render(Context()) == "0"


def test_the_founders_come_from_the_facts():
    load_founding_members()
    founders = Organisation.objects.steering_committee()
    assert len(founders) == 8
    assert {one.founding for one in founders} == {True}
    secretariat = founders.get(acronym="WFM-IGP")
    assert "Hosts the Secretariat" in secretariat.about
    assert not secretariat.internal_note
    assert "Refugees Rights" in founders.get(acronym="IRRI").internal_note


def test_loading_twice_changes_nothing_that_staff_changed(home):
    section = home.add_child(instance=SectionPage(title="The Coalition", slug="coalition"))
    section.add_child(instance=BackgroundPage(title="Purposes", slug="founding-purposes", body=[]))
    load(section, home)
    organisation = Organisation.objects.get(acronym="HRW")
    organisation.city = "Elsewhere"
    organisation.save()
    page = DirectoryPage.objects.get(slug="members")
    page.title = "Who belongs to us"
    page.save_revision().publish()

    load(section, home)

    assert Organisation.objects.count() == Membership.objects.count() == 8
    assert Organisation.objects.get(acronym="HRW").city == "Elsewhere"
    assert DirectoryPage.objects.get(slug="members").title == "Who belongs to us"
    assert DirectoryPage.objects.count() == 3
    assert JoinPage.objects.get().purposes_page.title == "Purposes"


def test_the_first_pages_render(client, home):
    section = home.add_child(instance=SectionPage(title="The Coalition", slug="coalition"))
    load(section, home)
    assert "Kampala" in html(client.get(URL))
    assert "Accra" in html(client.get("/coalition/steering-committee/"))
    assert "20 October 2011" in html(client.get("/coalition/ngo-supporters/"))
    assert "not controlled by a government" in html(client.get("/join-the-coalition/"))
