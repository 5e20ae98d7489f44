"""What the Steering Committee sees and sends, and what nobody else sees."""

import datetime
import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from members.ballots.access import READ_DAYS
from members.ballots.closing import close_due_ballots
from members.models import Ballot, FocalPoint, Membership, Vote
from members.services import staff
from tests.factories.accounts import signed_in
from tests.factories.members import ApplicationFactory, FocalPointFactory, MembershipFactory
from tests.members.ballot_scene import open_scene, voter

pytestmark = pytest.mark.django_db

INDEX = "/committee/"
ANSWERS = {
    "organisation_name": "Example Society",
    "category": "member",
    "work": "We teach early warning.",
    "focal_1_name": "Ama Example",
    "focal_1_email": "ama@secret.example",
    "focal_1_position": "Director",
    "focal_1_telephone": "+233 55 777",
    "general_email": "office@secret.example",
}


@pytest.fixture
def scene(home, staff_with):
    return open_scene(staff_with, organisation_name="Example Society", answers=ANSWERS)


@pytest.fixture
def member(scene):
    return signed_in(voter(0))


def url(scene):
    return reverse("committee:ballot", args=[scene.application.reference])


def text_of(response):
    return " ".join(html.unescape(response.content.decode()).split())


def send(member, scene, choice, comment="", **more):
    """Open the page, and send its form."""
    seen = member.get(url(scene)).context["form"].initial["seen"]
    data = {"choice": choice, "comment": comment, "seen": seen, **more}
    return member.post(url(scene), data)


def test_visitors_are_led_to_sign_in(client, scene):
    for address in (INDEX, url(scene)):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/account/sign-in/")


def test_for_who_is_not_on_the_committee_there_are_no_such_pages(scene):
    FocalPointFactory(
        organisation=MembershipFactory().organisation, on_committee=True, email="m@example.org"
    )
    applicant = scene.application.people.get().email
    for address in ("stranger@example.org", "m@example.org", applicant):
        client = signed_in(address)
        assert client.get(INDEX).status_code == 404
        assert client.get(url(scene)).status_code == 404
        assert client.post(url(scene), {"choice": "yes"}).status_code == 404
        assert "Ballots" not in text_of(client.get("/account/"))


@pytest.mark.parametrize("state", ["draft", "under_review", "accepted"])
def test_an_application_that_was_never_voted_on_is_not_there(member, scene, state):
    other = ApplicationFactory(state=state)
    assert member.get(reverse("committee:ballot", args=[other.reference])).status_code == 404


def test_the_first_page_says_what_waits_and_what_was_voted(member, scene):
    page = text_of(member.get(INDEX))
    assert "Waiting for your organisation" in page
    assert "0 of 5 seats have voted" in page
    scene.vote(0, "no", "Too early.")
    page = text_of(member.get(INDEX))
    assert "No ballot waits for you." in page
    assert "Seat 0 has voted: <strong>No, decline</strong>" in page
    scene.deadline_was()
    assert "The votes are being counted." in text_of(member.get(INDEX))
    close_due_ballots()
    page = text_of(member.get(INDEX))
    assert "<strong>No quorum</strong>" in page
    assert "1 of 5 voted, quorum 3; 0 in favour, 1 against." in page


def test_a_first_page_with_many_ballots_needs_no_more_queries(member, scene, staff_with):
    member.get(INDEX)
    with CaptureQueriesContext(connection) as one:
        member.get(INDEX)
    for index in range(3):
        open_scene(lambda *names, at=index: staff_with(*names, email=f"s{at}@example.org"), seats=0)
    with CaptureQueriesContext(connection) as many:
        response = member.get(INDEX)
    assert len(response.context["ballots"].waiting) == 4
    assert len(many) == len(one)


def test_the_file_holds_the_answers_and_no_way_to_reach_people(member, scene):
    scene.application.notes.create(text="We doubt it.", by_name="Kofi")
    page = text_of(member.get(url(scene)))
    for said in ("Example Society", "We teach early warning.", "Ama Example", "Director"):
        assert said in page
    for kept in ("secret.example", "+233 55 777", "+233 30 1", "We doubt it.", "Kofi"):
        assert kept not in page
    for person in scene.application.people.all():
        assert person.email not in page


def test_the_rules_are_told_in_words_with_the_deadline_in_two_zones(member, scene):
    Ballot.objects.update(closes_at=datetime.datetime(2100, 1, 5, 3, 0, tzinfo=datetime.UTC))
    page = text_of(member.get(url(scene)))
    assert "Monday, 4 January 2100, 22:00 New York time (5 January, 03:00 UTC)" in page
    assert "At least 50% of the seats that take part must vote: 3 of 5 if all do." in page
    assert "More than half of the votes in favour and against." in page


def test_a_vote_is_sent_changed_and_shown_with_who_cast_it(member, scene):
    response = send(member, scene, "yes", "Good work.")
    assert response.status_code == 302
    page = text_of(member.get(response["Location"]))
    assert "vote is recorded" in page
    assert "Seat 0 has voted: Yes, accept" in page
    assert "Cast by Voter 0" in page
    assert "Good work." in page
    send(member, scene, "recused")
    assert Vote.objects.count() == 2
    assert "Seat 0 has voted: Take no part" in text_of(member.get(url(scene)))


def test_while_a_ballot_is_open_the_others_votes_are_not_shown_but_what_to_discuss_is(
    member, scene
):
    scene.vote(1, "no", "They are too small.")
    scene.vote(2, "discuss", "Who funds them?")
    page = text_of(member.get(url(scene)))
    assert "2 of 5 seats have voted" in page
    assert "Who funds them?" in page
    assert "Seat 2" in page
    assert "They are too small." not in page
    assert "Seat 1" not in page


def test_after_it_closed_the_outcome_and_every_vote_is_shown_and_the_form_is_gone(member, scene):
    scene.vote(1, "no", "They are too small.")
    for index in (2, 3, 4):
        scene.vote(index, "yes")
    page = text_of(member.get(url(scene)))
    assert "<strong>In favour</strong>. 4 of 5 voted, quorum 3; 3 in favour, 1 against." in page
    for said in ("They are too small.", "Seat 1", "Seat 4", "Seat 0 did not vote."):
        assert said in page
    assert '<textarea name="comment"' not in page
    assert "We teach early warning." in page


def test_a_form_without_a_choice_or_words_to_discuss_says_so_and_loses_nothing(member, scene):
    page = text_of(send(member, scene, "", "I wonder."))
    assert "Choose how your organisation votes." in page
    assert "I wonder." in page
    response = send(member, scene, "discuss", " ")
    assert "Say what is to be discussed." in text_of(response)
    assert response.status_code == 200
    assert not Vote.objects.exists()


@pytest.mark.parametrize("seen", ["", "x", "1:x", "9999999:1", "∞:²"])
def test_nonsense_in_the_hidden_field_is_no_error(member, scene, seen):
    response = member.post(url(scene), {"choice": "yes", "seen": seen})
    assert response.status_code == 302
    assert member.post(url(scene), {"choice": "perhaps", "seen": seen}).status_code == 200
    assert Vote.objects.count() == 1


def test_from_two_tabs_or_two_colleagues_the_second_is_told_and_keeps_what_was_typed(member, scene):
    FocalPointFactory(
        organisation=scene.seats[0], on_committee=True, email="second@example.org", name="Second"
    )
    other = signed_in("second@example.org")
    seen = member.get(url(scene)).context["form"].initial["seen"]
    send(other, scene, "yes")
    response = member.post(url(scene), {"choice": "no", "comment": "Not mine.", "seen": seen})
    assert response.status_code == 409
    page = text_of(response)
    assert "Somebody else of your organisation has voted" in page
    assert "Cast by Second" in page
    assert "Not mine." in page
    again = {
        "choice": "no",
        "comment": "Not mine.",
        "seen": response.context["form"].initial["seen"],
    }
    assert member.post(url(scene), again).status_code == 302
    assert Vote.objects.last().choice == "no"


def test_a_vote_after_the_deadline_is_refused_and_says_so(member, scene):
    member.get(url(scene))
    scene.deadline_was()
    response = member.post(url(scene), {"choice": "no", "comment": "At last.", "seen": ""})
    assert response.status_code == 409
    page = text_of(response)
    assert "Your vote was not counted" in page
    assert "At last." in page
    assert not Vote.objects.exists()


def test_the_second_of_two_clicks_on_the_vote_that_closes_the_ballot_is_no_error(member, scene):
    scene.vote(1, "yes")
    scene.vote(2, "yes")
    seen = member.get(url(scene)).context["form"].initial["seen"]
    clicks = [member.post(url(scene), {"choice": "yes", "seen": seen}) for _click in range(2)]
    assert [one.status_code for one in clicks] == [302, 302]
    page = text_of(member.get(clicks[1]["Location"]))
    assert "vote is recorded" in page
    assert "The ballot has closed." in page


def test_who_votes_for_two_organisations_chooses_and_sees_both(member, scene):
    FocalPointFactory(organisation=scene.seats[1], on_committee=True, email=voter(0))
    response = member.post(url(scene), {"choice": "yes", "seen": ""})
    assert "Which organisation votes?" in text_of(response)
    assert not Vote.objects.exists()
    for seat in scene.ballot.seats.filter(organisation__in=scene.seats[:2]):
        assert send(member, scene, "yes", seat=seat.pk).status_code == 302
    page = text_of(member.get(url(scene)))
    assert "Seat 0 has voted: Yes, accept" in page
    assert "Seat 1 has voted: Yes, accept" in page


LEAVING = [
    lambda one: Membership.objects.filter(organisation=one).update(on_steering_committee=False),
    lambda one: FocalPoint.objects.filter(organisation=one).update(on_committee=False),
    lambda one: FocalPoint.objects.filter(organisation=one).delete(),
]


@pytest.mark.parametrize("leave", LEAVING, ids=["organisation left", "votes no more", "is gone"])
def test_a_voter_who_is_no_longer_on_the_committee_is_told_plainly_and_sees_no_file(
    member, scene, leave
):
    scene.vote(0, "abstain")
    member.get(url(scene))
    leave(scene.seats[0])
    response = member.post(url(scene), {"choice": "no", "seen": ""})
    assert response.status_code == 403
    page = text_of(response)
    assert "What you sent was not counted." in page
    assert "goes on counting" in page
    assert Vote.objects.count() == 1
    for address in (url(scene), INDEX):
        response = member.get(address)
        assert response.status_code == 403
        assert "Example Society" not in text_of(response)


def test_an_organisation_that_came_later_is_told_that_it_has_no_vote_in_this_one(scene):
    late = MembershipFactory(on_steering_committee=True).organisation
    FocalPointFactory(organisation=late, on_committee=True, email="late@example.org")
    client = signed_in("late@example.org")
    response = client.get(url(scene))
    assert response.status_code == 403
    assert "was not on the Steering Committee when this ballot opened" in text_of(response)
    assert "No ballot waits for you." in text_of(client.get(INDEX))


def test_a_stopped_ballot_says_so_and_shows_no_file(member, scene):
    staff.stop_ballot(scene.application, scene.by, scene.application.version, note="A mistake.")
    page = text_of(member.get(url(scene)))
    assert "Its votes decide nothing." in page
    assert "The file can no longer be read here." in page
    assert "We teach early warning." not in page


def test_a_ballot_is_shown_for_a_month_after_it_closed(member, scene):
    for index in range(3):
        scene.vote(index, "yes")
    closed = timezone.now() - datetime.timedelta(days=READ_DAYS, minutes=1)
    Ballot.objects.update(closed_at=closed)
    response = member.get(url(scene))
    assert response.status_code == 403
    assert "This ballot has closed" in text_of(response)
    assert "Example Society" not in text_of(member.get(INDEX))


def test_my_page_shows_the_ballots_that_wait(member, scene):
    page = text_of(member.get("/account/"))
    assert "Ballots of the Steering Committee" in page
    assert url(scene) in page
