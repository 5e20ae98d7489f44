"""Reminding applicants of what they were asked for."""

import datetime

from django.db import transaction
from django.utils import timezone

from members.letters import draft_letter
from members.models.applications import Application
from members.models.membership_settings import MembershipSettings
from members.services.moving import Actor, attach_letter, record
from members.states import State


def remind_applicants() -> int:
    """Remind those whose answer is due soon, and once more when its day has passed.

    Returns how many letters there were. Each application is a transaction of its own, so that this
    may be stopped and begun again at any time.
    """
    soon = datetime.timedelta(days=MembershipSettings.current().answer_reminder_days)
    due = Application.objects.filter(
        state=State.MORE_INFORMATION, answer_by__lte=timezone.localdate() + soon
    )
    return sum(_remind(pk) for pk in due.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _remind(pk: int) -> bool:
    application = (
        Application.objects.select_for_update(skip_locked=True)
        .filter(pk=pk, state=State.MORE_INFORMATION)
        .first()
    )
    if application is None or not _is_due(application):
        return False
    event = record(application, Actor.site(), "remind_applicant")
    attach_letter(event, draft_letter(application, "answer_reminder"))
    application.reminded_at = event.at
    application.save(update_fields=["reminded_at"])
    return True


def _is_due(application: Application) -> bool:
    """Whether there was no letter yet on another day, or none since the answer's day passed."""
    if application.answer_by is None:
        return False
    asked_on = timezone.localdate(application.state_since)
    if application.reminded_at is None:
        return asked_on < timezone.localdate()
    reminded_on = timezone.localdate(application.reminded_at)
    return application.is_overdue and reminded_on <= application.answer_by
