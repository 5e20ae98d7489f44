"""Several visits, several people, several tabs; and a session that ends while somebody types."""

import re

import pytest
from django.test import Client

from icrtop.mail.models import Message
from members.applying import people
from members.applying.drafts import begin
from members.models import Application, ApplicationPerson
from members.states import State
from tests.accounts.signing import CODE, code_in, letters_to
from tests.factories.accounts import signed_in
from tests.factories.members import COMPLETE, ApplicationFactory, complete_draft

pytestmark = pytest.mark.django_db

AMA, KOFI, EVE = "ama@example.org", "kofi@example.org", "eve@example.org"
INDEX = "/join-the-coalition/apply/"


@pytest.fixture(autouse=True)
def site(join_page):
    return join_page


@pytest.fixture
def draft():
    return begin(AMA)


@pytest.fixture
def ama():
    return signed_in(AMA)


def section_of(application, key="work"):
    return f"{application.get_absolute_url()}{key}/"


def version_at(client, address):
    return client.get(address).context["version"]


def test_an_application_is_begun_left_and_gone_on_with_from_another_device(ama):
    begun = ama.post(f"{INDEX}begin/")
    first = begun["Location"]
    ama.post(f"{first}work/", {"work": "First", "version": version_at(ama, f"{first}work/")})

    second = signed_in(AMA)
    assert first in second.get(INDEX).text
    assert "In progress" not in second.get(first).text
    about = {"acronym": "EX", "version": version_at(second, f"{first}about/")}
    second.post(f"{first}about/", about)

    third = signed_in(AMA)
    page = third.get(first).text
    assert (page.count("Complete</span>"), page.count("In progress")) == (1, 1)
    application = Application.objects.get()
    assert (application.answers["work"], application.answers["acronym"]) == ("First", "EX")
    assert [event.action for event in application.trail] == ["begin"]


def test_a_double_click_begins_one(ama):
    assert ama.post(f"{INDEX}begin/")["Location"] == ama.post(f"{INDEX}begin/")["Location"]
    assert Application.objects.count() == 1


@pytest.mark.parametrize(
    "path",
    ["", "work/", "about/", "check/", "people/", "withdraw/", "delete/", "documents/", "nothing/"],
)
def test_somebody_elses_application_is_as_one_that_is_not_there(draft, path):
    eve = signed_in(EVE)
    there = eve.get(f"{draft.get_absolute_url()}{path}")
    guessed = eve.get(f"{INDEX}A-2222-2222/{path}")
    assert there.status_code == guessed.status_code == 404
    visitor = Client().get(f"{draft.get_absolute_url()}{path}")
    assert visitor.status_code == 302
    assert visitor["Location"].startswith("/account/")


@pytest.mark.parametrize("path", ["work/", "send/", "withdraw/", "delete/", "people/"])
def test_nobody_else_changes_it(draft, path):
    answer = signed_in(EVE).post(f"{draft.get_absolute_url()}{path}", {"work": "x", "email": EVE})
    assert answer.status_code == 404
    draft.refresh_from_db()
    assert draft.answers == {}
    assert draft.people.count() == 1


def test_an_invitation_is_a_letter_with_a_link_and_counts_once_they_come(ama, draft):
    answer = ama.post(f"{draft.get_absolute_url()}people/", {"email": "Kofi@Example.org"})
    assert answer["Location"] == f"{draft.get_absolute_url()}people/?invited"
    letter = Message.objects.get(purpose="members.invited")
    assert [one.normalised for one in letter.deliveries.all()] == [KOFI]
    assert draft.get_absolute_url() in letter.text
    assert AMA in letter.text
    assert "not here yet" in ama.get(f"{draft.get_absolute_url()}people/").text

    assert signed_in(KOFI).get(draft.get_absolute_url()).status_code == 200
    person = draft.people.get(normalised=KOFI)
    assert person.joined_at
    assert [event.action for event in draft.trail] == ["begin", "invite", "join"]


def test_whoever_was_invited_sees_it_among_theirs(draft):
    people.invite(draft, KOFI, AMA)
    kofi = signed_in(KOFI)
    assert draft.reference in kofi.get(INDEX).text
    assert draft.reference in kofi.get("/account/").text


def test_the_answer_to_an_invitation_is_the_same_for_every_address(ama, draft):
    signed_in(KOFI)
    address = f"{draft.get_absolute_url()}people/"
    assert {ama.post(address, {"email": each})["Location"] for each in (KOFI, EVE, AMA)} == {
        f"{address}?invited"
    }
    assert Message.objects.filter(purpose="members.invited").count() == 2


def test_nobody_is_bombed_with_invitations(ama, draft):
    for _number in range(3):
        people.invite(draft, EVE, AMA)
    other = begin(KOFI)
    with pytest.raises(people.CannotInvite):
        people.invite(other, "e.v.e+x@example.org", KOFI)
    assert Message.objects.filter(purpose="members.invited").count() == 3
    assert other.people.count() == 1


def test_an_application_has_room_for_ten_people(draft, ama):
    for number in range(people.MOST_PEOPLE - 1):
        ApplicationPerson.objects.create(
            application=draft, email=f"p{number}@example.org", normalised=f"p{number}@example.org"
        )
    answer = ama.post(f"{draft.get_absolute_url()}people/", {"email": EVE})
    assert "There are 10 people already" in answer.text
    assert draft.people.count() == people.MOST_PEOPLE


def test_an_invitation_takes_no_room_from_whoever_is_invited():
    for number in range(4):
        inviter = f"somebody{number}@example.org"
        ApplicationPerson.objects.create(
            application=begin(inviter), email=EVE, normalised=EVE, invited_by=inviter
        )
    assert begin(EVE).people.get().normalised == EVE


def test_somebody_is_taken_off_and_the_last_one_is_not(ama, draft):
    people.invite(draft, KOFI, AMA)
    address = f"{draft.get_absolute_url()}people/"
    mine, theirs = draft.people.order_by("pk")
    kept = ama.post(f"{address}{mine.pk}/remove/", follow=True)
    assert "Somebody has to be able to go on" in kept.text
    assert draft.people.count() == 2

    kofi = signed_in(KOFI)
    kofi.get(draft.get_absolute_url())
    assert ama.post(f"{address}{theirs.pk}/remove/").status_code == 302
    assert kofi.get(draft.get_absolute_url()).status_code == 404
    assert [event.action for event in draft.trail][-1] == "remove_person"


def test_a_person_of_another_application_is_not_taken_off(ama, draft):
    other = ApplicationFactory(person=EVE)
    ama.post(f"{draft.get_absolute_url()}people/{other.people.get().pk}/remove/")
    assert other.people.count() == 1


def test_the_second_tab_overwrites_nothing_silently(ama, draft):
    address = section_of(draft, "about")
    version = version_at(ama, address)
    ama.post(address, {"acronym": "ONE", "city": "Accra", "version": version})
    second = ama.post(address, {"acronym": "TWO", "city": "Accra", "version": version})
    assert second.status_code == 200
    draft.refresh_from_db()
    assert draft.answers["acronym"] == "ONE"
    form = second.context["form"]
    assert set(form.errors) == {"acronym", "__all__"}
    assert 'value="TWO"' in second.text
    assert re.search(r'stored-now">.*?ONE', second.text, re.S)
    assert 'href="#id_acronym"' in second.text

    knowing = {"acronym": "TWO", "city": "Accra", "version": second.context["version"]}
    assert ama.post(address, knowing).status_code == 302
    draft.refresh_from_db()
    assert draft.answers["acronym"] == "TWO"


def test_the_same_from_two_tabs_is_no_conflict(ama, draft):
    version = version_at(ama, section_of(draft))
    for _tab in range(2):
        answer = ama.post(section_of(draft), {"work": "Early warning.", "version": version})
        assert answer.status_code == 302


def test_another_section_of_a_colleague_is_no_conflict(ama, draft):
    version = version_at(ama, section_of(draft))
    people.invite(draft, KOFI, AMA)
    kofi = signed_in(KOFI)
    about = section_of(draft, "about")
    kofi.post(about, {"acronym": "EX", "version": version_at(kofi, about)})
    assert ama.post(section_of(draft), {"work": "x", "version": version}).status_code == 302


def test_without_a_version_nothing_is_overwritten_either(ama, draft):
    ama.post(section_of(draft), {"work": "x", "version": version_at(ama, section_of(draft))})
    assert ama.post(section_of(draft), {"work": "y"}).status_code == 200
    draft.refresh_from_db()
    assert draft.answers["work"] == "x"


def sign_in(client, email, address):
    """Sign in as people do, on the way to a page: an address, and the code out of the letter."""
    client.get(address, follow=True)
    way = client.get(address)["Location"]
    client.post(way, {"email": email})
    return client.post(CODE, {"code": code_in(letters_to(email)[-1])}, follow=True)


def test_a_session_that_ends_while_somebody_types_loses_nothing(ama, draft):
    address = section_of(draft)
    version = version_at(ama, address)
    ama.session.flush()
    lost = ama.post(address, {"work": "A long text.", "version": version})
    assert lost.status_code == 302
    draft.refresh_from_db()
    assert draft.answers == {}

    page = sign_in(ama, AMA, address)
    assert page.redirect_chain[-1][0] == address
    assert "A long text." in page.text
    assert "You were signed out" in page.text
    draft.refresh_from_db()
    assert draft.answers == {}
    saved = {"work": "A long text.", "version": page.context["version"]}
    assert ama.post(address, saved).status_code == 302
    draft.refresh_from_db()
    assert draft.answers["work"] == "A long text."


def test_what_was_kept_is_no_excuse_to_overwrite(ama, draft):
    """While the session was over, a colleague has saved the section."""
    address = section_of(draft)
    version = version_at(ama, address)
    ama.session.flush()
    ama.post(address, {"work": "Mine.", "version": version})
    draft.answers = {"work": "Theirs."}
    draft.save()
    page = sign_in(ama, AMA, address)
    answer = ama.post(address, {"work": "Mine.", "version": page.context["version"]})
    assert answer.status_code == 200
    assert "Theirs." in answer.text
    draft.refresh_from_db()
    assert draft.answers["work"] == "Theirs."


def test_an_anonymised_application_is_nobodys(ama):
    application = complete_draft(AMA, state=State.DECLINED, anonymised_at="2020-01-01T00:00Z")
    assert ama.get(application.get_absolute_url()).status_code == 404
    assert COMPLETE["organisation_name"] not in ama.get(INDEX).text
