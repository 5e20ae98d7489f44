"""The first members, sectors and pages, and what becomes of a directory that stood elsewhere."""

import pytest
from wagtail.contrib.redirects.models import Redirect

from members.content import (
    DIRECTORY,
    INTRODUCTION_OF_MEMBERS,
    load,
    load_founding_members,
    load_sectors,
)
from members.models import DirectoryPage, JoinPage, Membership, Organisation, Sector
from pages.models import BackgroundPage, SectionPage

pytestmark = pytest.mark.django_db


def html(response) -> str:
    return response.content.decode()


@pytest.fixture
def section(home):
    section = home.add_child(instance=SectionPage(title="The Coalition", slug="coalition"))
    section.add_child(instance=BackgroundPage(title="Purposes", slug="founding-purposes", body=[]))
    return section


def test_the_founders_come_from_the_facts(home):
    load_founding_members()
    founders = Organisation.objects.steering_committee()
    assert len(founders) == 8
    assert {one.founding for one in founders} == {True}
    secretariat = founders.get(acronym="WFM-IGP")
    assert "Hosts the Secretariat" in secretariat.about
    assert not secretariat.internal_note
    assert "Refugees Rights" in founders.get(acronym="IRRI").internal_note


def test_there_are_sectors_to_choose_from_and_no_founder_is_put_into_one(section, home):
    load(section, home)
    assert Sector.objects.filter(slug="human-rights").exists()
    assert not Organisation.objects.exclude(sectors=None).exists()


def test_sectors_that_staff_dropped_do_not_come_back(home):
    load_sectors()
    Sector.objects.exclude(slug="youth").delete()
    load_sectors()
    assert [one.slug for one in Sector.objects.all()] == ["youth"]


def test_loading_twice_changes_nothing_that_staff_changed(section, home):
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


def test_the_first_pages_render(client, section, home):
    load(section, home)
    assert "Kampala" in html(client.get("/members/"))
    assert "Accra" in html(client.get("/coalition/steering-committee/"))
    assert "20 October 2011" in html(client.get("/coalition/ngo-supporters/"))
    assert "not controlled by a government" in html(client.get("/join-the-coalition/"))


@pytest.fixture
def former(section):
    """The list of Members where it used to be, below the Coalition's section."""
    page = DirectoryPage(title="Members", slug="members", shows=DirectoryPage.Shows.MEMBERS)
    page.introduction = INTRODUCTION_OF_MEMBERS
    return section.add_child(instance=page)


def test_a_list_of_members_becomes_the_directory_and_its_address_leads_there(
    client, section, home, former, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        load(section, home)
    page = DirectoryPage.objects.get(pk=former.pk)
    assert page.url == "/members/"
    assert page.shows == DirectoryPage.Shows.EVERYONE
    assert page.introduction == DIRECTORY["introduction"]
    assert Redirect.objects.get().old_path == "/coalition/members"
    answer = client.get("/coalition/members/?region=002", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/members/")
    assert answer.status_code == 200


def test_what_staff_wrote_on_the_list_goes_with_it(section, home, former):
    former.introduction = "Written by staff."
    former.save()
    load(section, home)
    assert DirectoryPage.objects.get(pk=former.pk).introduction == "Written by staff."


def test_a_directory_that_staff_moved_stays_where_it_is(section, home):
    load(section, home)
    page = DirectoryPage.objects.get(shows=DirectoryPage.Shows.EVERYONE)
    page.move(section, pos="last-child")
    load(section, home)
    assert DirectoryPage.objects.get(pk=page.pk).url == "/coalition/members/"
    assert DirectoryPage.objects.count() == 3
