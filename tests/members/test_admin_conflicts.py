"""Two of the staff act on one application: the second is told, and nothing is overwritten."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from icrtop.mail.models import Message
from members.models import Application
from members.services import staff as services
from members.states import State
from tests.factories.members import ApplicationFactory
from tests.members.admin_pages import ALL, fields_of, file_of, html, move_of
from tests.members.waiting import wait_until_somebody_waits

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, staff_with, home):
    client.force_login(staff_with(*ALL))
    return client


@pytest.fixture
def other(staff_with):
    return staff_with(*ALL, email="other@example.org")


def test_the_second_is_told_who_did_what_and_can_go_on_with_what_they_typed(staff, other):
    application = ApplicationFactory()
    address = move_of(application, "close")
    typed = fields_of(staff.get(address)) | {
        "note": "They have another coalition.",
        "letter-closed-body": "Our own words",
    }
    services.acknowledge(application, other, 1)
    response = staff.post(address, typed)
    page = html(response)
    for told in (
        "has changed since you opened this page",
        "Kofi Example",
        "Acknowledge and review",
    ):
        assert told in page
    assert "New → Under review" in page
    assert "They have another coalition." in page
    assert "Our own words" in page
    application.refresh_from_db()
    assert application.state == State.UNDER_REVIEW
    staff.post(address, fields_of(response))
    application.refresh_from_db()
    assert application.state == State.CLOSED
    assert "Our own words" in Message.objects.get(purpose="members.closed").text


def test_the_second_of_two_steps_tells_it_too_and_keeps_the_choice(staff, other):
    application = ApplicationFactory()
    address = move_of(application, "ask")
    said = {"sections": ["work"], "note": "Your statutes"}
    letter = staff.post(address, fields_of(staff.get(address)) | said | {"step": "letter"})
    data = fields_of(letter) | {"letter-more_information-body": "Our own words"}
    services.acknowledge(application, other, 1)
    response = staff.post(address, data)
    assert "Acknowledge and review" in html(response)
    assert "Our own words" in html(response)
    staff.post(address, fields_of(response))
    application.refresh_from_db()
    assert (application.state, application.open_sections) == (State.MORE_INFORMATION, ["work"])


def test_where_the_move_is_over_what_was_typed_is_shown_to_be_copied(staff, other):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    address = move_of(application, "decline")
    said = fields_of(staff.get(address)) | {"note": "Not a field of ours."}
    letter = staff.post(address, said | {"step": "letter"})
    services.close(application, other, 1, note="They asked us to.")
    data = fields_of(letter) | {"letter-declined-body": "Our own words"}
    response = staff.post(address, data)
    assert response.status_code == 409
    page = html(response)
    for told in (
        "Closed as inactive",
        "They asked us to.",
        "Not a field of ours.",
        "Our own words",
    ):
        assert told in page
    application.refresh_from_db()
    assert application.state == State.CLOSED
    assert not Message.objects.filter(purpose="members.declined").exists()


def test_a_page_of_a_move_that_is_over_leads_to_the_file(staff):
    application = ApplicationFactory(state=State.DECLINED)
    response = staff.get(move_of(application, "acknowledge"), follow=True)
    assert response.redirect_chain == [(file_of(application), 302)]
    assert "Nothing was done" in html(response)


def test_assigning_tells_the_second_and_keeps_the_first(staff, other, staff_with):
    third = staff_with("change_application", email="third@example.org")
    application = ApplicationFactory()
    services.assign(application, other, third, was=None)
    address = reverse("applications:assign", args=[application.pk])
    response = staff.post(address, {"was": "", "to": other.pk}, follow=True)
    assert "has meanwhile assigned it to" in html(response)
    application.refresh_from_db()
    assert application.assigned_to == third


@pytest.mark.django_db(transaction=True)
def test_who_clicks_while_another_decides_waits_and_is_then_told(staff_with, home):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    first, second = (staff_with(*ALL, email=f"{name}@example.org") for name in ("a", "b"))
    client = Client()
    client.force_login(second)
    address = move_of(application, "close")
    data = fields_of(client.get(address)) | {"note": "No answer."}
    moved = threading.Event()

    def decide():
        try:
            with transaction.atomic():
                services.decline(application, first, 1, note="Because.")
                moved.set()
                wait_until_somebody_waits()
        finally:
            connection.close()

    def click():
        try:
            assert moved.wait(30)
            return client.post(address, data)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        deciding, clicking = pool.submit(decide), pool.submit(click)
        deciding.result()
        response = clicking.result()
    assert response.status_code == 409
    assert "Because." in html(response)
    assert "No answer." in html(response)
    assert Application.objects.get().state == State.DECLINED
    assert [one.purpose for one in Message.objects.all()] == ["members.declined"]
