"""What staff see of retention, and what they do at once."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Application
from members.states import State
from tests.factories.members import ApplicationFactory

pytestmark = pytest.mark.usefixtures("home", "private_root")
PREVIEW = "/admin/membership/retention/"


@pytest.fixture
def desk(staff_with):
    desk = Client()
    desk.force_login(staff_with("view_application", "change_application"))
    return desk


def ended(days, state=State.DECLINED, **fields):
    application = ApplicationFactory(state=state, **fields)
    since = timezone.now() - datetime.timedelta(days=days)
    Application.objects.filter(pk=application.pk).update(state_since=since)
    return application


def confirmation(application):
    return f"/admin/membership/anonymise/{application.pk}/"


def test_the_preview_tells_what_goes_today_and_soon_and_leads_there(desk):
    today, soon, later = ended(740), ended(715), ended(600)
    shown = desk.get(PREVIEW).content.decode()
    first, second = shown.split("In the 30 days after it", 1)
    assert "On the next run: 1 file" in shown
    assert today.reference in first
    assert soon.reference in second
    assert soon.reference not in first
    assert later.reference not in shown
    assert confirmation(today) in shown
    assert f"/admin/applications/inspect/{today.pk}/" in shown


def test_drafts_are_counted_and_not_named(desk):
    draft = ApplicationFactory(state=State.DRAFT, organisation_name="Not sent yet")
    Application.objects.filter(pk=draft.pk).update(
        updated=timezone.now() - datetime.timedelta(days=170)
    )
    shown = desk.get(PREVIEW).content.decode()
    assert "<strong>1</strong> drafts are due within 30 days" in shown
    assert draft.reference not in shown
    assert "Not sent yet" not in shown


def test_the_preview_is_in_the_menu_of_those_who_may_see_it(desk, staff_with):
    assert PREVIEW in desk.get(PREVIEW).content.decode()
    other = Client()
    other.force_login(staff_with(email="other@example.org"))
    assert PREVIEW not in other.get("/admin/account/").content.decode()
    assert other.get(PREVIEW).status_code == 302


def test_a_file_is_anonymised_once_it_is_confirmed(desk):
    application = ended(1, organisation_name="Voices")
    asked = desk.get(confirmation(application)).content.decode()
    assert "People with access, by their addresses: 1" in asked
    application.refresh_from_db()
    assert application.anonymised_at is None
    answer = desk.post(confirmation(application), follow=True)
    assert "is anonymised" in answer.content.decode()
    application.refresh_from_db()
    assert application.anonymised_at
    assert application.organisation_name == ""
    assert application.events.last().by_name == "Kofi Example"


@pytest.mark.parametrize("state", [State.UNDER_REVIEW, State.ACCEPTED])
def test_what_has_not_ended_is_refused(desk, state):
    application = ended(900, state)
    for answer in (
        desk.get(confirmation(application), follow=True),
        desk.post(confirmation(application), follow=True),
    ):
        assert "Nothing was done" in answer.content.decode()
    application.refresh_from_db()
    assert application.anonymised_at is None


def test_a_draft_is_not_found(desk):
    draft = ApplicationFactory(state=State.DRAFT)
    assert desk.get(confirmation(draft)).status_code == 404


def test_to_see_is_not_to_anonymise(staff_with):
    application = ended(900)
    reader = Client()
    reader.force_login(staff_with("view_application", email="reader@example.org"))
    assert confirmation(application) not in reader.get(PREVIEW).content.decode()
    assert reader.post(confirmation(application)).status_code == 302
    application.refresh_from_db()
    assert application.anonymised_at is None
