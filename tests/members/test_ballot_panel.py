"""What staff see of ballots: on the file of an application, and in the list of all of them."""

import datetime
import html

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from members.ballots.closing import close_due_ballots
from members.ballots.panel import panel_of
from members.models import Ballot, FocalPoint, Membership
from members.services import staff
from tests.factories.members import ApplicationFactory
from tests.members.ballot_scene import open_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(home, staff_with):
    return open_scene(staff_with)


def shown(scene):
    scene.refresh()
    page = render_to_string(
        "members/admin/ballot_panel.html", {"panels": panel_of(scene.application)}
    )
    return " ".join(html.unescape(page).split())


def test_nothing_is_shown_where_there_was_no_ballot(home):
    assert panel_of(ApplicationFactory()) == []


def test_an_open_ballot_shows_votes_voters_comments_and_when_it_reminds(scene):
    scene.vote(0, "no")
    scene.vote(0, "yes", "They convinced us.")
    scene.vote(1, "discuss", "Who funds them?")
    page = shown(scene)
    assert "2 of 5 seats have voted" in page
    assert (
        "As it stands: 2 of 5 voted, quorum 3; 1 in favour, 0 against, 1 to discuss first." in page
    )
    assert "Who has not voted is reminded on" in page
    assert page.count("Not yet") == 3
    for said in ("Yes, accept", "changed once", "They convinced us.", "Who funds them?", "Voter 4"):
        assert said in page


def test_a_seat_for_which_nobody_can_vote_is_marked(scene):
    FocalPoint.objects.filter(organisation=scene.seats[2]).update(on_committee=False)
    assert shown(scene).count("Nobody. Give one of its focal points the right to vote.") == 1


def test_a_seat_that_left_the_committee_says_whether_its_vote_counts(scene):
    scene.vote(0, "yes")
    left = [scene.seats[0], scene.seats[1]]
    Membership.objects.filter(organisation__in=left).update(on_steering_committee=False)
    page = shown(scene)
    assert page.count("Nobody: it has left the committee.") == 2
    assert page.count("Its vote counts.") == 1


def test_a_seat_keeps_its_name_when_its_organisation_is_deleted(scene):
    scene.vote(0, "yes")
    scene.seats[0].delete()
    page = shown(scene)
    assert "Seat 0" in page
    assert "Its vote counts." in page


def test_the_outcome_comes_with_its_arithmetic(scene):
    for index, choice in enumerate(["yes", "yes", "no", "recused", "yes"]):
        scene.vote(index, choice)
    page = shown(scene)
    assert (
        "4 of 4 voted, quorum 2; 3 in favour, 1 against; 1 of 5 seats takes no part. Closed on"
        in page
    )


def test_an_earlier_ballot_is_shown_folded_with_its_outcome(scene):
    scene.deadline_was()
    close_due_ballots()
    scene.refresh()
    closes_at = timezone.now() + datetime.timedelta(days=7)
    staff.put_to_ballot(scene.application, scene.by, scene.application.version, closes_at=closes_at)
    page = shown(scene)
    assert page.count("<details") == 1
    assert page.index("Open") < page.index("<details")
    assert "No quorum" in page[page.index("<details") :]


def test_the_list_has_open_ballots_first_and_leads_to_their_files(scene, staff_with):
    closed = open_scene(
        lambda *names: staff_with(*names, email="o@example.org"),
        seats=0,
        organisation_name="Already closed",
    )
    closed.deadline_was()
    close_due_ballots()
    viewer = Client()
    viewer.force_login(staff_with("view_ballot", "view_application", email="viewer@example.org"))
    page = " ".join(html.unescape(viewer.get(reverse("ballots:index")).content.decode()).split())
    assert "0 of 5" in page
    assert page.index(scene.application.organisation_name) < page.index("Already closed")
    assert f"{reverse('applications:inspect', args=[scene.application.pk])}#ballots" in page
    found = viewer.get(reverse("ballots:index"), {"q": "already"}).content.decode()
    assert "Already closed" in found
    assert scene.application.organisation_name not in found


def test_who_may_not_see_ballots_does_not_see_the_list(scene, staff_with):
    other = Client()
    other.force_login(staff_with("view_subscriber", email="list@example.org"))
    assert other.get(reverse("ballots:index")).status_code == 302
    assert Ballot.objects.exists()
