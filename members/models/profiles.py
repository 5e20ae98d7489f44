"""What members say of themselves: changes that they propose, and yearly confirmations."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from icrtop.mail.models import Message
from members.models.organisations import Membership, Organisation


class ProfileChange(models.Model):
    """A change of an organisation's details that a focal point proposes and staff approve.

    `before` and `after` hold only the fields that differ, by name, as JSON can keep them.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        TAKEN_BACK = "taken_back", _("Taken back")

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="changes", verbose_name=_("organisation")
    )
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.PENDING
    )
    proposed_at = models.DateTimeField(_("proposed"), default=timezone.now)
    by_name = models.CharField(_("by"), max_length=255, blank=True)
    by_email = models.CharField(_("e-mail address"), max_length=254, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)

    class Meta:
        default_permissions = ("view", "change")
        ordering = ["-pk"]
        verbose_name = _("change of a profile")
        verbose_name_plural = _("changes of profiles")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(state="pending"),
                name="one_pending_change_per_organisation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.get_state_display()}"


class ReconfirmationQuerySet(models.QuerySet["Reconfirmation"]):
    def unanswered(self) -> Self:
        """Questions that no organisation has answered, of terms that are going on."""
        return self.filter(confirmed_at=None, membership__ended=None)


class Reconfirmation(models.Model):
    """The yearly question whether a member's details are still right, and the answer."""

    membership = models.ForeignKey(
        Membership, models.CASCADE, related_name="reconfirmations", verbose_name=_("membership")
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    reminders = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    reminded_at = models.DateTimeField(_("last reminded"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    by_name = models.CharField(_("by"), max_length=255, blank=True)
    by_email = models.CharField(_("e-mail address"), max_length=254, blank=True)

    objects = ReconfirmationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]
        verbose_name = _("reconfirmation")
        verbose_name_plural = _("reconfirmations")
        constraints = [
            models.UniqueConstraint(
                fields=["membership"],
                condition=models.Q(confirmed_at=None),
                name="one_open_reconfirmation_per_term",
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership}: {self.asked_at:%Y-%m-%d}"


# What can stand in the trail of a member.
MEMBER_ACTIONS: dict[str, Promise] = {
    "accepted": _("Accepted into the Coalition"),
    "checked_profile": _("Profile checked and made public"),
    "proposed": _("Change of the profile proposed"),
    "took_back": _("Proposed change taken back"),
    "approved": _("Proposed change approved"),
    "declined_change": _("Proposed change declined"),
    "changed_listing": _("What the public may see was changed"),
    "added_focal_point": _("Focal point added"),
    "changed_focal_point": _("Contact data of a focal point changed"),
    "removed_focal_point": _("Focal point removed"),
    "asked": _("Asked to reconfirm"),
    "reminded": _("Reminded to reconfirm"),
    "reconfirmed": _("Reconfirmed"),
    "resigned": _("Resigned"),
    "ended": _("Membership ended: it did not reconfirm"),
}


class OrganisationEvent(models.Model):
    """Something that was done with a member, by itself or by staff. Written once."""

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="events", verbose_name=_("organisation")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(_("who"), max_length=255, blank=True)
    action = models.CharField(_("what"), max_length=40)
    note = models.TextField(_("note"), blank=True)
    messages = models.ManyToManyField(
        Message, blank=True, related_name="organisation_events", verbose_name=_("letters")
    )

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("entry in the trail")
        verbose_name_plural = _("trail")

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.action}"

    @property
    def label(self) -> str:
        """What was done, in the words of staff."""
        return str(MEMBER_ACTIONS.get(self.action, self.action))
