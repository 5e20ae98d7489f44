import pytest
from django.test import Client

from members.models import FocalPoint, Membership
from newsletter.models import Consent, HistoryEntry, MailingList, Subscriber
from newsletter.services import members_list
from newsletter.services.lists import ensure_lists
from newsletter.services.subscribing import join
from newsletter.wording import CONSENT_VERSION, MEMBERS_LIST_CONSENT
from tests.factories.accounts import signed_in
from tests.factories.members import FocalPointFactory, MembershipFactory

URL = "/listserv/members-list/"
AMA = "ama@amani.example"


@pytest.fixture
def organisation(home):
    ensure_lists()
    organisation = MembershipFactory(organisation__name="Amani Watch").organisation
    FocalPointFactory(organisation=organisation, name="Ama", email=AMA)
    FocalPointFactory(organisation=organisation, name="Kwame", email="kwame@amani.example")
    return organisation


@pytest.fixture
def ama(organisation):
    return signed_in(AMA)


def test_a_focal_point_of_a_member_is_offered_the_list(organisation, ama):
    text = ama.get(f"/account/organisations/{organisation.slug}/").content.decode()
    assert "Put me on the list" in text
    assert "as long as you are a focal point of a member" in text


def test_the_button_puts_them_on_it_at_once_with_their_consent(organisation, ama):
    back = f"/account/organisations/{organisation.slug}/"
    answer = ama.post(URL, {"next": back})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{back}#members-list")
    assert members_list.is_on(AMA)
    consent = Consent.objects.get()
    assert consent.confirmed_at is not None
    assert consent.wording == str(MEMBERS_LIST_CONSENT)
    assert (consent.wording_version, consent.how) == (CONSENT_VERSION, members_list.HOW)
    assert [one.slug for one in consent.mailing_lists.all()] == ["focal-points"]
    assert "You are on this mailing list" in ama.get(back).content.decode()


def test_pressing_it_twice_is_one_consent(organisation, ama):
    ama.post(URL)
    ama.post(URL)
    assert Consent.objects.count() == 1
    assert HistoryEntry.objects.filter(kind=HistoryEntry.Kind.JOINED).count() == 1


def test_nobody_else_gets_onto_the_list(organisation):
    assert signed_in("nobody@else.example").post(URL).status_code == 404
    assert Client().post(URL).status_code == 302
    assert not Subscriber.objects.exists()


def test_the_focal_point_of_a_former_member_is_offered_nothing(organisation, ama):
    Membership.objects.update(ended="2026-01-01")
    assert ama.post(URL).status_code == 404
    assert "Put me on" not in ama.get(f"/account/organisations/{organisation.slug}/").text


def test_the_button_leads_to_no_other_site(organisation, ama):
    answer = ama.post(URL, {"next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/account/#members-list"


def test_they_leave_by_a_button_and_may_come_back(organisation, ama):
    ama.post(URL)
    ama.post(URL, {"leave": ""})
    assert not members_list.is_on(AMA)
    ama.post(URL)
    assert members_list.is_on(AMA)
    assert Consent.objects.count() == 2


def on_list(ama):
    ama.post(URL)
    assert members_list.is_on(AMA)


def test_whoever_is_removed_leaves_the_list(organisation, ama, django_capture_on_commit_callbacks):
    on_list(ama)
    with django_capture_on_commit_callbacks(execute=True):
        FocalPoint.objects.get(name="Ama").delete()
    assert not members_list.is_on(AMA)
    left = HistoryEntry.objects.get(kind=HistoryEntry.Kind.LEFT)
    assert left.how == members_list.HOW_OVER


def test_the_old_address_of_whoever_moves_leaves_the_list(
    organisation, ama, django_capture_on_commit_callbacks
):
    on_list(ama)
    own = FocalPoint.objects.get(name="Ama")
    own.email = "ama@new.example"
    with django_capture_on_commit_callbacks(execute=True):
        own.save()
    assert not members_list.is_on(AMA)


def test_a_corrected_name_leaves_no_list(organisation, ama, django_capture_on_commit_callbacks):
    on_list(ama)
    own = FocalPoint.objects.get(name="Ama")
    own.name = "Ama E."
    with django_capture_on_commit_callbacks(execute=True):
        own.save()
    assert members_list.is_on(AMA)


def test_when_the_membership_ends_its_focal_points_leave_the_list(
    organisation, ama, django_capture_on_commit_callbacks
):
    on_list(ama)
    term = organisation.memberships.get()
    term.ended = "2026-01-01"
    with django_capture_on_commit_callbacks(execute=True):
        term.save()
    assert not members_list.is_on(AMA)


def test_the_focal_point_of_another_member_too_stays_on_the_list(
    organisation, ama, django_capture_on_commit_callbacks
):
    on_list(ama)
    FocalPointFactory(organisation=MembershipFactory().organisation, email=AMA)
    with django_capture_on_commit_callbacks(execute=True):
        organisation.focal_points.get(name="Ama").delete()
    assert members_list.is_on(AMA)


def test_a_change_of_category_takes_nobody_off_the_list(
    organisation, ama, django_capture_on_commit_callbacks
):
    on_list(ama)
    with django_capture_on_commit_callbacks(execute=True):
        term = organisation.memberships.get()
        term.ended = "2026-01-01"
        term.save()
        MembershipFactory(organisation=organisation, category="ngo_supporter", since="2026")
    assert members_list.is_on(AMA)


def test_other_lists_are_nobodys_business(organisation, ama, django_capture_on_commit_callbacks):
    on_list(ama)
    bulletin = MailingList.objects.get(slug="bulletin")
    subscriber = Subscriber.objects.get()
    join(subscriber, [bulletin], how="test")
    with django_capture_on_commit_callbacks(execute=True):
        FocalPoint.objects.get(name="Ama").delete()
    going_on = subscriber.subscriptions.confirmed()
    assert [one.mailing_list for one in going_on] == [bulletin]
