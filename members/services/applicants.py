"""What applicants do with an application. Each raises what `moving.take` raises."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from members.ballots.stopping import stop_open_ballot
from members.models.applications import Application
from members.models.revisions import Endorsement, Revision
from members.services.moving import Actor, make, take
from members.statements import CURRENT


@transaction.atomic
def submit(application: Application, address: str) -> Application:
    """Send a draft in. Whether it is complete is for the caller to see to beforehand."""
    actor = Actor.applicant(address)
    locked = take(application, "submit", actor)
    locked.submitted_at = timezone.now()
    freeze(locked, address)
    make(locked, "submit", actor)
    return locked


@transaction.atomic
def answer(application: Application, address: str) -> Application:
    """Send in what was asked for."""
    actor = Actor.applicant(address)
    locked = take(application, "answer", actor)
    locked.open_sections, locked.answer_by = [], None
    freeze(locked, address)
    make(locked, "answer", actor)
    return locked


@transaction.atomic
def withdraw(application: Application, address: str, note: str = "") -> Application:
    """Take an application back; a ballot on it is stopped."""
    actor = Actor.applicant(address)
    locked = take(application, "withdraw", actor)
    locked.open_sections, locked.answer_by = [], None
    stop_open_ballot(locked)
    make(locked, "withdraw", actor, note=note)
    return locked


def freeze(application: Application, address: str) -> Revision:
    """Keep the answers as they are sent in, with the statements that they endorse."""
    last = application.revisions.aggregate(last=Max("number"))["last"] or 0
    for statement, version in CURRENT.items():
        if application.answers.get(statement.value):
            Endorsement.objects.get_or_create(
                application=application,
                statement=statement,
                version=version,
                defaults={"by_email": address},
            )
    return Revision.objects.create(
        application=application,
        number=last + 1,
        answers=application.answers,
        documents=list(application.documents.current().values_list("pk", flat=True)),
        by_email=address,
    )
