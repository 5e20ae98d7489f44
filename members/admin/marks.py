"""What in the queue has waited too long, told by a word and a shape and not by a colour alone."""

import datetime
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from members.models import Application, Ballot, MembershipSettings
from members.states import WAITING, State


@dataclass(frozen=True)
class Mark:
    """A word, and the icon that stands before it."""

    name: str
    label: str | Promise
    icon: str


AGEING = Mark("ageing", _("Waits long"), "history")
ANSWER_OVERDUE = Mark("answer-overdue", _("Answer overdue"), "warning")
BALLOT_OVERDUE = Mark("ballot-overdue", _("Ballot overdue"), "warning")


def ageing_since(now: datetime.datetime | None = None) -> datetime.datetime:
    """Who has waited for the secretariat since before this moment is marked."""
    days = MembershipSettings.current().ageing_days
    return (now or timezone.now()) - datetime.timedelta(days=days)


def is_ageing(before: datetime.datetime) -> Q:
    """Applications that wait for the secretariat, in the same state since before a moment."""
    return Q(state__in=WAITING, state_since__lt=before)


def is_overdue() -> Q:
    """Applications whose answer or whose ballot is past its time."""
    late = Q(state=State.MORE_INFORMATION, answer_by__lt=timezone.localdate())
    return late | Q(
        state=State.BALLOT, ballots__closed_at=None, ballots__closes_at__lt=timezone.now()
    )


def with_deadlines(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Annotate each with the `deadline` of its open ballot."""
    ballots = Ballot.objects.open().filter(application=OuterRef("pk"))
    return applications.annotate(deadline=Subquery(ballots.values("closes_at")[:1]))


def mark_of(application: Application, before: datetime.datetime) -> Mark | None:
    """The mark of an application of `with_deadlines`; `before` is from `ageing_since`."""
    if application.is_waiting and application.state_since < before:
        return AGEING
    if application.is_overdue:
        return ANSWER_OVERDUE
    deadline: datetime.datetime | None = getattr(application, "deadline", None)
    if application.state == State.BALLOT and deadline and deadline < timezone.now():
        return BALLOT_OVERDUE
    return None
