"""What an applicant was asked for is due on a day, and they are reminded of it."""

import datetime

import pytest
from django.utils import timezone

from icrtop.mail.models import Message
from members.models import Application
from members.services.reminding import remind_applicants
from members.states import State
from tests.factories.members import ApplicationFactory

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
FIVE_DAYS = datetime.timedelta(days=5)  # As the settings have it for a new site.
DAY = datetime.timedelta(days=1)


@pytest.fixture
def asked(home):
    """Give it the day of the answer for an application that was asked for more ten days ago."""

    def create(answer_by: datetime.date, **fields) -> Application:
        fields.setdefault("state_since", timezone.now() - 10 * DAY)
        return ApplicationFactory(state=State.MORE_INFORMATION, answer_by=answer_by, **fields)

    return create


@pytest.mark.parametrize(
    ("answer_by", "letters"),
    [(TODAY + FIVE_DAYS + DAY, 0), (TODAY + FIVE_DAYS, 1), (TODAY, 1), (TODAY - DAY, 1)],
    ids=["later", "soon", "today", "passed"],
)
def test_an_applicant_is_reminded_once_it_is_due_soon(asked, answer_by, letters):
    application = asked(answer_by)
    assert remind_applicants() == letters
    assert remind_applicants() == 0
    events = application.events.filter(action="remind_applicant")
    assert [one.messages.count() for one in events] == [1] * letters


def test_whoever_lets_the_day_pass_is_told_so_once_more(asked):
    application = asked(TODAY + DAY)
    assert remind_applicants() == 1
    assert "Please answer by" in Message.objects.get().text
    three_days_ago = timezone.now() - 3 * DAY
    Application.objects.update(answer_by=TODAY - DAY, reminded_at=three_days_ago)
    assert remind_applicants() == 1
    assert remind_applicants() == 0
    assert "was due by" in Message.objects.latest("pk").text
    assert application.events.count() == 2


def test_nobody_is_reminded_on_the_day_on_which_they_were_asked(asked):
    asked(TODAY + DAY, state_since=timezone.now())
    assert remind_applicants() == 0


@pytest.mark.parametrize("state", [one for one in State if one != State.MORE_INFORMATION])
def test_nobody_else_is_reminded(home, state):
    ApplicationFactory(state=state, answer_by=TODAY, state_since=timezone.now() - 9 * DAY)
    assert remind_applicants() == 0
