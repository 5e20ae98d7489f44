"""Two people act at the same moment, each in a transaction of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from icrtop.mail.models import Message
from members.applying import drafts, people, sending
from members.models import Application, ApplicationPerson
from members.services import staff
from members.services.moving import ChangedMeanwhile, MoveNotAllowed
from members.states import State
from tests.factories.members import ApplicationFactory, complete_draft

pytestmark = pytest.mark.django_db(transaction=True)

AMA = "ama@example.org"


def both(first, second):
    """The results, or the errors, of two functions that are called at the same moment."""
    start = threading.Barrier(2, timeout=10)

    def run(function):
        try:
            start.wait()
            return function()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, (first, second)))


def test_of_two_moves_of_staff_one_counts_and_the_other_is_told(home, staff_with):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    one, other = (
        staff_with("change_application", "decide_application", email=f"{name}@example.org")
        for name in ("one", "other")
    )
    results = both(
        lambda: staff.close(application, one, 1, note="No answer."),
        lambda: staff.decline(application, other, 1, note="Because."),
    )
    [refused] = [result for result in results if isinstance(result, Exception)]
    [moved] = [result for result in results if isinstance(result, Application)]
    assert isinstance(refused, ChangedMeanwhile)
    application.refresh_from_db()
    assert application.state == moved.state
    assert application.events.count() == Message.objects.count() == 1


def test_a_double_click_sends_one_application(home):
    draft = complete_draft(AMA)
    checked = drafts.answers_version(draft.answers)
    results = both(*[lambda: sending.send(draft, AMA, checked)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["Application", "MoveNotAllowed"]
    assert draft.revisions.count() == 1
    assert Message.objects.filter(purpose="members.received").count() == 1


def test_a_double_click_begins_one_draft(home):
    first, second = both(*[lambda: drafts.begin(AMA)] * 2)
    assert first.pk == second.pk
    assert Application.objects.count() == 1


def test_of_two_who_save_a_section_at_once_the_second_is_told(home):
    draft = complete_draft(AMA)
    version = drafts.section_version(draft.answers, "work")
    results = both(
        lambda: drafts.save_section(draft, "work", {"work": "One."}, AMA, version),
        lambda: drafts.save_section(draft, "work", {"work": "Two."}, AMA, version),
    )
    [saved] = [result for result in results if isinstance(result, Application)]
    [refused] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(refused, drafts.SectionChanged)
    draft.refresh_from_db()
    assert draft.answers["work"] == saved.answers["work"]


def test_two_who_save_different_sections_at_once_lose_nothing(home):
    draft = complete_draft(AMA)
    both(
        lambda: drafts.save_section(draft, "work", {"work": "One."}, AMA),
        lambda: drafts.save_section(draft, "about", {"acronym": "EX"}, AMA),
    )
    draft.refresh_from_db()
    assert (draft.answers["work"], draft.answers["acronym"]) == ("One.", "EX")


def test_two_who_take_each_other_off_leave_one(home):
    draft = complete_draft(AMA)
    other = ApplicationPerson.objects.create(
        application=draft,
        email="kofi@example.org",
        normalised="kofi@example.org",
        joined_at=draft.created,
    )
    mine = draft.people.get(normalised=AMA)
    both(
        lambda: people.remove(draft, other.pk, AMA),
        lambda: people.remove(draft, mine.pk, other.normalised),
    )
    assert draft.people.count() == 1


def test_a_draft_is_sent_or_deleted_and_never_both(home):
    draft = complete_draft(AMA)
    checked = drafts.answers_version(draft.answers)
    results = both(
        lambda: sending.send(draft, AMA, checked), lambda: drafts.delete_draft(draft, AMA)
    )
    failed = [result for result in results if isinstance(result, Exception)]
    assert len(failed) == 1
    assert isinstance(failed[0], Application.DoesNotExist | drafts.NotChangeable | MoveNotAllowed)
    assert Application.objects.count() == (0 if results[1] is None else 1)
