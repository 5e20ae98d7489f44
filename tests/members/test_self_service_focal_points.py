from urllib.parse import urlsplit

import pytest
from django.test import Client

from icrtop.mail.models import Message
from members.models import FocalPoint, OrganisationEvent
from members.services import focal_points
from members.services.recording import Person
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
def ama(organisation):
    return signed_in("ama@amani.example")


def page(organisation, rest=""):
    return f"/account/organisations/{organisation.slug}/{rest}"


def letters(purpose):
    found = Message.objects.filter(purpose=f"members.{purpose}")
    return sorted(one.address for message in found for one in message.deliveries.all())


def moving_link():
    message = Message.objects.get(purpose="members.new_address")
    return urlsplit(next(word for word in message.text.split() if "/address/" in word)).path


YOURS = {"name": "Ama", "email": "ama@amani.example", "position": "", "telephone": ""}


def test_a_new_focal_point_gets_a_letter_and_the_others_are_told(organisation, ama):
    told = {"name": "Esi", "email": "esi@amani.example", "position": "Director", "telephone": ""}
    assert ama.post(page(organisation, "focal-points/add/"), told).status_code == 303
    assert letters("focal_point_added") == ["esi@amani.example"]
    assert letters("focal_points_changed") == ["ama@amani.example", "kwame@amani.example"]
    assert signed_in("esi@amani.example").get(page(organisation)).status_code == 200
    event = OrganisationEvent.objects.get(action="added_focal_point")
    assert (event.by_name, event.note) == ("Ama (ama@amani.example)", "Esi (esi@amani.example)")


def test_nobody_makes_a_voter_by_themselves(organisation, ama):
    told = {"name": "Esi", "email": "esi@amani.example", "on_committee": "on"}
    ama.post(page(organisation, "focal-points/add/"), told)
    assert not FocalPoint.objects.get(name="Esi").on_committee
    kwame = signed_in("kwame@amani.example")
    own = {"name": "Kwame", "email": "kwame@amani.example", "on_committee": "on"}
    kwame.post(page(organisation, "focal-points/you/"), own)
    assert not FocalPoint.objects.get(name="Kwame").on_committee


def test_an_address_that_is_there_already_is_refused(organisation, ama):
    told = {"name": "Kwame again", "email": "KWAME@amani.example"}
    answer = ama.post(page(organisation, "focal-points/add/"), told)
    assert "has a focal point with this address" in answer.content.decode()
    assert organisation.focal_points.count() == 2


def test_somebody_corrects_their_own_data(organisation, ama):
    ama.post(page(organisation, "focal-points/you/"), YOURS | {"telephone": "+233 30 1"})
    assert FocalPoint.objects.get(name="Ama").telephone == "+233 30 1"
    assert FocalPoint.objects.get(name="Ama").on_committee
    assert OrganisationEvent.objects.filter(action="changed_focal_point").count() == 1
    assert not Message.objects.exists()


def test_a_new_address_counts_once_its_mailbox_has_answered(organisation, ama):
    ama.post(page(organisation, "focal-points/you/"), YOURS | {"email": "ama@new.example"})
    assert letters("new_address") == ["ama@new.example"]
    link = moving_link()
    visitor = Client()
    assert "ama@new.example" in visitor.get(link).content.decode()
    assert FocalPoint.objects.get(name="Ama").email == "ama@amani.example"
    assert visitor.post(link).status_code == 200
    assert FocalPoint.objects.get(name="Ama").normalised == "ama@new.example"
    assert letters("focal_points_changed") == ["ama@amani.example", "kwame@amani.example"]
    assert ama.get(page(organisation)).status_code == 404
    assert signed_in("ama@new.example").get(page(organisation)).status_code == 200
    assert visitor.post(link).status_code == 404


def test_whoever_votes_and_moves_votes_again_only_when_staff_say_so(organisation, ama):
    ama.post(page(organisation, "focal-points/you/"), YOURS | {"email": "ama@new.example"})
    Client().post(moving_link())
    assert not FocalPoint.objects.get(name="Ama").on_committee
    assert letters("notice_voter") == ["secretariat@icrtop.example"]


def test_a_link_to_an_address_that_somebody_else_took_meanwhile_moves_nobody(organisation, ama):
    ama.post(page(organisation, "focal-points/you/"), YOURS | {"email": "esi@amani.example"})
    FocalPointFactory(organisation=organisation, name="Esi", email="esi@amani.example")
    assert Client().post(moving_link()).status_code == 404
    assert FocalPoint.objects.get(name="Ama").email == "ama@amani.example"


def test_a_focal_point_is_removed_and_told(organisation, ama):
    kwame = FocalPoint.objects.get(name="Kwame")
    url = page(organisation, f"focal-points/{kwame.pk}/remove/")
    assert ama.get(url).status_code == 200
    assert organisation.focal_points.count() == 2
    ama.post(url)
    assert [one.name for one in organisation.focal_points.all()] == ["Ama"]
    assert letters("focal_points_changed") == ["ama@amani.example", "kwame@amani.example"]
    assert signed_in("kwame@amani.example").get(page(organisation)).status_code == 404


def test_whoever_removes_themselves_is_out_at_once(organisation, ama):
    own = FocalPoint.objects.get(name="Ama")
    answer = ama.post(page(organisation, f"focal-points/{own.pk}/remove/"))
    assert "You are no longer a focal point" in answer.content.decode()
    assert ama.get(page(organisation)).status_code == 404


def test_an_organisation_keeps_its_last_focal_point(organisation, ama):
    FocalPoint.objects.filter(name="Kwame").delete()
    own = FocalPoint.objects.get()
    answer = ama.post(page(organisation, f"focal-points/{own.pk}/remove/"))
    assert "at least one focal point" in answer.content.decode()
    with pytest.raises(focal_points.LastFocalPoint):
        focal_points.remove(own, Person("Ama"))
    assert FocalPoint.objects.exists()


def test_the_focal_point_of_another_organisation_is_not_removed_from_here(organisation, ama):
    stranger = FocalPointFactory(organisation=MembershipFactory().organisation)
    url = page(organisation, f"focal-points/{stranger.pk}/remove/")
    assert ama.post(url).status_code == 404
    assert FocalPoint.objects.filter(pk=stranger.pk).exists()
