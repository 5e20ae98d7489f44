"""An application comes in: what is stored, what is queued, and what makes no second one."""

import dataclasses
import datetime

import pytest
from django.db import transaction
from django.utils import timezone

from icrtop.mail.models import Message
from icrtop.mail.models import State as DeliveryState
from icrtop.places.models import Country
from members.answers import Answers
from members.models import Application, ApplicationEvent
from members.models.applications import REFERENCE_LETTERS
from members.services import review, submit_application
from members.statements import CURRENT
from members.states import State
from pages.models import SiteSettings


@pytest.fixture
def given(home):
    return Answers(
        organisation_name="Société d'Exemple & <Fils>",
        country=Country.objects.get(code="CI"),
        website="https://example.org",
        contact_name="Ama Example",
        email="ama@example.org",
        category="member",
        why="To work with others.",
    )


def test_it_is_stored_with_what_was_endorsed(given):
    application = submit_application(given, CURRENT)
    application.refresh_from_db()
    assert application.state == State.SUBMITTED
    assert application.organisation_name == given.organisation_name
    assert application.country_id == "CI"
    endorsed = {(one.statement, one.version) for one in application.endorsements.all()}
    assert endorsed == {(statement.value, version) for statement, version in CURRENT.items()}
    assert all(one.wording for one in application.endorsements.all())
    assert [(event.action, event.to_state) for event in application.trail] == [
        ("submit", "submitted")
    ]


def test_the_applicant_and_the_secretariat_get_a_letter(given):
    application = submit_application(given, CURRENT)
    [event] = application.trail
    letters = {message.purpose: message for message in event.messages.all()}
    assert set(letters) == {"members.application_received", "members.application_notice"}

    receipt = letters["members.application_received"]
    assert [one.address for one in receipt.deliveries.all()] == ["ama@example.org"]
    assert application.reference in receipt.subject
    assert application.reference in receipt.text
    assert "Société d'Exemple & <Fils>" in receipt.text
    assert "&lt;Fils&gt;" in receipt.html
    assert given.why not in receipt.text

    notice = letters["members.application_notice"]
    assert [one.address for one in notice.deliveries.all()] == ["secretariat@icrtop.example"]
    assert notice.headers["Reply-To"] == "ama@example.org"
    assert f"/admin/applications/inspect/{application.pk}/" in notice.text


def test_a_rollback_leaves_neither_application_nor_letters(given):
    with transaction.atomic():
        submit_application(given, CURRENT)
        assert Message.objects.count() == 2
        transaction.set_rollback(True)
    assert not Application.objects.exists()
    assert not ApplicationEvent.objects.exists()
    assert not Message.objects.exists()


def test_a_letter_that_cannot_be_written_costs_the_whole_application(given, monkeypatch):
    def fail(**kwargs):
        raise RuntimeError

    monkeypatch.setattr("members.services.queue_message", fail)
    with pytest.raises(RuntimeError):
        submit_application(given, CURRENT)
    assert not Application.objects.exists()


def test_a_wrong_address_in_the_settings_does_not_cost_the_application(given, caplog):
    SiteSettings.objects.update(email="sekretariat@päge..example")
    application = submit_application(given, CURRENT)
    assert [message.purpose for message in application.trail[0].messages.all()] == [
        "members.application_received"
    ]
    assert application.reference in caplog.text


def test_a_suppressed_address_is_shown_in_the_trail(given):
    from icrtop.mail.control import suppress
    from icrtop.mail.models import Suppression

    suppress("ama@example.org", Suppression.Reason.BOUNCED)
    application = submit_application(given, CURRENT)
    states = {
        delivery.state
        for message in application.trail[0].messages.all()
        for delivery in message.deliveries.all()
    }
    assert states == {DeliveryState.SUPPRESSED, DeliveryState.PENDING}


def test_the_same_form_twice_is_one_application(given):
    first = submit_application(given, CURRENT)
    again = dataclasses.replace(
        given, organisation_name=given.organisation_name.upper(), email="AMA@example.org"
    )
    assert submit_application(dataclasses.replace(given), CURRENT).pk == first.pk
    assert submit_application(again, CURRENT).pk == first.pk
    assert Application.objects.count() == 1
    assert Message.objects.count() == 2


def test_other_answers_within_the_hour_replace_the_first_and_leave_a_trace(given):
    first = submit_application(given, CURRENT)
    corrected = dataclasses.replace(
        given, website="https://other.example", category="ngo_supporter"
    )
    assert submit_application(corrected, CURRENT).pk == first.pk
    first.refresh_from_db()
    assert (first.website, first.category, first.version) == (
        "https://other.example",
        "ngo_supporter",
        2,
    )
    [_submitted, correction] = first.trail
    assert "https://example.org" in correction.note


def test_what_is_under_review_is_not_replaced(given, staff_with):
    first = submit_application(given, CURRENT)
    review(first, staff_with("change_application"), 1)
    submit_application(dataclasses.replace(given, why="Something else."), CURRENT)
    first.refresh_from_db()
    assert first.why == given.why
    assert Application.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [{"email": "kofi@example.org"}, {"organisation_name": "Another Society"}],
)
def test_another_address_or_organisation_is_another_application(given, other):
    submit_application(given, CURRENT)
    submit_application(dataclasses.replace(given, **other), CURRENT)
    assert Application.objects.count() == 2


def test_an_organisation_can_apply_again_later(given):
    submit_application(given, CURRENT)
    Application.objects.update(created=timezone.now() - datetime.timedelta(hours=2))
    submit_application(given, CURRENT)
    assert Application.objects.count() == 2


def test_references_differ_and_cannot_be_misread(given):
    references = {Application().reference for _number in range(200)}
    assert len(references) == 200
    assert set("".join(references)) <= {*REFERENCE_LETTERS, "-"}
    assert not set("01IOBS85UL") & set(REFERENCE_LETTERS)
