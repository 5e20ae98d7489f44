import pytest

from icrtop.mail.models import Message
from icrtop.places.models import Country
from members.models import Listing, Organisation, OrganisationEvent, ProfileChange, Sector
from members.public import public_members
from tests.factories.accounts import signed_in
from tests.factories.members import FocalPointFactory, MembershipFactory

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def organisation():
    organisation = MembershipFactory(
        organisation__name="Amani Watch", organisation__about="We watch."
    ).organisation
    FocalPointFactory(organisation=organisation, name="Ama", email="ama@amani.example")
    FocalPointFactory(organisation=organisation, name="Kwame", email="kwame@amani.example")
    return organisation


@pytest.fixture
def new(organisation):
    organisation.profile_published = False
    organisation.save()
    return organisation


@pytest.fixture
def ama(organisation):
    return signed_in("ama@amani.example")


def page(organisation, rest=""):
    return f"/account/organisations/{organisation.slug}/{rest}"


def filled(client, url, **changed):
    """What a browser would send from the form at a page, with some fields changed."""
    form = client.get(url).context["form"]
    told = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
    return {name: value for name, value in told.items() if value is not None} | changed


def letters(purpose):
    found = Message.objects.filter(purpose=f"members.{purpose}")
    return sorted(one.address for message in found for one in message.deliveries.all())


def test_a_new_member_is_in_no_directory_before_it_has_checked_its_profile(new, ama):
    assert public_members() == []
    assert "Nothing of your organisation is public yet" in ama.get(page(new)).content.decode()


def test_checking_makes_the_profile_public_with_its_corrections(new, ama):
    url = page(new, "check/")
    answer = ama.post(url, filled(ama, url, about="We watch the lakes.", city="Accra"))
    assert answer.status_code == 303
    new.refresh_from_db()
    assert new.profile_published
    assert new.profile_checked_at
    assert [one.about for one in public_members()] == ["We watch the lakes."]
    correction = ProfileChange.objects.get()
    assert correction.state == ProfileChange.State.APPROVED
    assert correction.before == {"city": "", "about": "We watch."}
    assert letters("profile_public") == ["ama@amani.example", "kwame@amani.example"]
    assert letters("notice_profile") == ["secretariat@icrtop.example"]
    notice = Message.objects.get(purpose="members.notice_profile")
    assert "We watch the lakes." in notice.text
    event = OrganisationEvent.objects.get(action="checked_profile")
    assert event.by_name == "Ama (ama@amani.example)"
    assert event.messages.count() == 2


def test_checking_twice_does_it_once(new, ama):
    url = page(new, "check/")
    sent = filled(ama, url)
    assert ama.post(url, sent).status_code == 303
    assert ama.post(url, sent).status_code == 303
    assert OrganisationEvent.objects.filter(action="checked_profile").count() == 1
    assert letters("notice_profile") == ["secretariat@icrtop.example"]


def test_what_the_committee_decided_on_is_not_corrected_by_checking(new, ama):
    url = page(new, "check/")
    ama.post(url, filled(ama, url) | {"name": "Another Name", "country": "FR"})
    new.refresh_from_db()
    assert (new.name, new.country_id) == ("Amani Watch", "GH")
    assert new.profile_published


def test_another_name_can_be_proposed_before_the_profile_is_public(new, ama):
    url = page(new, "change/")
    sent = filled(ama, url, name="Amani Watch Ghana")
    assert set(sent) == {"name", "country", "seen"}
    ama.post(url, sent)
    assert ProfileChange.objects.get().after == {"name": "Amani Watch Ghana"}


@pytest.mark.parametrize("listing", [Listing.UNNAMED, Listing.HIDDEN])
def test_a_new_member_in_danger_chooses_not_to_be_named(new, ama, listing):
    url = page(new, "check/")
    ama.post(url, filled(ama, url, listing=listing))
    assert not any(one.is_named for one in public_members())
    assert len(public_members()) == (1 if listing == Listing.UNNAMED else 0)


def test_a_profile_that_staff_changed_meanwhile_is_looked_at_again(new, ama):
    url = page(new, "check/")
    sent = filled(ama, url)
    Organisation.objects.update(city="Kumasi")
    answer = ama.post(url, sent)
    assert answer.status_code == 200
    assert "changed these details since" in answer.content.decode()
    new.refresh_from_db()
    assert not new.profile_published
    again = sent | {"seen": answer.context["form"]["seen"].value()}
    assert ama.post(url, again).status_code == 303


def test_a_proposal_holds_only_what_differs_and_changes_nothing_yet(organisation, ama):
    rights = Sector.objects.create(name="Human rights", slug="human-rights")
    url = page(organisation, "change/")
    sent = filled(ama, url, website="amani.example", sectors=["human-rights"], works_in=["GH"])
    assert ama.post(url, sent).status_code == 303
    change = ProfileChange.objects.get()
    assert change.before == {"website": "", "sectors": [], "works_in": []}
    assert change.after == {
        "website": "https://amani.example",
        "sectors": ["human-rights"],
        "works_in": ["GH"],
    }
    assert (change.by_name, change.by_email) == ("Ama", "ama@amani.example")
    organisation.refresh_from_db()
    assert organisation.website == ""
    assert not organisation.sectors.filter(pk=rights.pk).exists()
    assert letters("notice_change") == ["secretariat@icrtop.example"]
    notice = Message.objects.get(purpose="members.notice_change")
    assert f"/admin/profile-changes/inspect/{change.pk}/" in notice.text
    assert notice.headers["Reply-To"] == "ama@amani.example"


def test_proposing_again_takes_the_place_of_what_waits(organisation, ama):
    url = page(organisation, "change/")
    ama.post(url, filled(ama, url, city="Accra"))
    ama.post(url, filled(ama, url, city="Kumasi"))
    assert ProfileChange.objects.get().after == {"city": "Kumasi"}


def test_a_proposal_of_what_is_there_already_waits_for_nobody(organisation, ama):
    url = page(organisation, "change/")
    ama.post(url, filled(ama, url, city="Accra"))
    answer = ama.post(url, filled(ama, url, city=""), follow=True)
    assert "Nothing differs" in answer.content.decode()
    assert ProfileChange.objects.get().state == ProfileChange.State.TAKEN_BACK


def test_line_ends_of_browsers_are_no_change(organisation, ama):
    Organisation.objects.update(about="One.\nTwo.")
    url = page(organisation, "change/")
    ama.post(url, filled(ama, url, about="One.\r\nTwo.\r\n"))
    assert not ProfileChange.objects.exists()


def test_a_proposal_from_an_old_tab_does_not_overwrite_a_colleagues(organisation, ama):
    url = page(organisation, "change/")
    old = filled(ama, url, city="Accra")
    kwame = signed_in("kwame@amani.example")
    kwame.post(url, filled(kwame, url, website="amani.example"))
    answer = ama.post(url, old)
    assert answer.status_code == 200
    assert "Somebody else has changed these details" in answer.content.decode()
    assert ProfileChange.objects.get().after == {"website": "https://amani.example"}


def test_a_proposal_can_be_taken_back(organisation, ama):
    url = page(organisation, "change/")
    ama.post(url, filled(ama, url, city="Accra"))
    ama.post(page(organisation, "change/take-back/"))
    assert ProfileChange.objects.get().state == ProfileChange.State.TAKEN_BACK
    ama.post(page(organisation, "change/take-back/"))
    assert OrganisationEvent.objects.filter(action="took_back").count() == 1


def test_a_wrong_website_is_refused_and_nothing_typed_is_lost(organisation, ama):
    url = page(organisation, "change/")
    answer = ama.post(url, filled(ama, url, website="not a website", about="New words"))
    text = answer.content.decode()
    assert "Enter a website such as example.org." in text
    assert "New words" in text
    assert not ProfileChange.objects.exists()


def test_to_be_shown_less_takes_effect_at_once_and_everybody_is_told(organisation, ama):
    ama.post(page(organisation, "listing/"), {"listing": "hidden"})
    assert public_members() == []
    assert letters("listing_changed") == ["ama@amani.example", "kwame@amani.example"]
    assert letters("notice_listing") == ["secretariat@icrtop.example"]


def test_to_be_shown_more_waits_for_staff(organisation, ama):
    Organisation.objects.update(listing=Listing.UNNAMED)
    answer = ama.post(page(organisation, "listing/"), {"listing": "full"}, follow=True)
    assert "secretariat looks at it" in answer.content.decode()
    assert not any(one.is_named for one in public_members())
    assert ProfileChange.objects.get().after == {"listing": "full"}
    assert letters("listing_changed") == ["ama@amani.example", "kwame@amani.example"]


def test_a_proposal_keeps_the_wish_to_be_shown_more(organisation, ama):
    Organisation.objects.update(listing=Listing.UNNAMED)
    ama.post(page(organisation, "listing/"), {"listing": "full"})
    url = page(organisation, "change/")
    ama.post(url, filled(ama, url, city="Accra"))
    assert ProfileChange.objects.get().after == {"city": "Accra", "listing": "full"}


def test_whoever_wants_to_be_hidden_takes_back_the_wish_to_be_shown_more(organisation, ama):
    Organisation.objects.update(listing=Listing.UNNAMED)
    ama.post(page(organisation, "listing/"), {"listing": "full"})
    ama.post(page(organisation, "listing/"), {"listing": "hidden"})
    assert ProfileChange.objects.get().state == ProfileChange.State.TAKEN_BACK
    organisation.refresh_from_db()
    assert organisation.listing == Listing.HIDDEN


def test_what_is_typed_when_the_session_has_ended_is_not_lost(organisation, ama):
    url = page(organisation, "change/")
    sent = filled(ama, url, about="Many words")
    ama.logout()
    answer = ama.post(url, sent)
    assert answer.status_code == 302
    back = signed_in("ama@amani.example", ama).get(url)
    assert "Many words" in back.content.decode()
    assert not ProfileChange.objects.exists()


def test_the_countries_are_those_of_the_site(organisation, ama):
    url = page(organisation, "change/")
    answer = ama.post(url, filled(ama, url, works_in=["XX"]))
    assert "Select a valid choice" in answer.content.decode()
    assert Country.objects.filter(code="GH").exists()
