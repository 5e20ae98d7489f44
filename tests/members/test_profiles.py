"""A member's own page: what it says, what it leads to, and who has none."""

import datetime

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from wagtail.models import PageViewRestriction

from events.models import EventIndexPage, EventPage
from icrtop.cache import _next_generation
from icrtop.places.models import Country
from members.models import DirectoryPage, Listing, Organisation, OrganisationWork
from members.public import preview
from pages.models import (
    DevelopmentIndexPage,
    DevelopmentPage,
    PublicationIndexPage,
    PublicationPage,
    SituationIndexPage,
    SituationPage,
)
from pages.page_forms import is_taken
from tests.factories.members import MembershipFactory, OrganisationFactory, SectorFactory

pytestmark = pytest.mark.django_db

URL = "/members/alpha-rights/"


def html(client, url=URL) -> str:
    cache.clear()
    return client.get(url).text


@pytest.fixture
def member(directory) -> Organisation:
    term = MembershipFactory(
        organisation__name="Alpha Rights",
        organisation__acronym="AR",
        organisation__city="Accra",
        organisation__website="https://www.alpha.example/",
        organisation__about="First lines.\n\nIt trains <b>monitors</b>.",
        founding=True,
        since="2009-01",
        on_steering_committee=True,
    )
    return term.organisation


def test_it_says_what_the_organisation_tells(client, member):
    member.sectors.add(SectorFactory(name="Human rights"))
    shown = html(client)
    for text in (
        "<h1>Alpha Rights (AR)</h1>",
        "First lines.",
        "&lt;b&gt;monitors",
        "Accra, Ghana",
        "Western Africa",
        "Founding Member, since January 2009",
        "On the Steering Committee",
        "Human rights",
        '<a href="https://www.alpha.example/" rel="noopener">alpha.example</a>',
        "Map: Ghana",
    ):
        assert text in shown, text


def test_search_engines_and_readers_know_where_they_are(client, member):
    shown = html(client, f"{URL}?from=letter")
    assert f'<link rel="canonical" href="{settings.BASE_URL}{URL}">' in shown
    assert "<title>Alpha Rights (AR) · " in shown
    assert '<meta name="description" content="First lines. It trains' in shown
    assert '<meta property="og:title" content="Alpha Rights (AR)">' in shown
    way = shown.partition('class="breadcrumbs"')[2].partition("</nav>")[0]
    assert '<a href="/">' in way
    assert '<a href="/members/">Members</a>' in way


def test_a_profile_without_a_text_still_describes_the_member(client, member):
    Organisation.objects.update(about="")
    shown = html(client)
    assert 'content="Alpha Rights (AR), Ghana: Member of the Coalition."' in shown
    assert "The organisation has not described its work here yet." in shown


def test_countries_of_work_lead_to_the_situations_there(client, home, member):
    index = home.add_child(instance=SituationIndexPage(title="Situations", slug="situations"))
    for title, code in (("Sudan", "SD"), ("Mali", "ML")):
        page = SituationPage(title=title, country=Country.objects.get(code=code))
        index.add_child(instance=page)
    SituationPage.objects.get(title="Mali").unpublish()
    member.works_in.set(["SD", "ML", "KE"])
    shown = html(client)
    assert '<a href="/situations/sudan/">Sudan</a>' in shown
    assert "<li>Mali</li>" in shown
    assert "<li>Kenya</li>" in shown


@pytest.fixture
def works(home, member) -> dict:
    """A publication, two developments and an event that the member had a part in."""

    def add(parent, page):
        parent.add_child(instance=page)
        OrganisationWork.objects.create(organisation=member, page=page)
        return page

    library = home.add_child(instance=PublicationIndexPage(title="Library", slug="library"))
    news = home.add_child(instance=DevelopmentIndexPage(title="News", slug="news"))
    calendar = home.add_child(instance=EventIndexPage(title="Events", slug="events"))
    return {
        "report": add(library, PublicationPage(title="A report", kind="report", date="2012")),
        "older": add(news, DevelopmentPage(title="Older", level="un", date="2010-03")),
        "newer": add(news, DevelopmentPage(title="Newer", level="un", date="2010-11-02")),
        "event": add(
            calendar,
            EventPage(
                title="A debate", kind="debate", start_date=datetime.date(2013, 5, 1), all_day=True
            ),
        ),
    }


def test_its_work_is_linked_by_kind_and_the_newest_comes_first(client, works):
    shown = html(client)
    places = [shown.index(f'"{works[name].url}"') for name in ("report", "newer", "older", "event")]
    assert places == sorted(places)
    for heading in ("Publications", "Developments", "Events"):
        assert f">{heading}</h2>" in shown


def test_work_that_visitors_may_not_read_is_not_shown(client, works):
    works["report"].unpublish()
    PageViewRestriction.objects.create(page=works["newer"], restriction_type="login")
    shown = html(client)
    assert "A report" not in shown
    assert "Newer" not in shown
    assert "Older" in shown


def test_work_of_others_is_not_shown(client, works):
    OrganisationWork.objects.update(organisation=MembershipFactory().organisation)
    assert "A debate" not in html(client)


def test_only_publications_developments_and_events_are_work(directory, works):
    (first, *_others) = OrganisationWork.objects.all()
    first.full_clean()
    first.page = directory
    with pytest.raises(ValidationError) as refusal:
        first.full_clean()
    assert set(refusal.value.message_dict) == {"page"}


def test_it_takes_few_queries_with_everything_on_it(
    client, member, works, django_assert_max_num_queries
):
    member.works_in.set(["SD", "ML", "KE"])
    member.sectors.set(SectorFactory.create_batch(3))
    client.get(URL)
    _next_generation()
    with django_assert_max_num_queries(10):
        client.get(URL)
    with django_assert_max_num_queries(0):
        assert client.get(URL)["X-Cache"] == "hit"


def make(member, what):
    if what == "ended":
        member.memberships.filter(ended=None).update(ended=datetime.date(2020, 1, 1))
    elif what == "unchecked":
        Organisation.objects.update(profile_published=False)
    else:
        Organisation.objects.update(listing=what)


@pytest.mark.parametrize("what", [Listing.UNNAMED, Listing.HIDDEN, "unchecked", "ended"])
def test_who_is_not_public_with_its_name_answers_as_nobody_does(client, member, what):
    make(member, what)
    cache.clear()
    answer, nobody = client.get(URL), client.get("/members/nobody-at-all/")
    assert answer.status_code == nobody.status_code == 404
    assert answer.text.replace("alpha-rights", "nobody-at-all") == nobody.text
    assert html(client, "/members/").find("Alpha") == -1


def test_a_directory_that_is_not_public_has_no_public_profiles(client, directory, member):
    restriction = PageViewRestriction.objects.create(page=directory, restriction_type="login")
    for path in (URL, "/members/members.csv", "/members/members.json", "/members/members.atom"):
        cache.clear()
        assert client.get(path).status_code == 404, path
    restriction.delete()
    DirectoryPage.objects.get().unpublish()
    cache.clear()
    assert client.get(URL).status_code == 404


def test_a_profile_is_found_without_its_last_slash(client, member):
    assert client.get(URL.rstrip("/"), follow=True).redirect_chain == [(URL, 301)]


def test_no_page_can_stand_where_a_profile_may(directory):
    assert is_taken("/members-home/members/anything/")
    assert not is_taken("/members-home/members/")


def test_the_sitemap_names_the_profiles(client, member):
    OrganisationFactory(name="Not a member")
    MembershipFactory(organisation__name="Hidden One", organisation__listing=Listing.HIDDEN)
    shown = html(client, "/sitemap.xml")
    assert f"<loc>{settings.BASE_URL}{URL}</loc>" in shown
    assert "hidden-one" not in shown
    assert "not-a-member" not in shown


def test_a_preview_shows_what_would_be_public(member):
    Organisation.objects.update(profile_published=False)
    assert preview(member).name == "Alpha Rights"
    Organisation.objects.update(listing=Listing.UNNAMED)
    assert preview(member).name == ""
    Organisation.objects.update(listing=Listing.HIDDEN)
    assert preview(member) is None


def test_only_reading_is_answered(client, member):
    assert client.post(URL).status_code == 405
    assert client.head(URL).status_code == 200
