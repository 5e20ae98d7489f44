"""How each member stands with the yearly question: for the staff's list and its first page."""

import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.focal_points import FocalPoint
from members.models.membership_settings import MembershipSettings
from members.models.organisations import Membership
from members.models.profiles import Reconfirmation
from members.services.reconfirming import REMINDERS, due


class Standing(TextChoices):
    """From what needs staff most to what needs nobody."""

    LAPSING = "lapsing", _("Lapsing")
    OVERDUE = "overdue", _("Overdue")
    NOBODY = "nobody", _("Nobody to ask")
    REMINDED = "reminded", _("Reminded")
    ASKED = "asked", _("Asked")
    DUE = "due", _("To be asked")
    CONFIRMED = "confirmed", _("Confirmed")


def with_standing() -> QuerySet[Any]:
    """Current terms (Membership), each with its `standing`.

    And of the question that is open: `asked_at`, `reminders` and `reminded_at`.
    """
    rules, now = MembershipSettings.current(), timezone.now()
    lapsing = now - datetime.timedelta(days=rules.lapse_days)
    overdue = now - datetime.timedelta(days=rules.reconfirm_reminder_days)
    question = Reconfirmation.objects.filter(membership=OuterRef("pk"), confirmed_at=None)
    people = FocalPoint.objects.filter(organisation=OuterRef("organisation"))
    return (
        Membership.objects.current()
        .select_related("organisation__country")
        .annotate(
            asked_at=Subquery(question.values("asked_at")[:1]),
            reminders=Subquery(question.values("reminders")[:1]),
            reminded_at=Subquery(question.values("reminded_at")[:1]),
            standing=Case(
                When(Exists(question.filter(asked_at__lte=lapsing)), then=Value("lapsing")),
                When(~Exists(people), then=Value("nobody")),
                When(
                    Exists(question.filter(reminders__gte=REMINDERS, reminded_at__lte=overdue)),
                    then=Value("overdue"),
                ),
                When(Exists(question.filter(reminders__gt=0)), then=Value("reminded")),
                When(Exists(question), then=Value("asked")),
                When(Q(pk__in=due().values("pk")), then=Value("due")),
                default=Value("confirmed"),
                output_field=CharField(),
            ),
        )
    )
