"""What is left of a file after its time: nothing by which anybody could be known."""

import datetime
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.models import Delivery, Message
from icrtop.mail.services import queue_message
from members.applying import people
from members.models import Application
from members.models.ballots import Ballot, Vote
from members.models.documents import private_storage
from members.retention import daily, terms
from members.retention.anonymising import anonymise
from members.services import applicants, staff
from members.services.moving import MoveNotAllowed
from members.states import State
from tests.factories.accounts import account_of, signed_in
from tests.factories.documents import pdf, stored
from tests.factories.members import (
    ApplicationFactory,
    FocalPointFactory,
    MembershipFactory,
)

ADA, BEN = "ada@hidden-voices.example", "ben@hidden-voices.example"
NAME = "Hidden Voices of Elsewhere"
# Nothing of this may be found anywhere afterwards, in whatever case.
TELLING = ("hidden voices", "hidden-voices", "secret words", "zelda")

pytestmark = pytest.mark.usefixtures("home", "private_root")


@pytest.fixture
def secretary(staff_with):
    return staff_with("view_application", "change_application", "decide_application")


@pytest.fixture
def declined(secretary, django_capture_on_commit_callbacks):
    """A file with everything in it that a file may have, declined after a ballot."""
    seat = MembershipFactory(on_steering_committee=True).organisation
    FocalPointFactory(organisation=seat, on_committee=True)
    account_of(ADA, first_name="Zelda")
    application = ApplicationFactory(
        state=State.DRAFT,
        person=ADA,
        organisation_name=NAME,
        website="https://hidden-voices.example/",
        answers={
            "organisation_name": NAME,
            "country": "GH",
            "about": "Secret words",
            "focal_1_name": "Zelda",
            "focal_1_email": "zelda@elsewhere.example",
            "founding_purposes": "1",
        },
    )
    people.invite(application, BEN, ADA)
    stored(application, content=pdf("Secret words"), name="hidden voices.pdf", added_by=ADA)
    application = applicants.submit(application, ADA)
    application = staff.acknowledge(
        application, secretary, application.version, note="Secret words"
    )
    application.notes.create(by=secretary, by_name="Kofi", text="Zelda telephoned")
    application = staff.put_to_ballot(
        application,
        secretary,
        application.version,
        closes_at=timezone.now() + datetime.timedelta(days=1),
    )
    for choice in (Vote.Choice.NO, Vote.Choice.ABSTAIN):
        application.ballot.seats.get().votes.create(
            choice=choice, comment="I know Zelda", by_name="Voter", by_email="v@example.org"
        )
    Ballot.objects.update(closed_at=timezone.now(), outcome=Ballot.Outcome.NOT_CARRIED)
    Application.objects.update(state=State.VOTED)
    application.refresh_from_db()
    queue_message(
        to=ADA,
        subject="Your code",
        purpose="accounts.code",
        text=f"For {ADA}",
        html=f"<p>For {ADA}</p>",
    )
    return staff.decline(application, secretary, application.version, note="Secret words for Zelda")


def found_in_the_database():
    """Table, column and text of every row that still tells something."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND (data_type IN "
            "('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'tsvector'))"
        )
        found = []
        for table, column in cursor.fetchall():
            for word in TELLING:
                cursor.execute(
                    f'SELECT "{column}"::text FROM "{table}" WHERE "{column}"::text ILIKE %s',  # noqa: S608
                    [f"%{word}%"],
                )
                found += [(table, column, text[:80]) for (text,) in cursor.fetchall()]
    return found


def found_on_the_disk():
    return [path for path in Path(private_storage().location).rglob("*") if path.is_file()]


def end_long_ago(application, days=800):
    ended = timezone.now() - datetime.timedelta(days=days)
    Application.objects.filter(pk=application.pk).update(state_since=ended)


def test_nothing_telling_is_left_in_the_database_or_on_the_disk(
    declined, django_capture_on_commit_callbacks
):
    assert len({table for table, _column, _text in found_in_the_database()}) >= 12
    assert found_on_the_disk()
    end_long_ago(declined)
    with django_capture_on_commit_callbacks(execute=True):
        daily.run()
    assert found_in_the_database() == []
    assert found_on_the_disk() == []


def test_what_was_done_and_how_many_voted_how_stays(declined):
    before = declined.events.count()
    end_long_ago(declined)
    daily.run()
    file = Application.objects.get()
    assert (file.reference, file.state, file.category) == (
        declined.reference,
        State.DECLINED,
        declined.category,
    )
    assert file.anonymised_at
    assert file.submitted_at == declined.submitted_at
    assert file.answers == {"region": "002"}  # Africa.
    assert [event.action for event in file.trail][-1] == "anonymise"
    assert len(file.trail) == before + 1
    # Staff and their moves stay in the trail, others' names do not.
    assert {event.by_name for event in file.trail if event.actor == "staff"} == {"Kofi Example"}
    assert {event.by_name for event in file.trail if event.actor != "staff"} == {""}
    assert {event.note for event in file.trail} == {""}
    assert [vote.choice for vote in Vote.objects.order_by("pk")] == ["no", "abstain"]
    assert set(Vote.objects.values_list("comment", "by_name", "by_email")) == {("", "", "")}
    assert file.ballot.outcome == Ballot.Outcome.NOT_CARRIED


def test_letters_are_still_counted_and_those_that_waited_do_not_go(declined):
    letters, waiting = Message.objects.count(), Delivery.objects.unsent().count()
    assert waiting
    end_long_ago(declined)
    daily.run()
    assert Message.objects.count() == letters
    assert not Delivery.objects.unsent().exists()
    assert set(Message.objects.values_list("subject", flat=True)) <= {"Erased", "Your code"}


def test_an_account_goes_with_the_only_application_it_was_for(declined):
    end_long_ago(declined)
    daily.run()
    assert not User.objects.filter(email=ADA).exists()
    assert User.objects.filter(email="staff@example.org").exists()


@pytest.mark.parametrize("also", ["applicant", "focal point", "staff"])
def test_an_account_that_is_needed_elsewhere_stays(declined, also, staff_with):
    if also == "applicant":
        ApplicationFactory(person=ADA)
    elif also == "focal point":
        FocalPointFactory(email=ADA)
    else:
        User.objects.filter(email=ADA).update(is_superuser=True)
    end_long_ago(declined)
    daily.run()
    assert User.objects.filter(email=ADA).exists()
    code = Message.objects.get(purpose="accounts.code")
    assert code.deliveries.get().normalised == ADA
    # Letters about the file itself are gone all the same.
    assert not Delivery.objects.filter(normalised=ADA, message__purpose="members.received").exists()


def test_the_time_is_counted_from_the_end_and_by_the_settings(declined):
    at = terms.now()
    end_long_ago(declined, days=700)
    assert not terms.ended_before(at).exists()
    end_long_ago(declined, days=740)
    assert terms.ended_before(at).exists()
    rules = terms.MembershipSettings.current()
    rules.retention_months = 36
    rules.save()
    assert not terms.ended_before(at).exists()


@pytest.mark.parametrize("state", [one for one in State if one != State.DRAFT])
def test_only_files_that_ended_without_a_member_go(state):
    application = ApplicationFactory(state=state)
    end_long_ago(application)
    daily.run()
    application.refresh_from_db()
    ended = state in (State.DECLINED, State.CLOSED, State.WITHDRAWN)
    assert bool(application.anonymised_at) == ended


def test_a_file_that_was_reopened_meanwhile_stays(declined, secretary):
    end_long_ago(declined)
    assert terms.ended_before(terms.now()).exists()
    staff.reopen(declined, secretary, declined.version, note="They wrote again.")
    daily.run()
    declined.refresh_from_db()
    assert declined.anonymised_at is None


def test_one_that_fails_does_not_keep_the_others(declined, monkeypatch, caplog):
    other = ApplicationFactory(state=State.CLOSED)
    end_long_ago(declined, days=900)
    end_long_ago(other)
    first = [declined.pk]

    def fail_once(application):
        if application.pk in first:
            raise RuntimeError("broken")
        return set()

    monkeypatch.setattr("members.retention.anonymising.addresses_of", fail_once)
    daily.run()
    other.refresh_from_db()
    declined.refresh_from_db()
    assert other.anonymised_at
    assert declined.anonymised_at is None
    assert declined.people.exists()
    assert "Not done with application" in caplog.text


def test_somebody_without_the_permission_anonymises_nothing(declined, staff_with):
    with pytest.raises(PermissionDenied):
        anonymise(declined, staff_with("view_application", email="reader@example.org"))


def test_a_file_is_anonymised_once_and_moves_no_more(declined, secretary):
    done = anonymise(declined, secretary)
    with pytest.raises(MoveNotAllowed):
        anonymise(done, secretary)
    with pytest.raises(MoveNotAllowed):
        staff.reopen(done, secretary, done.version, note="x")
    assert signed_in(ADA).get(done.get_absolute_url()).status_code == 404
