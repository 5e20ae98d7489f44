"""Every move from every state: what the table allows happens, everything else is refused."""

import pytest
from django.core.exceptions import PermissionDenied

from icrtop.mail.models import Message
from members.services import SERVICES, ChangedMeanwhile, MoveNotAllowed, letter_of
from members.states import MOVES, PUBLIC_LABELS, WAITING, State, moves_from
from tests.factories.members import ApplicationFactory

pytestmark = pytest.mark.django_db

EVERY_MOVE = [(move, state) for move in MOVES for state in State]
CODENAMES = {move.name: move.permission.removeprefix("members.") for move in MOVES.values()}


def test_the_table_is_this_one():
    assert {
        (move.name, source.value, move.target.value)
        for move in MOVES.values()
        for source in move.sources
    } == {
        ("review", "submitted", "under_review"),
        ("accept", "under_review", "accepted"),
        ("decline", "under_review", "declined"),
        ("close", "submitted", "closed"),
        ("close", "under_review", "closed"),
        ("reopen", "closed", "under_review"),
    }


def test_every_state_has_a_label_for_the_applicant_and_every_move_a_service():
    assert set(PUBLIC_LABELS) == set(State)
    assert set(SERVICES) == set(MOVES)


def test_whatever_waits_can_be_moved_on():
    assert all(moves_from(state) for state in WAITING)


@pytest.mark.parametrize(("name", "state"), EVERY_MOVE)
def test_a_move(staff_with, name, state):
    move, by = MOVES[name], staff_with(CODENAMES[name])
    application = ApplicationFactory(state=state)

    if state not in move.sources:
        with pytest.raises(MoveNotAllowed):
            SERVICES[name](application, by, 1, "Because.")
        application.refresh_from_db()
        assert (application.state, application.version) == (state, 1)
        assert not application.events.exists()
        assert not Message.objects.exists()
        return

    moved = SERVICES[name](application, by, 1, "Because.")

    application.refresh_from_db()
    assert moved.state == application.state == move.target
    assert application.version == 2
    event = application.events.get()
    assert (event.by, event.by_name, event.action) == (by, "Kofi Example", name)
    assert (event.from_state, event.to_state) == (state, move.target)
    assert event.note == "Because."
    letters = [
        (message.purpose, delivery.address)
        for message in event.messages.all()
        for delivery in message.deliveries.all()
    ]
    assert letters == ([(f"members.{move.letter}", application.email)] if move.letter else [])


@pytest.mark.parametrize("name", MOVES)
def test_a_move_needs_its_permission(staff_with, name):
    others = {"add_application", "view_application", "delete_application"}
    others |= {"change_application", "decide_application"} - {CODENAMES[name]}
    application = ApplicationFactory(state=MOVES[name].sources[0])
    with pytest.raises(PermissionDenied):
        SERVICES[name](application, staff_with(*others), 1, "Because.")
    application.refresh_from_db()
    assert application.state == MOVES[name].sources[0]
    assert not application.events.exists()


@pytest.mark.parametrize("name", [move.name for move in MOVES.values() if move.note_required])
def test_some_moves_need_reasons(staff_with, name):
    application = ApplicationFactory(state=MOVES[name].sources[0])
    with pytest.raises(ValueError, match="reasons"):
        SERVICES[name](application, staff_with(CODENAMES[name]), 1, "  ")
    assert not application.events.exists()


def test_who_looked_at_an_older_version_is_refused(staff_with):
    by = staff_with("change_application")
    application = ApplicationFactory(version=2)
    with pytest.raises(ChangedMeanwhile):
        SERVICES["review"](application, by, 1)
    application.refresh_from_db()
    assert application.state == State.SUBMITTED


@pytest.mark.parametrize("name", [move.name for move in MOVES.values() if move.letter])
def test_the_letter_is_sent_as_it_was_shown(staff_with, name):
    move = MOVES[name]
    application = ApplicationFactory(
        state=move.sources[0], organisation_name="O'Brien & <Sons>", contact_name="Ama <b>"
    )
    shown = letter_of(application, move)
    SERVICES[name](application, staff_with(CODENAMES[name]), 1, "Because.")
    sent = Message.objects.get()
    assert (sent.html, sent.text) == shown
    assert application.reference in sent.subject
    assert "O'Brien & <Sons>" in sent.text
    assert "Dear Ama <b>," in sent.text
    assert "<Sons>" not in sent.html
    assert "Because." not in sent.text + sent.html


def test_the_trail_survives_the_account(staff_with):
    by = staff_with("change_application")
    application = SERVICES["review"](ApplicationFactory(), by, 1)
    by.delete()
    event = application.events.get()
    assert (event.by, event.by_name) == (None, "Kofi Example")
