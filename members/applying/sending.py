"""An application goes in: once, complete, and as it was checked."""

from django.db import transaction

from members.applying.drafts import answers_version, changeable
from members.models.applications import Application
from members.sections import missing
from members.services import applicants
from members.states import State


class Incomplete(Exception):
    """Something that is needed is missing."""


class NotAsChecked(Exception):
    """An answer was changed after the page to check them was opened."""


def lacking(application: Application) -> dict[str, list[str]]:
    """What is missing before it can be sent: labels, by sections that can be changed."""
    open_now = changeable(application)
    return {key: labels for key, labels in missing(application).items() if key in open_now}


@transaction.atomic
def send(application: Application, address: str, checked: str) -> Application:
    """Send a draft in, or the answers to what was asked.

    `checked` is what `answers_version` gave for what the applicant saw. Raises Incomplete,
    NotAsChecked, and what `members.services.applicants` raises: MoveNotAllowed if it has been sent.
    """
    locked = Application.objects.select_for_update().get(pk=application.pk)
    move = applicants.answer if locked.state == State.MORE_INFORMATION else applicants.submit
    if changeable(locked):
        if lacking(locked):
            raise Incomplete
        if checked != answers_version(locked.answers):
            raise NotAsChecked
    return move(locked, address)
