"""Applications to join the Coalition, and the trail of what was done with each."""

from __future__ import annotations

import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from icrtop.mail.models import Message
from icrtop.places.models import Country
from members.models.organisations import Category
from members.statements import Statement, wording
from members.states import MOVES, PUBLIC_LABELS, WAITING, State

# Letters and digits that cannot be taken for one another, when read out on the telephone either.
REFERENCE_LETTERS = "234679ACDEFGHJKMNPQRTVWXYZ"
# What the applicant does, beside the moves of the table.
APPLICANTS_ACTIONS = {"submit": _("Sent in"), "correct": _("Sent again; these answers were before")}


def new_reference() -> str:
    """A code to speak of an application by, such as A-7K3M-9QTX; it cannot be guessed."""
    code = "".join(secrets.choice(REFERENCE_LETTERS) for _position in range(8))
    return f"A-{code[:4]}-{code[4:]}"


class ApplicationQuerySet(models.QuerySet["Application"]):
    def waiting(self) -> Self:
        """Applications that wait for the secretariat or the Steering Committee."""
        return self.filter(state__in=WAITING)

    def queue(self) -> Self:
        """All applications as staff work through them: waiting ones first, longest wait on top."""
        return self.select_related("country").order_by(
            models.Case(models.When(state__in=WAITING, then=0), default=1),
            models.Case(models.When(state__in=WAITING, then="created")),
            "-created",
        )


class Application(models.Model):
    """What an organisation sent to join the Coalition, and where that stands.

    `state` is changed by members.services alone. `version` counts the changes, so that whoever
    acts on what they saw can be told when it is no longer so.
    """

    reference = models.CharField(
        _("reference"), max_length=20, unique=True, default=new_reference, editable=False
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.SUBMITTED, editable=False
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    organisation_name = models.CharField(_("organisation"), max_length=255)
    country = models.ForeignKey(
        Country, models.PROTECT, related_name="applications", verbose_name=_("country")
    )
    website = models.URLField(_("website"), blank=True)
    contact_name = models.CharField(_("contact person"), max_length=120)
    email = models.EmailField(_("e-mail address"), max_length=254)
    category = models.CharField(_("category wanted"), max_length=20, choices=Category.choices)
    why = models.TextField(_("why it wants to join"), max_length=4000)
    language = models.CharField(
        _("language of letters"), max_length=10, default=settings.LANGUAGE_CODE, editable=False
    )
    created = models.DateTimeField(_("received"), default=timezone.now, editable=False)
    updated = models.DateTimeField(_("last changed"), auto_now=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "-pk"]
        permissions = [("decide_application", "Can decide on applications")]
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=State.values), name="application_state"
            ),
            models.CheckConstraint(
                condition=models.Q(category__in=Category.values), name="application_category"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "created"], name="application_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_name} ({self.reference})"

    @property
    def public_label(self) -> str:
        """The state in the words that the applicant reads."""
        return str(PUBLIC_LABELS[State(self.state)])

    @property
    def age_days(self) -> int:
        """How many whole days ago it came in."""
        return (timezone.now() - self.created).days

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @cached_property
    def trail(self) -> list[ApplicationEvent]:
        """What was done with it, earliest first, with the letters and their deliveries."""
        return list(
            self.events.select_related("by").prefetch_related("messages__deliveries").order_by("pk")
        )


class Endorsement(models.Model):
    """One statement that the applicant endorsed, by the version of its wording."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="endorsements", verbose_name=_("application")
    )
    statement = models.CharField(_("statement"), max_length=30, choices=Statement.choices)
    version = models.CharField(_("version of the wording"), max_length=10)
    at = models.DateTimeField(_("endorsed"), default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("endorsement")
        verbose_name_plural = _("endorsements")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "statement", "version"], name="endorsed_once"
            )
        ]

    def __str__(self) -> str:
        return self.get_statement_display()

    @property
    def wording(self) -> str:
        """The text that was endorsed."""
        return wording(self.statement, self.version)


class ApplicationEvent(models.Model):
    """Something that was done with an application. Written once, never changed."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="events", verbose_name=_("application")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
        help_text=_("Empty for what the applicant did."),
    )
    # The name stays readable when the account is gone.
    by_name = models.CharField(_("name"), max_length=255, blank=True)
    action = models.CharField(_("what"), max_length=40)
    from_state = models.CharField(_("from"), max_length=20, choices=State.choices, blank=True)
    to_state = models.CharField(_("to"), max_length=20, choices=State.choices)
    note = models.TextField(_("note"), blank=True)
    messages = models.ManyToManyField(
        Message, blank=True, related_name="application_events", verbose_name=_("letters")
    )

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("entry in the trail")
        verbose_name_plural = _("trail")

    def __str__(self) -> str:
        return f"{self.application_id}: {self.action}"

    @property
    def is_by_applicant(self) -> bool:
        return self.action in APPLICANTS_ACTIONS

    @property
    def label(self) -> str:
        """What was done, in the words of staff."""
        move = MOVES.get(self.action)
        return str(move.label if move else APPLICANTS_ACTIONS.get(self.action, self.action))
