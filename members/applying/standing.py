"""Where an application stands, in words for those who sent it."""

import datetime
import statistics
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from icrtop.mail.models import State as DeliveryState
from members.letters import KINDS, TO_THEM
from members.models.applications import Application
from members.models.membership_settings import MembershipSettings
from members.models.trail import ApplicationEvent
from members.states import OPEN, State

# Fewer decisions than these say nothing about how long one takes.
ENOUGH_DECISIONS = 5
# The latest decisions tell how long one takes now.
LATEST_DECISIONS = 50


@dataclass(frozen=True)
class Standing:
    """What a state means to the applicant. `who` says who decides or acts next."""

    now: Promise
    then: Promise
    who: Promise


SECRETARIAT = _("The secretariat reads it. The Steering Committee decides.")
COMMITTEE = _("The Steering Committee decides: each organisation on it has one vote.")

STANDING: dict[State, Standing] = {
    State.DRAFT: Standing(
        _("You are filling it in. Nobody but the people of your organisation sees it."),
        _("When all sections are complete, check your answers and send it."),
        _("You, and then the Steering Committee."),
    ),
    State.SUBMITTED: Standing(
        _("We have your application. The review has not begun yet."),
        _(
            "The secretariat reads it and writes to you: that it goes on, or that something is "
            "missing. Then it is put to the Steering Committee."
        ),
        SECRETARIAT,
    ),
    State.UNDER_REVIEW: Standing(
        _("The secretariat is reading your application."),
        _(
            "If something is missing, we ask you for it. Else the application is put to the "
            "Steering Committee."
        ),
        SECRETARIAT,
    ),
    State.MORE_INFORMATION: Standing(
        _("We have asked you for more information, and wait for your answer."),
        _("Change the sections below, then send the answers. The secretariat then goes on."),
        SECRETARIAT,
    ),
    State.BALLOT: Standing(
        _("The Steering Committee is voting on your application."),
        _("When the vote is closed, the secretariat writes to you."),
        COMMITTEE,
    ),
    State.VOTED: Standing(
        _("The Steering Committee has voted."),
        _("The secretariat reads the result and writes to you."),
        COMMITTEE,
    ),
    State.ACCEPTED: Standing(
        _("Your organisation has been accepted into the Coalition. Welcome."),
        _(
            "Your focal points sign in and check your profile. It goes public, in the way that you "
            "chose, once they have."
        ),
        _("The Steering Committee has decided."),
    ),
    State.DECLINED: Standing(
        _("Your organisation has not been accepted. The letter below gives the reasons."),
        _("Nothing more. You can write to the secretariat, and you can apply again."),
        _("The decision has been taken."),
    ),
    State.CLOSED: Standing(
        _("The application was closed without a decision."),
        _("Nothing more, unless you write to the secretariat. You can apply again at any time."),
        _("Nobody decides on it any more."),
    ),
    State.WITHDRAWN: Standing(
        _("Your organisation has withdrawn its application."),
        _("Nothing more. You can apply again at any time."),
        _("Nobody decides on it any more."),
    ),
}

ARRIVAL: dict[str, Promise] = {
    DeliveryState.PENDING: _("on its way"),
    DeliveryState.CLAIMED: _("on its way"),
    DeliveryState.SENDING: _("on its way"),
    DeliveryState.SENT: _("handed over to the mail server of the address"),
    DeliveryState.DEFERRED: _("delayed: the mail server of the address asked us to try again"),
    DeliveryState.FAILED: _("came back: the mail server of the address refused it"),
    DeliveryState.UNCERTAIN: _("perhaps arrived: the connection broke"),
    DeliveryState.SUPPRESSED: _("not sent: letters to this address came back before"),
    DeliveryState.CANCELLED: _("not sent"),
}


@dataclass(frozen=True)
class SentLetter:
    """A letter to the applicant: when, its subject, and of each address what became of it."""

    at: datetime.datetime
    subject: str
    arrivals: list[tuple[str, str]]


def letters_of(application: Application) -> list[SentLetter]:
    """The letters to the applicant, latest first, and none that others got."""
    to_applicant = {f"members.{name}" for name, kind in KINDS.items() if kind.to in TO_THEM}
    return [
        SentLetter(
            event.at,
            message.subject,
            [(one.address, str(ARRIVAL[one.state])) for one in message.deliveries.all()],
        )
        for event in reversed(application.trail)
        for message in event.messages.all()
        if message.purpose in to_applicant
    ]


def usual_duration(application: Application) -> str:
    """How long a decision usually takes, in words; empty if nobody can tell, or it has come."""
    if application.state not in (State.DRAFT, *OPEN):
        return ""
    return MembershipSettings.current().usual_duration or in_words(median_days())


def median_days() -> int | None:
    """The median of days from the first sending to the decision; None of too few decisions."""
    decisions = (
        ApplicationEvent.objects.filter(
            action__in=("accept", "decline"), application__submitted_at__isnull=False
        )
        .order_by("-pk")
        .values_list("application__submitted_at", "at")[:LATEST_DECISIONS]
    )
    taken = [(at - sent).days for sent, at in decisions if sent]
    return round(statistics.median(taken)) if len(taken) >= ENOUGH_DECISIONS else None


def in_words(days: int | None) -> str:
    """A number of days as people say it: in days up to two weeks, then in weeks."""
    if days is None:
        return ""
    if days <= 14:
        return ngettext("about %(n)d day", "about %(n)d days", days or 1) % {"n": days or 1}
    weeks = round(days / 7)
    return ngettext("about %(n)d week", "about %(n)d weeks", weeks) % {"n": weeks}
