"""Drafts that nobody comes back to."""

import datetime
from pathlib import Path
from unittest import mock

import pytest
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.models import Delivery, Message
from members.models import Application
from members.models.documents import private_storage
from members.retention import daily
from members.states import State
from tests.factories.accounts import signed_in
from tests.factories.documents import stored
from tests.factories.members import ApplicationFactory

ADA = "ada@example.org"
pytestmark = pytest.mark.usefixtures("home", "private_root")


@pytest.fixture
def draft():
    return ApplicationFactory(state=State.DRAFT, person=ADA)


def days_later(days):
    """The daily run, so many days from now."""
    moment = timezone.now() + datetime.timedelta(days=days)
    with mock.patch("django.utils.timezone.now", return_value=moment):
        daily.run()


def letters():
    return Message.objects.filter(purpose="members.draft_ends").count()


def test_people_are_told_two_weeks_before_a_draft_is_deleted(draft):
    days_later(160)
    assert letters() == 0
    days_later(172)
    assert letters() == 1
    [letter] = Message.objects.filter(purpose="members.draft_ends")
    assert letter.deliveries.get().address == ADA
    assert draft.reference in letter.text
    assert draft.get_absolute_url() in letter.text
    assert [event.action for event in draft.events.all()] == ["warn_draft"]
    days_later(184)  # Six months have gone by, not yet two weeks since the letter.
    assert Application.objects.exists()
    days_later(187)
    assert not Application.objects.exists()
    assert letters() == 1


def test_a_draft_goes_with_its_documents_and_its_letters(draft, django_capture_on_commit_callbacks):
    stored(draft)
    signed_in(ADA)
    days_later(172)
    with django_capture_on_commit_callbacks(execute=True):
        days_later(190)
    assert [path for path in Path(private_storage().location).rglob("*") if path.is_file()] == []
    assert not Delivery.objects.filter(normalised=ADA).exists()
    assert not User.objects.filter(email=ADA).exists()


def test_a_draft_that_is_opened_again_stays_and_is_told_of_anew(draft):
    days_later(172)
    moment = timezone.now() + datetime.timedelta(days=180)
    with mock.patch("django.utils.timezone.now", return_value=moment):
        assert signed_in(ADA).get(draft.get_absolute_url()).status_code == 200
    days_later(190)
    days_later(300)
    assert Application.objects.exists()
    assert letters() == 1
    days_later(180 + 172)
    assert letters() == 2
    days_later(180 + 190)
    assert not Application.objects.exists()


def test_a_run_that_was_missed_for_long_still_gives_two_weeks(draft):
    days_later(400)
    assert Application.objects.exists()
    assert letters() == 1
    days_later(413)
    assert Application.objects.exists()
    days_later(414.5)
    assert not Application.objects.exists()


def test_what_was_sent_in_is_no_draft(draft):
    sent = ApplicationFactory(state=State.SUBMITTED)
    days_later(172)
    days_later(190)
    assert list(Application.objects.all()) == [sent]


def test_opening_a_draft_twice_in_a_day_writes_once(draft):
    browser = signed_in(ADA)
    before = Application.objects.get().updated
    browser.get(draft.get_absolute_url())
    assert Application.objects.get().updated == before
