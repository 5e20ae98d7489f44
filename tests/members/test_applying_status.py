"""Where an application stands, in words for those who sent it; and the page by which they come."""

import datetime

import pytest
from django.utils import timezone

from icrtop.mail.models import Delivery
from icrtop.mail.models import State as DeliveryState
from members.applying import standing
from members.models import (
    ApplicationEvent,
    Ballot,
    InternalNote,
    MembershipSettings,
)
from members.services import applicants, staff
from members.states import PUBLIC_LABELS, State
from pages.models import BackgroundPage
from tests.factories.accounts import signed_in
from tests.factories.members import ApplicationFactory, complete_draft

pytestmark = pytest.mark.django_db

AMA = "ama@example.org"
JOIN = "/join-the-coalition/"


@pytest.fixture(autouse=True)
def site(join_page):
    return join_page


@pytest.fixture
def ama():
    return signed_in(AMA)


@pytest.mark.parametrize("state", [each for each in State if each != State.DRAFT])
def test_each_state_says_where_it_stands_what_is_next_and_who_decides(ama, state):
    application = complete_draft(AMA, state=state)
    page = ama.get(application.get_absolute_url())
    words = standing.STANDING[state]
    for told in (PUBLIC_LABELS[state], words.now, words.then, words.who):
        assert str(told) in page.text
    assert application.reference in page.text


def test_what_was_sent_is_there_to_read_with_its_documents(ama):
    draft = complete_draft(AMA)
    applicants.submit(draft, AMA)
    page = ama.get(draft.get_absolute_url()).text
    assert "Early warning, since 2015." in page
    assert "statutes.pdf" in page
    assert "Sent on" in page
    assert 'name="work"' not in page


def test_letters_are_told_with_whether_they_arrived_and_nothing_of_staff_is(ama, staff_with):
    draft = complete_draft(AMA)
    applicants.submit(draft, AMA)
    by = staff_with("change_application")
    InternalNote.objects.create(application=draft, by=by, text="Looks odd.")
    staff.acknowledge(draft, by, 2, note="A note of staff.")
    Delivery.objects.filter(message__purpose="members.received").update(state=DeliveryState.SENT)
    page = ama.get(draft.get_absolute_url()).text
    assert "We have received your application" in page
    assert "handed over to the mail server" in page
    assert "on its way" in page
    secrets = ("Looks odd.", "A note of staff.", "New application", "staff@example.org")
    for secret in secrets:
        assert secret not in page


@pytest.mark.parametrize("state", DeliveryState.values)
def test_every_state_of_a_letter_has_words_for_applicants(state):
    assert str(standing.ARRIVAL[state])


def test_a_ballot_tells_its_deadline_and_nothing_of_the_votes(ama):
    application = complete_draft(AMA, state=State.BALLOT)
    Ballot.objects.create(
        application=application,
        closes_at=datetime.datetime(2030, 1, 1, 17, tzinfo=datetime.UTC),
        quorum_percent=50,
    )
    assert "1 January 2030" in ama.get(application.get_absolute_url()).text


def test_what_staff_asked_is_shown_while_they_wait(ama, staff_with):
    draft = complete_draft(AMA)
    applicants.submit(draft, AMA)
    staff.ask(
        draft,
        staff_with("change_application"),
        2,
        note="Who leads <you>?",
        sections=["registration"],
        answer_by=timezone.localdate() - datetime.timedelta(days=1),
    )
    page = ama.get(draft.get_absolute_url()).text
    assert "Who leads &lt;you&gt;?" in page
    assert "This day has passed" in page


def decided(days, action="accept", count=1):
    for _number in range(count):
        sent = timezone.now() - datetime.timedelta(days=days)
        application = ApplicationFactory(state=State.ACCEPTED, submitted_at=sent)
        ApplicationEvent.objects.create(
            application=application, actor="staff", action=action, to_state="accepted"
        )


@pytest.mark.parametrize(
    ("setting", "decisions", "told"),
    [
        ("", [], None),
        ("", [30, 30, 30, 30], None),
        ("", [7, 28, 56, 56, 900], "about 8 weeks"),
        ("", [3, 3, 3, 3, 3], "about 3 days"),
        ("", [0, 0, 0, 0, 0], "about 1 day"),
        ("about eight months", [3, 3, 3, 3, 3], "about eight months"),
    ],
)
def test_how_long_it_takes_is_told_once_anybody_can_tell(ama, setting, decisions, told):
    settings = MembershipSettings.current()
    settings.usual_duration = setting
    settings.save()
    for number, days in enumerate(decisions):
        decided(days, action="decline" if number % 2 else "accept")
    page = ama.get(complete_draft(AMA, state=State.SUBMITTED).get_absolute_url()).text
    if told:
        assert told in page
    else:
        assert "How long it usually takes" not in page


def test_a_decided_application_says_nothing_of_how_long_it_takes():
    decided(10, count=5)
    assert standing.usual_duration(ApplicationFactory(state=State.DECLINED)) == ""


def test_long_and_foreign_names_stay_within_the_page_as_they_are(ama):
    name = "‏منظمة" + "ß" * 200
    application = complete_draft(AMA, state=State.SUBMITTED)
    type(application).objects.filter(pk=application.pk).update(organisation_name=name)
    assert f"<bdi>{name}</bdi>" in ama.get(application.get_absolute_url()).text
    assert name in ama.get("/join-the-coalition/apply/").text


def test_pages_of_applicants_are_kept_by_nobody_and_listed_nowhere(ama):
    page = ama.get(complete_draft(AMA).get_absolute_url())
    assert "no-store" in page["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in page.text


@pytest.mark.parametrize("address", [JOIN, "/join-the-coalition"])
def test_the_page_to_join_says_what_is_asked_for_and_leads_to_the_form(client, address):
    page = client.get(address)
    assert page.status_code == 200
    assert not page.cookies
    assert 'href="/join-the-coalition/apply/"' in page.text
    for section in ("Registration and governance", "Focal points", "Documents"):
        assert section in page.text


def test_what_is_endorsed_can_be_read_first_and_beside_the_boxes(
    ama, client, home, join_page, django_capture_on_commit_callbacks
):
    join_page.purposes_page = home.add_child(
        instance=BackgroundPage(title="What we were founded for", slug="purposes", body=[])
    )
    join_page.save()
    application = complete_draft(AMA)
    endorsement = f"{application.get_absolute_url()}endorsement/"
    assert "What we were founded for" in client.get(JOIN).text
    assert "What we were founded for" in ama.get(endorsement).text
    with django_capture_on_commit_callbacks(execute=True):  # It empties the page cache.
        join_page.purposes_page.unpublish()
    assert "What we were founded for" not in client.get(JOIN).text
    assert "What we were founded for" not in ama.get(endorsement).text


def test_what_the_page_says_of_what_follows_is_told_after_sending(ama, join_page):
    join_page.thanks = "The committee meets in spring."
    join_page.save()
    sent = complete_draft(AMA, state=State.SUBMITTED)
    assert "The committee meets in spring." in ama.get(sent.get_absolute_url()).text
    later = complete_draft(AMA, state=State.VOTED)
    assert "The committee meets in spring." not in ama.get(later.get_absolute_url()).text


def test_my_page_lists_my_applications_and_nobody_elses(ama):
    mine = ApplicationFactory(person=AMA)
    other = ApplicationFactory()
    page = ama.get("/account/").text
    assert mine.reference in page
    assert other.reference not in page
