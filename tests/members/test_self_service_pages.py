import pytest
from django.test import Client

from members.models import Listing, OrganisationEvent, ProfileChange
from tests.factories.accounts import signed_in
from tests.factories.members import FocalPointFactory, MembershipFactory, OrganisationFactory

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def organisation():
    organisation = MembershipFactory(organisation__name="Amani Watch").organisation
    FocalPointFactory(organisation=organisation, name="Ama", email="ama@amani.example")
    return organisation


@pytest.fixture
def ama(organisation):
    return signed_in("ama@amani.example")


def page(organisation, rest=""):
    return f"/account/organisations/{organisation.slug}/{rest}"


PAGES = (
    "",
    "check/",
    "change/",
    "listing/",
    "resign/",
    "focal-points/add/",
    "focal-points/you/",
)


@pytest.mark.parametrize("rest", PAGES)
def test_a_page_is_there_for_its_focal_points_alone(organisation, rest):
    other = MembershipFactory().organisation
    FocalPointFactory(organisation=other, email="somebody@else.example")
    url = page(organisation, rest)
    assert signed_in("somebody@else.example").get(url).status_code == 404
    assert signed_in("nobody@else.example").get(url).status_code == 404
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer.url.startswith("/account/sign-in/")
    own = signed_in("AMA@amani.example").get(url, follow=True)
    assert own.status_code == 200
    assert "no-store" in own.headers["Cache-Control"]


def test_nobody_but_a_focal_point_can_press_a_button(organisation):
    stranger = signed_in("nobody@else.example")
    for rest in ("confirm/", "change/take-back/", "resign/", "listing/", "check/"):
        assert stranger.post(page(organisation, rest), {"listing": "hidden"}).status_code == 404
    organisation.refresh_from_db()
    assert organisation.listing == Listing.FULL
    assert not OrganisationEvent.objects.exists()


def test_the_page_shows_the_profile_as_the_public_sees_it(organisation, ama):
    organisation.about = "We watch the lakes."
    organisation.save()
    text = ama.get(page(organisation)).content.decode()
    assert "We watch the lakes." in text
    assert "Is everything still right?" not in text


def test_the_page_of_an_unnamed_member_shows_what_little_the_public_reads(organisation, ama):
    organisation.listing = Listing.UNNAMED
    organisation.about = "We watch the lakes."
    organisation.save()
    text = ama.get(page(organisation)).content.decode()
    assert "Visitors do not see your name" in text
    assert "Member, Africa" in text
    assert "We watch the lakes." not in text


def test_a_hidden_member_reads_that_it_is_shown_nowhere(organisation, ama):
    organisation.listing = Listing.HIDDEN
    organisation.save()
    assert "is shown nowhere" in ama.get(page(organisation)).content.decode()


def test_my_page_lists_ones_organisations_and_what_they_wait_for(organisation, ama):
    organisation.profile_published = False
    organisation.save()
    text = ama.get("/account/").content.decode()
    assert page(organisation) in text
    assert "Check your profile" in text
    assert page(organisation) not in signed_in("nobody@else.example").get("/account/").text


def test_an_organisation_that_never_was_a_member_has_no_page():
    organisation = OrganisationFactory()
    FocalPointFactory(organisation=organisation, email="ama@amani.example")
    assert signed_in("ama@amani.example").get(page(organisation)).status_code == 404


def test_what_waits_for_approval_is_shown_word_by_word(organisation, ama):
    ProfileChange.objects.create(
        organisation=organisation, before={"name": "Amani Watch"}, after={"name": "Amani Circle"}
    )
    text = ama.get(page(organisation)).content.decode()
    assert "What waits for approval" in text
    assert "Watch</del>" in text
    assert "Circle</ins>" in text
