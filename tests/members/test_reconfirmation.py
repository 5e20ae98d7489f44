import datetime
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from icrtop.mail.models import Message
from members import tasks
from members.models import (
    FocalPoint,
    Membership,
    MembershipSettings,
    OrganisationEvent,
    Reconfirmation,
)
from members.reconfirmation_standing import Standing, with_standing
from members.services import reconfirming
from members.services.recording import Person
from members.services.terms import resign
from tests.factories.accounts import signed_in
from tests.factories.members import FocalPointFactory, MembershipFactory

pytestmark = pytest.mark.usefixtures("home")

START = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)


class Clock:
    """A clock that is moved: the task runs at the end, or every so many days."""

    def __init__(self):
        self.now = START

    def run(self, days=0, every=None):
        for _run in range(days // every if every else 1):
            self.now += datetime.timedelta(days=every or days)
            tasks.ask_members_to_reconfirm()


@pytest.fixture
def clock():
    clock = Clock()
    with patch("django.utils.timezone.now", lambda: clock.now):
        yield clock


def member(confirmed_days_ago=None, people=1, **fields):
    confirmed = (
        timezone.now() - datetime.timedelta(days=confirmed_days_ago)
        if confirmed_days_ago is not None
        else None
    )
    term = MembershipFactory(confirmed_at=confirmed, **fields)
    for number in range(people):
        FocalPointFactory(
            organisation=term.organisation,
            name=f"Person {number}",
            email=f"p{number}@{term.organisation.slug}.example",
        )
    return term


def letters(purpose="reconfirm"):
    found = Message.objects.filter(purpose=f"members.{purpose}").order_by("pk")
    return [one.address for message in found for one in message.deliveries.all()]


def link_in(message):
    return urlsplit(next(word for word in message.text.split() if "/confirm/" in word)).path


def standing(term):
    return Standing(with_standing().get(pk=term.pk).standing)


def test_a_member_is_asked_a_year_after_it_last_confirmed(clock):
    term = member(confirmed_days_ago=0, people=2)
    clock.run(days=364, every=28)
    assert letters() == []
    assert standing(term) == Standing.CONFIRMED
    clock.run(days=1)
    assert len(letters()) == 2
    assert standing(term) == Standing.ASKED
    assert OrganisationEvent.objects.get(action="asked").messages.count() == 2


def test_one_run_or_ten_ask_and_remind_once(clock):
    member(confirmed_days_ago=400)
    for _run in range(10):
        clock.run()
    assert len(letters()) == 1
    clock.now += datetime.timedelta(days=14)
    for _run in range(10):
        clock.run()
    assert len(letters("reconfirm_reminder")) == 1


def test_two_reminders_follow_and_then_staff_see_it_lapse_but_nothing_ends(clock):
    term = member(confirmed_days_ago=400)
    clock.run()
    seen = []
    for _day in range(65):
        clock.run(days=1)
        seen.append(standing(term))
    assert len(letters("reconfirm_reminder")) == 2
    assert [one for number, one in enumerate(seen) if number == 0 or one != seen[number - 1]] == [
        Standing.ASKED,
        Standing.REMINDED,
        Standing.OVERDUE,
        Standing.LAPSING,
    ]
    assert seen.index(Standing.REMINDED) == 13
    assert seen.index(Standing.LAPSING) == 59
    clock.run(days=300, every=10)
    assert len(letters()) == 1
    assert len(letters("reconfirm_reminder")) == 2
    term.refresh_from_db()
    assert term.ended is None


def test_two_years_of_a_member_that_answers_by_the_link(clock, client):
    term = member(confirmed_days_ago=0)
    for year in (1, 2):
        clock.run(days=370, every=5)
        assert len(letters()) == year
        assert not letters("reconfirm_reminder")
        assert standing(term) == Standing.ASKED
        link = link_in(Message.objects.filter(purpose="members.reconfirm").latest("pk"))
        assert client.post(link).status_code == 302
        assert standing(term) == Standing.CONFIRMED
    answered = Reconfirmation.objects.order_by("pk")
    assert [one.by_name for one in answered] == ["Person 0", "Person 0"]
    assert OrganisationEvent.objects.filter(action="reconfirmed").count() == 2
    term.refresh_from_db()
    assert term.confirmed_at == clock.now


def test_founding_members_without_focal_points_are_asked_nothing_and_shown_to_staff(clock):
    term = member(people=0, since="1995", founding=True)
    clock.run(days=3, every=1)
    assert letters() == []
    assert not Reconfirmation.objects.exists()
    assert standing(term) == Standing.NOBODY


def test_the_first_run_on_an_old_site_writes_to_a_few_a_day_the_oldest_first(clock):
    terms = [member(since=str(1980 + number)) for number in range(25)]
    with patch.object(reconfirming, "ASKED_PER_DAY", 10):
        clock.run()
        assert len(letters()) == 10
        clock.run()
        assert len(letters()) == 10
        assert standing(terms[0]) == Standing.ASKED
        assert standing(terms[24]) == Standing.DUE
        clock.run(days=2, every=1)
    assert len(letters()) == 25


def test_a_term_that_has_ended_is_asked_about_no_more(clock):
    term = member(confirmed_days_ago=400)
    clock.run()
    resign(term.organisation, Person("Person 0"))
    clock.run(days=100, every=10)
    assert not letters("reconfirm_reminder")
    assert not with_standing().exists()


def test_the_rules_are_those_of_the_settings(clock):
    rules = MembershipSettings.current()
    rules.reconfirm_months, rules.reconfirm_reminder_days, rules.lapse_days = 24, 7, 30
    rules.save()
    term = member(confirmed_days_ago=0)
    clock.run(days=730)  # A year of 366 days is among them.
    assert letters() == []
    clock.run(days=1)
    clock.run(days=14, every=7)
    assert len(letters()) == 1
    assert len(letters("reconfirm_reminder")) == 2
    clock.run(days=16)
    assert standing(term) == Standing.LAPSING


def test_whoever_is_signed_in_confirms_with_a_button(clock):
    term = member(confirmed_days_ago=400)
    clock.run()
    browser = signed_in(FocalPoint.objects.get().email)
    url = f"/account/organisations/{term.organisation.slug}/"
    assert "Is everything still right?" in browser.get(url).content.decode()
    answer = browser.post(f"{url}confirm/", follow=True)
    assert "Thank you for confirming" in answer.content.decode()
    assert standing(term) == Standing.CONFIRMED
    assert Reconfirmation.objects.get().by_email == FocalPoint.objects.get().normalised


def test_proposing_a_change_answers_the_question_too(clock):
    term = member(confirmed_days_ago=400)
    clock.run()
    browser = signed_in(FocalPoint.objects.get().email)
    url = f"/account/organisations/{term.organisation.slug}/change/"
    page = browser.get(url)
    assert "Sending this form answers that too" in page.content.decode()
    form = page.context["form"]
    told = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
    browser.post(url, told | {"city": "Accra"})
    assert standing(term) == Standing.CONFIRMED


def test_membership_counts_from_the_answer_and_not_from_the_question(clock):
    term = member(confirmed_days_ago=400)
    clock.run(days=40)
    reconfirming.confirm_now(term.organisation, Person("Person 0"))
    clock.run(days=364)
    assert len(letters()) == 1
    clock.run(days=2)
    assert len(letters()) == 2
    assert Membership.objects.get().confirmed_at < clock.now
