"""Ballots of the Steering Committee on applications."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.applications import Application
from members.models.organisations import Organisation


class Majority(models.TextChoices):
    """What share of the votes in favour and against carries; abstentions count for neither."""

    MORE_THAN_HALF = "more_than_half", _("More than half of the votes in favour and against")
    TWO_THIRDS = "two_thirds", _("Two thirds of the votes in favour and against")
    NONE_AGAINST = "none_against", _("At least one vote in favour, and none against")


class BallotQuerySet(models.QuerySet["Ballot"]):
    def open(self) -> Self:
        """Ballots that take votes, or whose deadline has passed and which nobody counted yet."""
        return self.filter(closed_at=None)


class Ballot(models.Model):
    """A vote on one application, by the rules as they were when it opened."""

    class Outcome(models.TextChoices):
        CARRIED = "carried", _("In favour")
        NOT_CARRIED = "not_carried", _("Not in favour")
        TIED = "tied", _("Tied")
        NO_QUORUM = "no_quorum", _("No quorum")
        DISCUSS = "discuss", _("To be discussed")
        STOPPED = "stopped", _("Stopped")

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="ballots", verbose_name=_("application")
    )
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    closes_at = models.DateTimeField(_("deadline"))
    quorum_percent = models.PositiveSmallIntegerField(
        _("quorum in percent"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    majority = models.CharField(_("majority"), max_length=20, choices=Majority.choices)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices, blank=True)

    objects = BallotQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(closed_at=None),
                name="one_open_ballot_per_application",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None, outcome="")
                | (models.Q(closed_at__isnull=False) & ~models.Q(outcome="")),
                name="ballot_closed_with_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.get_outcome_display() or self.closes_at}"

    @property
    def takes_votes(self) -> bool:
        return self.closed_at is None and self.closes_at > timezone.now()


class Seat(models.Model):
    """An organisation that was on the Steering Committee when a ballot opened: one vote."""

    ballot = models.ForeignKey(
        Ballot, models.CASCADE, related_name="seats", verbose_name=_("ballot")
    )
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, related_name="+", verbose_name=_("organisation")
    )
    organisation_name = models.CharField(_("organisation"), max_length=255)

    class Meta:
        default_permissions = ()
        ordering = ["organisation_name", "pk"]
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        constraints = [
            models.UniqueConstraint(fields=["ballot", "organisation"], name="one_seat_each")
        ]

    def __str__(self) -> str:
        return self.organisation_name


class Vote(models.Model):
    """What a seat voted; of several votes of a seat the latest counts, and the others stay."""

    class Choice(models.TextChoices):
        YES = "yes", _("Yes, accept")
        NO = "no", _("No, decline")
        ABSTAIN = "abstain", _("Abstain")
        DISCUSS = "discuss", _("Discuss first")
        RECUSED = "recused", _("Take no part: we have an interest of our own")

    seat = models.ForeignKey(Seat, models.CASCADE, related_name="votes", verbose_name=_("seat"))
    choice = models.CharField(_("vote"), max_length=10, choices=Choice.choices)
    comment = models.TextField(_("comment"), blank=True, max_length=2000)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by_name = models.CharField(_("who"), max_length=255, blank=True)
    by_email = models.CharField(_("e-mail address"), max_length=254, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("vote")
        verbose_name_plural = _("votes")

    def __str__(self) -> str:
        return self.get_choice_display()
