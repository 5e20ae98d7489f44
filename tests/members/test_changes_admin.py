import pytest
from django.urls import reverse

from icrtop.mail.models import Message
from icrtop.places.models import Country
from members.models import Listing, Organisation, OrganisationEvent, ProfileChange
from members.profile_fields import seen, values_of
from members.services import profiles
from members.services.listing import choose_listing
from members.services.recording import Person
from tests.factories.members import FocalPointFactory, MembershipFactory

pytestmark = pytest.mark.usefixtures("home")

AMA = Person("Ama", "ama@amani.example")


@pytest.fixture
def organisation():
    organisation = MembershipFactory(
        organisation__name="Amani Watch", organisation__about="We watch the lake."
    ).organisation
    FocalPointFactory(organisation=organisation, name="Ama", email="ama@amani.example")
    FocalPointFactory(organisation=organisation, name="Kwame", email="kwame@amani.example")
    return organisation


def propose(organisation, **wanted):
    told = {**values_of(organisation), **wanted}
    del told["listing"]
    change = profiles.pending_change(organisation)
    return profiles.propose(organisation, AMA, told, seen(organisation, change))


@pytest.fixture
def change(organisation):
    return propose(organisation, about="We watch the lakes.", works_in=["GH"], country="KE")


@pytest.fixture
def staff(staff_with, client):
    codenames = ("view_profilechange", "change_profilechange", "view_organisation")
    client.force_login(staff_with(*codenames))
    return client


def url(change):
    return reverse("profile_changes:inspect", args=[change.pk])


def decision(staff, change, button, note=""):
    mark = staff.get(url(change)).context["form"]["seen"].value()
    return staff.post(url(change), {"seen": mark, "note": note, button: ""}, follow=True)


def letters(purpose):
    found = Message.objects.filter(purpose=f"members.{purpose}")
    return sorted(one.address for message in found for one in message.deliveries.all())


def test_staff_read_what_differs_word_by_word_and_without_colour(change, staff):
    text = staff.get(url(change)).content.decode()
    assert '<del><span class="w-sr-only">Removed: </span>lake.</del>' in text
    assert '<ins><span class="w-sr-only">Added: </span>lakes.</ins>' in text
    assert "Kenya" in text


def test_approving_changes_the_organisation_and_tells_who_proposed_it(organisation, change, staff):
    decision(staff, change, "approve", "With thanks")
    organisation.refresh_from_db()
    assert organisation.about == "We watch the lakes."
    assert organisation.country == Country.objects.get(code="KE")
    assert [one.pk for one in organisation.works_in.all()] == ["GH"]
    assert letters("change_approved") == ["ama@amani.example"]
    assert "With thanks" in Message.objects.get(purpose="members.change_approved").text
    change.refresh_from_db()
    assert change.state == ProfileChange.State.APPROVED
    assert change.decided_by.email == "staff@example.org"
    event = OrganisationEvent.objects.get(action="approved")
    assert (event.by_name, event.messages.count()) == ("Kofi Example", 1)


def test_declining_needs_reasons_which_go_to_who_proposed_it(organisation, change, staff):
    answer = decision(staff, change, "decline")
    assert "Say why: it goes into the letter." in answer.content.decode()
    assert not letters("change_declined")
    decision(staff, change, "decline", "Please send us a source.")
    organisation.refresh_from_db()
    assert organisation.about == "We watch the lake."
    assert letters("change_declined") == ["ama@amani.example"]
    assert "send us a source" in Message.objects.get(purpose="members.change_declined").text


def test_if_who_proposed_it_has_gone_all_focal_points_are_told(organisation, change, staff):
    organisation.focal_points.filter(name="Ama").delete()
    decision(staff, change, "approve")
    assert letters("change_approved") == ["kwame@amani.example"]


def test_what_staff_changed_meanwhile_is_shown_beside_it(organisation, change, staff):
    Organisation.objects.update(about="Staff wrote this.")
    page = staff.get(url(change))
    assert page.context["has_moved"]
    assert "Staff wrote this." in page.content.decode()


def test_nobody_approves_what_changed_after_they_had_read_it(organisation, change, staff):
    mark = staff.get(url(change)).context["form"]["seen"].value()
    Organisation.objects.update(about="Staff wrote this.")
    answer = staff.post(url(change), {"seen": mark, "approve": ""}, follow=True)
    assert "Nothing was done" in answer.content.decode()
    organisation.refresh_from_db()
    assert organisation.about == "Staff wrote this."


def test_nobody_approves_other_words_than_they_have_read(organisation, change, staff):
    mark = staff.get(url(change)).context["form"]["seen"].value()
    propose(organisation, about="Something else entirely.")
    staff.post(url(change), {"seen": mark, "approve": ""})
    organisation.refresh_from_db()
    assert organisation.about == "We watch the lake."


def test_the_second_of_two_who_decide_is_told(change, staff):
    mark = staff.get(url(change)).context["form"]["seen"].value()
    staff.post(url(change), {"seen": mark, "approve": ""})
    answer = staff.post(url(change), {"seen": mark, "decline": "", "note": "No"}, follow=True)
    assert "it was decided or taken back already" in answer.content.decode()
    assert letters("change_declined") == []


def test_who_may_only_look_decides_nothing(change, staff_with, client, organisation):
    client.force_login(staff_with("view_profilechange"))
    page = client.get(url(change))
    assert page.status_code == 200
    assert page.context["form"] is None
    mark = seen(organisation, change)
    client.post(url(change), {"seen": mark, "approve": ""})
    change.refresh_from_db()
    assert change.state == ProfileChange.State.PENDING


def test_approving_a_wish_to_be_shown_more_shows_more(organisation, staff):
    organisation.listing = Listing.HIDDEN
    organisation.save()
    choose_listing(organisation, AMA, Listing.UNNAMED)
    decision(staff, ProfileChange.objects.get(), "approve")
    organisation.refresh_from_db()
    assert organisation.listing == Listing.UNNAMED


def test_the_list_shows_what_waits_first_and_filters(organisation, change, staff):
    profiles.take_back(organisation, AMA)
    propose(organisation, city="Accra")
    page = staff.get(reverse("profile_changes:index"))
    states = [one.state for one in page.context["object_list"]]
    assert states == ["pending", "taken_back"]
    only = staff.get(reverse("profile_changes:index"), {"state": "taken_back"})
    assert [one.state for one in only.context["object_list"]] == ["taken_back"]
    home = staff.get(reverse("wagtailadmin_home")).content.decode()
    assert "1 change of a profile waits" in home
