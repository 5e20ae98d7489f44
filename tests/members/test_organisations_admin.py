"""Organisations and sectors in the admin: found, filtered, and saved with all that is theirs."""

import datetime

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from icrtop.places.models import Country
from members.models import Category, Listing, Organisation, OrganisationWork, Sector
from pages.models import DevelopmentIndexPage, DevelopmentPage
from tests.factories.members import (
    FocalPointFactory,
    MembershipFactory,
    OrganisationFactory,
    SectorFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/organisations/"


@pytest.fixture
def staff(client, home, staff_with):
    rights = [f"{verb}_organisation" for verb in ("view", "add", "change", "delete")]
    client.force_login(staff_with(*rights, "view_sector", "add_sector", "change_sector"))
    return client


@pytest.fixture
def development(home):
    index = home.add_child(instance=DevelopmentIndexPage(title="News", slug="news"))
    page = DevelopmentPage(title="Something", level="un", date="2012")
    return index.add_child(instance=page)


def listed(staff, query="") -> set[str]:
    answer = staff.get(LIST + query)
    assert answer.status_code == 200
    return {one.name for one in answer.context["object_list"]}


def test_the_list_says_where_each_stands(staff):
    MembershipFactory(
        organisation__name="Alpha",
        organisation__listing=Listing.UNNAMED,
        category=Category.NGO_SUPPORTER,
    )
    OrganisationFactory(name="Beta", profile_published=False)
    shown = staff.get(LIST).text
    for text in ("Alpha", "NGO Supporter", "Unnamed", "Beta", "Not yet: profile not checked"):
        assert text in shown


def test_it_is_filtered(staff):
    sector = SectorFactory(name="Youth")
    alpha = MembershipFactory(organisation__name="Alpha", on_steering_committee=True).organisation
    alpha.sectors.add(sector)
    MembershipFactory(
        organisation__name="Beta",
        organisation__listing=Listing.HIDDEN,
        organisation__country=Country.objects.get(code="PE"),
        category=Category.NGO_SUPPORTER,
    )
    MembershipFactory(
        organisation__name="Gone",
        organisation__profile_published=False,
        ended=datetime.date(2015, 1, 1),
        on_steering_committee=True,
    )
    expected = {
        "?category=member": {"Alpha"},
        "?category=ngo_supporter": {"Beta"},
        "?category=none": {"Gone"},
        "?committee=yes": {"Alpha"},
        "?committee=no": {"Beta", "Gone"},
        "?listing=hidden": {"Beta"},
        "?profile=no": {"Gone"},
        "?profile=yes&category=member": {"Alpha"},
        "?region=019": {"Beta"},
        f"?sectors={sector.pk}": {"Alpha"},
        "?standing=nobody": {"Alpha", "Beta"},
        "?q=alph": {"Alpha"},
    }
    assert {query: listed(staff, query) for query in expected} == expected


def test_it_is_sorted_by_each_column_that_offers_it(staff):
    MembershipFactory.create_batch(2)
    for key in ("name", "term_category", "sits_on_committee", "country__name", "listing"):
        assert len(listed(staff, f"?ordering=-{key}")) == 2


def test_the_list_takes_as_many_queries_for_sixty_as_for_one(staff, django_assert_max_num_queries):
    MembershipFactory()
    staff.get(LIST)
    MembershipFactory.create_batch(60)
    with django_assert_max_num_queries(25):
        staff.get(LIST)


def form(organisation=None, *, works=(), focal_points=(), terms=(), **fields) -> dict:
    """What the form of an organisation sends; rows as dicts, those there already with their id."""

    def rows(values):
        values = list(values)
        return inline_formset(values, initial=sum(1 for one in values if "id" in one))

    return nested_form_data(
        {
            "name": "Alpha",
            "acronym": "",
            "slug": "alpha",
            "country": "GH",
            "city": "Accra",
            "website": "",
            "about": "",
            "listing": "full",
            "internal_note": "",
            **fields,
            "memberships": rows(terms),
            "works": rows(works),
            "focal_points": rows(focal_points),
        }
    )


TERM = {"category": "member", "since": "2012", "ended": "", "end_reason": ""}


def test_one_is_added_with_a_term_a_focal_point_and_its_work(staff, development):
    sector = SectorFactory()
    data = form(
        terms=[TERM],
        focal_points=[{"name": "Ama", "email": "Ama@Example.org", "position": "", "telephone": ""}],
        works=[{"page": development.pk}],
        sectors=(sector.pk,),
        works_in=("KE", "PE"),
        profile_published="on",
    )
    answer = staff.post(reverse("organisations:add"), data)
    assert answer.status_code == 302, answer.context["form"].errors
    organisation = Organisation.objects.belonging().get()
    assert organisation.category == Category.MEMBER
    assert organisation.focal_points.get().normalised == "ama@example.org"
    assert organisation.works.get().page_id == development.pk
    assert list(organisation.sectors.all()) == [sector]
    assert organisation.works_in.count() == 2
    assert organisation.profile_published


def test_one_is_changed_and_what_was_there_stays(staff, development):
    term = MembershipFactory(organisation__name="Alpha")
    organisation = term.organisation
    person = FocalPointFactory(organisation=organisation)
    work = OrganisationWork.objects.create(organisation=organisation, page=development)
    edit = reverse("organisations:edit", args=[organisation.pk])
    assert development.title in staff.get(edit).text
    data = form(
        terms=[{**TERM, "id": term.pk}],
        focal_points=[{"id": person.pk, "name": "New", "email": person.email}],
        works=[{"id": work.pk, "page": development.pk, "DELETE": "on"}],
        listing="hidden",
    )
    answer = staff.post(edit, data)
    assert answer.status_code == 302, answer.context["form"].errors
    organisation.refresh_from_db()
    assert organisation.listing == Listing.HIDDEN
    assert organisation.memberships.get().pk == term.pk
    assert organisation.focal_points.get().name == "New"
    assert not organisation.works.exists()


def test_the_same_page_twice_is_refused_with_a_word(staff, development):
    page = {"page": development.pk}
    answer = staff.post(reverse("organisations:add"), form(terms=[TERM], works=[page, page]))
    assert answer.status_code == 200
    assert not Organisation.objects.exists()
    assert answer.context["form"].formsets["works"].non_form_errors()


def test_a_page_that_is_no_work_is_refused(staff, directory):
    data = form(terms=[TERM], works=[{"page": directory.pk}])
    answer = staff.post(reverse("organisations:add"), data)
    assert answer.status_code == 200
    assert not Organisation.objects.exists()


def test_staff_keep_the_list_of_sectors(staff):
    data = {"name": "Youth", "slug": "youth"}
    assert staff.post(reverse("sectors:add"), data).status_code == 302
    assert "Youth" in staff.get("/admin/sectors/").text
    sector = Sector.objects.get()
    data["name"] = "Young people"
    assert staff.post(reverse("sectors:edit", args=[sector.pk]), data).status_code == 302
    assert Sector.objects.get().name == "Young people"


def test_who_may_not_see_organisations_is_sent_away(client, home, staff_with):
    client.force_login(staff_with())
    assert client.get(LIST).status_code == 302
    assert client.get("/admin/sectors/").status_code == 302
