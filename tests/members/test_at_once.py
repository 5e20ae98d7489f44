"""Two people act at the same moment, each in a transaction of their own."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from icrtop.mail.models import Message
from icrtop.places.models import Country
from members.answers import Answers
from members.models import Application, ApplicationEvent
from members.services import ChangedMeanwhile, accept, decline, submit_application
from members.statements import CURRENT
from members.states import State
from tests.factories.members import ApplicationFactory

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_of_two_decisions_one_counts_and_the_other_is_told(home, staff_with):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    one, other = (
        staff_with("decide_application", email=f"{name}@example.org") for name in ("one", "other")
    )
    results = both(
        lambda: accept(application, one, 1), lambda: decline(application, other, 1, "Because.")
    )
    [refused] = [result for result in results if isinstance(result, Exception)]
    [moved] = [result for result in results if isinstance(result, Application)]
    assert isinstance(refused, ChangedMeanwhile)
    application.refresh_from_db()
    assert application.state == moved.state
    assert ApplicationEvent.objects.count() == Message.objects.count() == 1


def test_the_second_waits_for_the_first_and_then_sees_what_it_did(home, staff_with):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    by = staff_with("decide_application")
    moved = threading.Event()

    def first():
        with transaction.atomic():
            accept(application, by, 1)
            moved.set()
            wait_until_somebody_waits()

    def second():
        assert moved.wait(10)
        return decline(application, by, 1, "Because.")

    done, refused = both(first, second)
    assert done is None
    assert isinstance(refused, ChangedMeanwhile)
    application.refresh_from_db()
    assert application.state == State.ACCEPTED
    assert ApplicationEvent.objects.count() == Message.objects.count() == 1


def wait_until_somebody_waits():
    """Until another transaction waits for this one's locks."""
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("Nobody waits.")


def test_a_double_click_makes_one_application(home):
    given = Answers(
        organisation_name="Example Society",
        country=Country.objects.get(code="GH"),
        website="",
        contact_name="Ama Example",
        email="ama@example.org",
        category="member",
        why="To work with others.",
    )
    first, second = both(
        lambda: submit_application(given, CURRENT), lambda: submit_application(given, CURRENT)
    )
    assert first.pk == second.pk
    assert Application.objects.count() == 1
    assert Message.objects.count() == 2
