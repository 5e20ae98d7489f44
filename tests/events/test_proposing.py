"""Proposing an event: the form, the draft that it becomes, and the letters."""

import datetime
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import WorkflowState

from events.models import EventIndexPage, EventPage, EventProposal
from events.proposals import keeping, services
from events.proposals.panel import ProposalPanel
from icrtop.mail.models import Delivery, Message
from tests.factories.events import EventFactory

URL = "/events/propose/"
SENT = "/events/propose/sent/"
NEXT_YEAR = timezone.localdate().year + 1


def told(**changes: str) -> dict[str, str]:
    return {
        "title": "Prevention in practice",
        "kind": "conference",
        "organiser": "Peace Academy",
        "website": "https://example.org/event",
        "start_date": f"{NEXT_YEAR}-04-20",
        "start_time": "10:00",
        "end_time": "12:30",
        "time_zone": "Africa/Accra",
        "place": "Accra",
        "country": "GH",
        "introduction": "What <b>works</b>.",
        "name": "Ama Proposer",
        "email": "ama@example.org",
        "note": "Please call me Ama.",
    } | changes


def errors_of(**changes: str) -> dict[str, list[str]]:
    return Client().post(URL, told(**changes)).context["form"].errors


def proposed(**changes: str) -> EventProposal:
    answer = Client(REMOTE_ADDR=f"192.0.2.{EventProposal.objects.count() + 1}").post(
        URL, told(**changes)
    )
    assert answer.url == SENT, answer.context["form"].errors
    return EventProposal.objects.latest("pk")


def publish(proposal: EventProposal) -> None:
    event = EventPage.objects.get(pk=proposal.event_id)
    event.get_latest_revision().publish()


def test_a_proposal_is_a_draft_that_waits_for_the_secretariat(content):
    proposal = proposed()
    event = proposal.event
    assert not event.live
    assert event.get_parent().specific == EventIndexPage.objects.get()
    assert [one.name for one in event.organisers.all()] == ["Peace Academy"]
    assert event.introduction == "What <b>works</b>."
    assert event.get_latest_revision().as_object().title == "Prevention in practice"
    state = WorkflowState.objects.get(object_id=str(event.pk))
    assert state.status == WorkflowState.STATUS_IN_PROGRESS
    assert state.requested_by is None
    assert Client().get(f"/events/{event.slug}/").status_code == 404


def test_staff_approve_it_with_the_usual_tools_and_the_proposer_is_told_once(secretariat):
    proposal = proposed()
    task = proposal.event.current_workflow_task_state
    url = reverse(
        "wagtailadmin_pages:workflow_action", args=[proposal.event_id, "approve", task.pk]
    )
    secretariat.post(url)
    event = EventPage.objects.get(pk=proposal.event_id)
    assert event.live
    letter = Message.objects.get(purpose="events.proposal.published")
    assert event.get_url() in letter.text
    assert letter.deliveries.get().address == "ama@example.org"
    event.unpublish()
    publish(proposal)
    assert Message.objects.filter(purpose="events.proposal.published").count() == 1


def test_the_receipt_repeats_the_event_and_no_link_or_text_of_the_proposer(content):
    receipt = proposed().messages.get()
    assert receipt.purpose == "events.proposal.received"
    assert "Prevention in practice" in receipt.text
    assert "10:00" in receipt.text
    assert "Accra time (UTC)" in receipt.text
    for typed in ("example.org/event", "works", "Please call me", "Ama Proposer"):
        assert typed not in receipt.text + receipt.html


def test_the_index_and_the_workflow_may_be_missing(home):
    proposal = proposed(country="")
    assert not proposal.event.live
    assert proposal.event.get_parent().specific == home


def test_a_workflow_without_a_task_publishes_nothing(content):
    for task in EventIndexPage.objects.get().get_workflow().tasks:
        task.active = False
        task.save()
    assert not proposed().event.live


def test_days_alone_are_a_whole_day(content):
    event = proposed(start_time="", end_time="", time_zone="").event
    assert event.all_day


@pytest.mark.parametrize("title", ["المسؤولية عن الحماية", "保护的责任"])
def test_a_title_without_latin_letters_has_a_short_address(content, title):
    first, second = proposed(title=title).event, proposed(title=title).event
    assert first.slug == f"event-{NEXT_YEAR}-04-20"
    assert second.slug == f"{first.slug}-2"


def test_an_address_that_the_site_answers_itself_is_not_taken(content):
    assert proposed(title="Propose").event.slug == "propose-2"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("start_date", {"start_date": f"{NEXT_YEAR}-02-30"}),
        ("start_date", {"start_date": "9999-01-01"}),
        ("start_date", {"start_date": "2020-01-01"}),
        ("start_date", {"start_date": ""}),
        ("end_date", {"end_date": f"{NEXT_YEAR}-04-19"}),
        ("end_time", {"end_time": "09:00"}),
        ("start_time", {"start_time": ""}),
        ("start_time", {"start_time": "25:00"}),
        ("time_zone", {"time_zone": ""}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
        ("website", {"website": "javascript:alert(1)"}),
        ("website", {"website": "ftp://example.org"}),
        ("website", {"website": ""}),
        ("organiser", {"organiser": ""}),
        ("title", {"title": "Win at www.example.com"}),
        ("email", {"email": "nobody"}),
        ("country", {"country": "XX"}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(content, field, changes):
    assert list(errors_of(**changes)) == [field]
    assert not EventProposal.objects.exists()


def test_the_lost_hour_of_a_clock_change_is_refused(content):
    day = datetime.date(NEXT_YEAR, 3, 31)
    sunday = day - datetime.timedelta(days=(day.weekday() + 1) % 7)
    changes = {"time_zone": "Europe/Zurich", "start_time": "02:30", "end_time": ""}
    assert "start_time" in errors_of(start_date=sunday.isoformat(), **changes)


def test_nothing_that_was_typed_is_lost(content):
    page = Client().post(URL, told(start_date="7 Aprill 2027")).content.decode()
    assert "7 Aprill 2027" in page
    assert "Please call me Ama." in page
    assert '<option value="Africa/Accra" selected>' in page


def test_a_robot_gets_the_same_answer_and_nothing_is_stored(content):
    assert Client().post(URL, told(leave_this_empty="x")).url == SENT
    assert not EventProposal.objects.exists()
    assert Client().get(SENT).status_code == 200


def test_of_fifty_proposals_by_one_robot_ten_are_taken(content):
    client = Client()
    for number in range(50):
        client.post(URL, told(email=f"robot{number}@example.org"))
    assert EventProposal.objects.count() == 10


def test_many_robots_together_are_stopped_and_people_are_told(content, monkeypatch):
    monkeypatch.setattr(services, "MOST_PER_HOUR", 3)
    for number in range(3):
        proposed(email=f"robot{number}@example.org")
    assert errors_of(email="late@example.org")["__all__"]
    assert EventProposal.objects.count() == 3
    assert "cannot take more proposals" in Client().get(URL).content.decode()


def test_no_address_gets_more_than_five_letters_a_day(content, monkeypatch):
    monkeypatch.setattr("icrtop.forms.allow", lambda *args: True)
    for _number in range(5):
        proposed()
    assert "email" in errors_of()


def test_only_staff_who_may_know_see_who_proposed_it(content, rf):
    event = proposed(note="<script>alert(1)</script>").event
    panel = ProposalPanel().bind_to_model(EventPage)

    def shown(instance: EventPage, **rights: bool):
        request = rf.get("/")
        request.user = get_user_model().objects.create_user(
            f"{uuid.uuid4()}@example.org", "a long password", is_active=True, **rights
        )
        return panel.get_bound_panel(instance=instance, request=request)

    chief = shown(event, is_superuser=True)
    assert chief.is_shown()
    assert "ama@example.org" in chief.render_html()
    assert "&lt;script&gt;" in chief.render_html()
    assert not shown(EventFactory(), is_superuser=True).is_shown()
    assert not shown(event).is_shown()


def test_who_deletes_the_page_deletes_who_proposed_it(content):
    proposal = proposed()
    proposal.event.delete()
    assert not Delivery.objects.filter(address="ama@example.org").exists()
    assert not EventProposal.objects.exists()


def test_who_proposed_an_event_is_removed_after_its_term(content):
    proposal = proposed(note="Unmistakable words")
    publish(proposal)
    keeping.keep_to_terms()
    proposal.refresh_from_db()
    assert proposal.email
    long_ago = timezone.now() - datetime.timedelta(days=keeping.keep_days() + 1)
    EventProposal.objects.update(published_at=long_ago)
    assert keeping.keep_to_terms() == 1
    proposal.refresh_from_db()
    assert (proposal.name, proposal.email, proposal.note) == ("", "", "")
    assert not Delivery.objects.filter(address="ama@example.org").exists()
    assert not Message.objects.filter(text__contains="Prevention in practice").exclude(
        purpose="pages.notice"
    )
    assert keeping.keep_to_terms() == 0


def test_one_on_which_nobody_decided_is_kept_until_after_its_day(index):
    event = index.add_child(instance=EventFactory(live=False))
    proposal = EventProposal.objects.create(event=event, name="Ama", email="ama@example.org")
    day = timezone.now() - datetime.timedelta(days=keeping.keep_days() - 1)
    EventPage.objects.filter(pk=event.pk).update(ends_at=day)
    assert keeping.keep_to_terms() == 0
    EventPage.objects.filter(pk=event.pk).update(ends_at=day - datetime.timedelta(days=2))
    assert keeping.keep_to_terms() == 1
    proposal.refresh_from_db()
    assert proposal.removed_at


def test_the_reviewers_hear_of_it(content):
    get_user_model().objects.create_superuser("chief@example.org", "a long password")
    event = proposed().event
    queued = Message.objects.filter(purpose="pages.notice", text__contains=event.title)
    assert queued.exists() or any(event.title in one.body for one in mail.outbox)
