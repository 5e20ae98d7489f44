"""The page of each move: what it says is what is done, and the words on it are what is sent."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from icrtop.mail.models import Delivery, Message
from members.models import ApplicationPerson, Ballot, MembershipSettings
from members.states import MOVES, By, State
from tests.factories.members import ApplicationFactory, FocalPointFactory, MembershipFactory
from tests.members.admin_pages import ALL, fields_of, file_of, html, make, move_of

pytestmark = pytest.mark.django_db

STAFF_MOVES = [name for name, move in MOVES.items() if move.by == By.STAFF]
NEXT_MONTH = datetime.timedelta(days=30)


@pytest.fixture
def staff(client, staff_with, home):
    client.force_login(staff_with(*ALL))
    return client


@pytest.fixture
def committee(home):
    """An organisation on the Steering Committee with a voter, and one without."""
    voter = FocalPointFactory(
        organisation=MembershipFactory(
            organisation__name="Voting Society", on_steering_committee=True
        ).organisation,
        name="Esi Voter",
        email="esi@voting.example",
        on_committee=True,
    )
    MembershipFactory(organisation__name="Silent Society", on_steering_committee=True)
    return voter


@pytest.fixture
def ready(committee):
    """Give it a move; get an application in a state from which it can be made."""

    def ready(name, **fields):
        state = MOVES[name].sources[0]
        application = ApplicationFactory(state=state, person="ama@example.org", **fields)
        if state in (State.BALLOT, State.VOTED):
            closed = {"closed_at": timezone.now(), "outcome": "carried"}
            Ballot.objects.create(
                application=application,
                closes_at=timezone.now() + NEXT_MONTH,
                quorum_percent=50,
                majority="more_than_half",
                **(closed if state == State.VOTED else {}),
            )
        return application

    return ready


SAID = {
    "ask": {"sections": ["about"], "note": "Your statutes"},
    "decline": {"note": "Not a field of ours"},
    "close": {"note": "No answer"},
    "reopen": {"note": "They wrote again"},
    "stop_ballot": {"note": "A mistake"},
}


@pytest.mark.parametrize("name", STAFF_MOVES)
def test_looking_at_a_move_does_nothing(staff, ready, name):
    application = ready(name)
    assert staff.get(move_of(application, name)).status_code == 200
    application.refresh_from_db()
    assert (application.state, application.version) == (MOVES[name].sources[0], 1)
    assert not Message.objects.exists()


@pytest.mark.parametrize("name", STAFF_MOVES)
def test_what_the_page_shows_is_what_is_sent_and_to_whom(staff, ready, name):
    application = ready(name)
    address, said = move_of(application, name), SAID.get(name, {})
    page = staff.get(address)
    assert str(MOVES[name].effect.replace("'", "&#x27;")) in html(page)
    if page.context["is_first_of_two"]:
        page = staff.post(address, fields_of(page) | said | {"step": "letter"})
    shown = {
        (letter["subject"].value(), letter["body"].value()): {
            one.address for one in letter.draft.recipients
        }
        for letter in page.context["letters"]
    }
    assert len(shown) == len(MOVES[name].letters)
    for addresses in shown.values():
        assert all(one in html(page) for one in addresses)
    done = staff.post(address, fields_of(page) | said)
    assert done["Location"] == file_of(application)
    application.refresh_from_db()
    assert application.state == MOVES[name].target
    sent = {message: set() for message in Message.objects.all()}
    for delivery in Delivery.objects.select_related("message"):
        sent[delivery.message].add(delivery.address)
    assert sorted(map(sorted, sent.values())) == sorted(map(sorted, shown.values()))
    for subject, body in shown:
        [message] = [one for one in sent if one.subject == subject]
        assert body.splitlines()[0] in message.text
        assert sent[message] == shown[subject, body]


@pytest.mark.parametrize("name", STAFF_MOVES)
def test_edited_words_are_what_is_sent(staff, ready, name):
    application, said = ready(name), SAID.get(name, {})
    letter = MOVES[name].letters[0]
    words = {f"letter-{letter}-subject": "Ours", f"letter-{letter}-body": "Dear all,\r\n\r\nhello."}
    make(staff, application, name, **said, **words)
    message = Message.objects.get(purpose=f"members.{letter}")
    assert message.subject == "Ours"
    assert "Dear all,\n\nhello." in message.text
    assert application.events.get(action=name).messages.filter(pk=message.pk).exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("subject", "", "needs a subject"),
        ("subject", "\u0001 ", "needs a subject"),
        ("subject", "x" * 201, "at most 200"),
        ("subject", "For [[name]]", "[[name]]"),
        ("body", " \n", "needs a text"),
        ("body", "Dear [[first_name]]", "[[first_name]]"),
    ],
)
def test_words_that_cannot_be_sent_are_refused_beside_the_field(staff, ready, field, value, said):
    application = ready("acknowledge")
    response = make(staff, application, "acknowledge", **{f"letter-acknowledged-{field}": value})
    [letter] = response.context["letters"]
    assert said in " ".join(letter.errors[field])
    application.refresh_from_db()
    assert application.state == State.SUBMITTED
    assert not Message.objects.exists()


def test_brackets_in_the_name_of_an_organisation_do_not_stop_its_letter(staff, ready):
    application = ready("acknowledge", organisation_name="The [[name]] Society")
    make(staff, application, "acknowledge")
    assert "The [[name]] Society" in Message.objects.get().text


def test_a_letter_to_nobody_is_said_so_and_the_move_is_made(staff, ready):
    application = ready("acknowledge")
    ApplicationPerson.objects.update(joined_at=None)
    assert "This letter goes to nobody" in html(staff.get(move_of(application, "acknowledge")))
    make(staff, application, "acknowledge")
    application.refresh_from_db()
    assert application.state == State.UNDER_REVIEW
    assert not Message.objects.exists()


def test_a_letter_that_would_go_to_others_than_were_shown_is_shown_again(staff, ready):
    application = ready("acknowledge")
    data = fields_of(staff.get(move_of(application, "acknowledge")))
    ApplicationPerson.objects.create(
        application=application, email="new@x.org", normalised="new@x.org", joined_at=timezone.now()
    )
    response = staff.post(move_of(application, "acknowledge"), data)
    assert "Meanwhile it goes to other people." in html(response)
    assert "new@x.org" in html(response)
    assert not Message.objects.exists()
    staff.post(move_of(application, "acknowledge"), fields_of(response))
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("name", ["ask", "decline", "close", "reopen", "stop_ballot"])
def test_a_move_without_its_reasons_is_asked_again(staff, ready, name):
    application = ready(name)
    response = make(staff, application, name, **{**SAID[name], "note": " "})
    assert "note" in response.context["form"].errors
    application.refresh_from_db()
    assert application.state == MOVES[name].sources[0]


def test_asking_opens_the_sections_until_the_day_and_both_are_in_the_letter(staff, ready):
    application = ready("ask")
    rules = MembershipSettings.current()
    rules.answer_days = 11
    rules.save()
    form = staff.get(move_of(application, "ask")).context["form"]
    assert form["answer_by"].value() == timezone.localdate() + datetime.timedelta(days=11)
    day = timezone.localdate() + datetime.timedelta(days=40)
    make(staff, application, "ask", sections=["work", "places"], note="How?", answer_by=str(day))
    application.refresh_from_db()
    assert (application.open_sections, application.answer_by) == (["work", "places"], day)
    text = Message.objects.get().text
    for told in ("How?", "Work on RtoP", f"{day.day} {day:%B %Y}"):
        assert told in text


@pytest.mark.parametrize(
    ("field", "value"),
    [("sections", []), ("sections", ["nothing"]), ("answer_by", "2020-01-01"), ("note", "")],
)
def test_asking_for_nothing_or_for_yesterday_is_refused_in_the_first_step(
    staff, ready, field, value
):
    application = ready("ask")
    data = fields_of(staff.get(move_of(application, "ask"))) | SAID["ask"] | {field: value}
    response = staff.post(move_of(application, "ask"), data | {"step": "letter"})
    assert response.context["is_first_of_two"]
    assert field in response.context["form"].errors


def test_going_back_loses_neither_what_was_said_nor_the_words_of_the_letter(staff, ready):
    address = move_of(ready("ask"), "ask")
    first = fields_of(staff.get(address)) | SAID["ask"]
    letter = staff.post(address, first | {"step": "letter"})
    written = fields_of(letter) | {"letter-more_information-body": "My own words"}
    back = staff.post(address, written | {"step": "what"})
    assert back.context["is_first_of_two"]
    assert "Your statutes" in html(back)
    assert ("letter-more_information-body", "My own words") in back.context["carried"]
    again = staff.post(address, {**written, "note": "Your board", "step": "letter"})
    assert "My own words" in html(again)
    assert "Yours are kept" in html(again)
    assert "Your board" in again.context["letters"][0].draft.body


def test_a_letter_that_nobody_reworded_follows_what_is_said(staff, ready):
    address = move_of(ready("ask"), "ask")
    letter = staff.post(address, fields_of(staff.get(address)) | SAID["ask"] | {"step": "letter"})
    changed = fields_of(letter) | {"note": "Your board", "step": "letter"}
    [shown] = staff.post(address, changed).context["letters"]
    assert "Your board" in shown["body"].value()


def test_the_ballot_shows_the_committee_its_gaps_and_the_rules(staff, ready):
    page = html(staff.get(move_of(ready("put_to_ballot"), "put_to_ballot")))
    for shown in ("Voting Society", "Esi Voter", "Silent Society", "The quorum is 50 %"):
        assert shown in page
    assert page.count("Nobody can vote for it") == 1
    assert "more than half of the votes" in page


def test_a_ballot_with_nobody_on_the_committee_is_an_error_and_opens_none(staff, home):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    response = make(staff, application, "put_to_ballot")
    assert "Nobody can vote" in html(response)
    assert not Ballot.objects.exists()


def test_the_ballot_opens_with_the_deadline_that_was_chosen(staff, ready):
    application = ready("put_to_ballot")
    closes = timezone.localtime(timezone.now() + NEXT_MONTH).replace(second=0, microsecond=0)
    make(staff, application, "put_to_ballot", closes_at=closes.strftime("%Y-%m-%d %H:%M"))
    assert Ballot.objects.get().closes_at == closes


def test_a_ballot_that_ends_before_it_begins_is_refused(staff, ready):
    application = ready("put_to_ballot")
    response = make(staff, application, "put_to_ballot", closes_at="2020-01-01 12:00")
    assert "This moment is over." in html(response)
    assert not Ballot.objects.exists()


@pytest.mark.parametrize("outcome", ["no_quorum", "not_carried", "tied", "discuss"])
def test_accepting_without_a_vote_in_favour_needs_to_say_how_it_was_decided(staff, ready, outcome):
    application = ready("accept")
    Ballot.objects.update(outcome=outcome)
    response = make(staff, application, "accept")
    assert "note" in response.context["form"].errors
    make(staff, application, "accept", note="By a vote at the meeting of 3 May.")
    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    assert application.events.get(action="accept").note == "By a vote at the meeting of 3 May."


@pytest.mark.parametrize("data", [{}, {"version": "x"}, {"version": "", "note": "\0"}])
def test_a_confirmation_without_a_version_does_nothing(staff, ready, data):
    application = ready("acknowledge")
    assert staff.post(move_of(application, "acknowledge"), data).status_code == 200
    application.refresh_from_db()
    assert application.state == State.SUBMITTED


@pytest.mark.parametrize("name", ["promote", "submit", "withdraw", "close_ballot"])
def test_there_is_no_page_for_a_move_that_is_not_staffs(staff, ready, name):
    assert staff.get(move_of(ready("acknowledge"), name)).status_code == 404


def test_a_letter_to_the_applicant_is_sent_in_staffs_words_and_moves_nothing(staff, ready):
    application = ready("acknowledge")
    address = reverse("applications:write", args=[application.pk])
    letter = staff.get(address).context["letter"]
    data = {field.html_name: field.value() for field in letter} | {"letter-written-body": "Hello"}
    staff.post(address, data | {"letter-written-body": "[[x]]"})
    assert not Message.objects.exists()
    staff.post(address, data)
    assert "Hello" in Message.objects.get().text
    application.refresh_from_db()
    assert (application.state, application.version) == (State.SUBMITTED, 1)
