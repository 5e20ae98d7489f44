import pytest
from django.utils import timezone

from icrtop.mail.models import Message
from members.models import EndReason, Membership, Organisation, OrganisationEvent, ProfileChange
from members.public import public_members
from tests.factories.accounts import signed_in
from tests.factories.members import FocalPointFactory, MembershipFactory

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def organisation():
    term = MembershipFactory(organisation__name="Amani Watch", on_steering_committee=True)
    FocalPointFactory(
        organisation=term.organisation, name="Ama", email="ama@amani.example", on_committee=True
    )
    FocalPointFactory(organisation=term.organisation, name="Kwame", email="kwame@amani.example")
    return term.organisation


@pytest.fixture
def url(organisation):
    return f"/account/organisations/{organisation.slug}/resign/"


@pytest.fixture
def ama(organisation):
    return signed_in("ama@amani.example")


def letters(purpose):
    found = Message.objects.filter(purpose=f"members.{purpose}")
    return sorted(one.address for message in found for one in message.deliveries.all())


def test_the_page_says_what_it_means_and_does_nothing(url, ama):
    text = ama.get(url).content.decode()
    assert "gone from the directory at once" in text
    assert "no longer sits on the Steering Committee" in text
    assert Membership.objects.current().exists()


def test_nobody_resigns_without_ticking_the_box(url, ama):
    answer = ama.post(url, {"why": "We merge"})
    assert "Tick the box" in answer.content.decode()
    assert "We merge" in answer.content.decode()
    assert Membership.objects.current().exists()


def test_resigning_ends_the_term_today_and_everybody_is_told(organisation, url, ama):
    answer = ama.post(url, {"why": "We merge", "sure": "on"}, follow=True)
    term = Membership.objects.get()
    assert (term.ended, term.end_reason) == (timezone.localdate(), EndReason.RESIGNED)
    assert letters("resigned") == ["ama@amani.example", "kwame@amani.example"]
    assert letters("notice_resigned") == ["secretariat@icrtop.example"]
    assert "We merge" in Message.objects.get(purpose="members.notice_resigned").text
    assert OrganisationEvent.objects.get(action="resigned").note == "We merge"
    text = answer.content.decode()
    assert "Apply again" in text
    assert "/join-the-coalition/apply/" in text


def test_a_member_that_resigned_is_gone_from_directory_and_committee(organisation, url, ama):
    assert [one.name for one in public_members()] == ["Amani Watch"]
    ama.post(url, {"sure": "on"})
    assert public_members() == []
    assert not Organisation.objects.steering_committee().exists()
    assert not organisation.focal_points.on_the_committee().exists()


def test_what_waited_for_approval_is_taken_back(organisation, url, ama):
    ProfileChange.objects.create(
        organisation=organisation, before={"city": ""}, after={"city": "A"}
    )
    ama.post(url, {"sure": "on"})
    assert ProfileChange.objects.get().state == ProfileChange.State.TAKEN_BACK


def test_resigning_twice_does_it_once(url, ama):
    assert ama.post(url, {"sure": "on"}).status_code == 303
    assert ama.post(url, {"sure": "on"}).status_code == 303
    assert letters("notice_resigned") == ["secretariat@icrtop.example"]


@pytest.mark.parametrize("rest", ["change/", "check/", "listing/", "focal-points/add/"])
def test_nothing_is_left_to_change_afterwards(organisation, url, ama, rest):
    ama.post(url, {"sure": "on"})
    own = f"/account/organisations/{organisation.slug}/"
    assert ama.get(own + rest).headers["Location"] == own


def test_staff_undo_it_by_the_organisations_page(organisation, url, ama):
    ama.post(url, {"sure": "on"})
    term = Membership.objects.get()
    term.ended, term.end_reason = None, ""
    term.save()
    assert [one.name for one in public_members()] == ["Amani Watch"]
    assert (
        "What the public sees"
        in ama.get(f"/account/organisations/{organisation.slug}/").content.decode()
    )
