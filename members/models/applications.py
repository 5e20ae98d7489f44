"""Applications to join the Coalition: where they stand, what is filled in, and by whom."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from icrtop.mail.addresses import normalise
from icrtop.places.models import Country
from members.models.organisations import Category, Organisation
from members.states import OPEN, PUBLIC_LABELS, WAITING, WAITS_FOR, State, WaitsFor

if TYPE_CHECKING:
    from members.models.ballots import Ballot
    from members.models.trail import ApplicationEvent

# Letters and digits that cannot be taken for one another, when read out on the telephone either.
REFERENCE_LETTERS = "234679ACDEFGHJKMNPQRTVWXYZ"


def new_reference() -> str:
    """A code to speak of an application by, such as A-7K3M-9QTX; it cannot be guessed."""
    code = "".join(secrets.choice(REFERENCE_LETTERS) for _position in range(8))
    return f"A-{code[:4]}-{code[4:]}"


class ApplicationQuerySet(models.QuerySet["Application"]):
    def of(self, address: str) -> Self:
        """Applications that the holder of a verified, normalised address may see and fill in."""
        return self.filter(people__normalised=address, anonymised_at=None)

    def sent(self) -> Self:
        """Applications that were sent in at least once: a draft is the applicant's alone."""
        return self.exclude(state=State.DRAFT)

    def open(self) -> Self:
        """Applications on their way to a decision."""
        return self.filter(state__in=OPEN)

    def waiting(self) -> Self:
        """Applications with which the secretariat has something to do."""
        return self.filter(state__in=WAITING)

    def queue(self) -> Self:
        """What staff work through: what waits for them first, then other open ones, oldest on top;
        the ended ones come last, newest first.
        """
        return (
            self.sent()
            .select_related("country", "assigned_to")
            .order_by(
                models.Case(
                    models.When(state__in=WAITING, then=0),
                    models.When(state__in=OPEN, then=1),
                    default=2,
                ),
                models.Case(models.When(state__in=OPEN, then="submitted_at")),
                "-state_since",
                "pk",
            )
        )


class Application(models.Model):
    """What an organisation fills in to join the Coalition, and where that stands.

    `answers` holds what was filled in, by the names of the fields in `members.sections`; the
    columns `organisation_name`, `country`, `website` and `category` are copies for the queue.
    `state` is changed by `members.services` alone. `version` counts the moves, so that staff who
    act on what they saw can be told when it is no longer so.
    """

    reference = models.CharField(
        _("reference"), max_length=20, unique=True, default=new_reference, editable=False
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.DRAFT, editable=False
    )
    state_since = models.DateTimeField(_("in this state since"), default=timezone.now)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    organisation_name = models.CharField(_("organisation"), max_length=255, blank=True)
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="applications",
        verbose_name=_("country"),
    )
    website = models.URLField(_("website"), blank=True)
    category = models.CharField(
        _("category wanted"), max_length=20, choices=Category.choices, blank=True
    )
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    # While the applicant is asked for more: which sections are open, until when.
    open_sections = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    answer_by = models.DateField(_("answer due by"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    organisation = models.OneToOneField(
        Organisation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="application",
        verbose_name=_("member"),
        help_text=_("The organisation in the directory, once it was accepted."),
    )
    language = models.CharField(
        _("language of letters"), max_length=10, default=settings.LANGUAGE_CODE, editable=False
    )
    created = models.DateTimeField(_("begun"), default=timezone.now, editable=False)
    updated = models.DateTimeField(_("last changed"), auto_now=True)
    submitted_at = models.DateTimeField(_("received"), null=True, blank=True, editable=False)
    anonymised_at = models.DateTimeField(_("anonymised"), null=True, blank=True, editable=False)

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
                condition=models.Q(category__in=["", *Category.values]),
                name="application_category",
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.DRAFT) | models.Q(submitted_at__isnull=False),
                name="application_sent_when",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at"], name="application_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_name or _t('Unnamed organisation')} ({self.reference})"

    def get_absolute_url(self) -> str:
        """The applicant's own page about it."""
        return reverse("apply:application", args=[self.reference])

    @property
    def public_label(self) -> str:
        """The state in the words that the applicant reads."""
        return str(PUBLIC_LABELS[State(self.state)])

    @property
    def waits_for(self) -> WaitsFor | None:
        """Whose turn it is; nobody's once it has ended."""
        return WAITS_FOR.get(State(self.state))

    @property
    def waits_for_display(self) -> str:
        return str(self.waits_for.label) if self.waits_for else ""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def age_days(self) -> int:
        """How many whole days ago it came in; 0 for a draft."""
        return (timezone.now() - self.submitted_at).days if self.submitted_at else 0

    @property
    def days_in_state(self) -> int:
        """How many whole days it has stood where it stands."""
        return (timezone.now() - self.state_since).days

    @property
    def is_overdue(self) -> bool:
        """Whether the applicant's answer is past its day."""
        return (
            self.state == State.MORE_INFORMATION
            and self.answer_by is not None
            and self.answer_by < timezone.localdate()
        )

    @cached_property
    def trail(self) -> list[ApplicationEvent]:
        """What was done with it, earliest first, with the letters and their deliveries."""
        return list(
            self.events.select_related("by").prefetch_related("messages__deliveries").order_by("pk")
        )

    @cached_property
    def ballot(self) -> Ballot | None:
        """The latest ballot on it."""
        return self.ballots.order_by("-pk").first()


class ApplicationPerson(models.Model):
    """Somebody of the organisation who fills the application in, known by a verified address."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="people", verbose_name=_("application")
    )
    email = models.EmailField(_("e-mail address"), max_length=254)
    normalised = models.CharField(max_length=254, editable=False)
    invited_by = models.CharField(_("invited by"), max_length=254, blank=True)
    added_at = models.DateTimeField(_("added"), default=timezone.now)
    joined_at = models.DateTimeField(
        _("first here"),
        null=True,
        blank=True,
        help_text=_("Empty for somebody who was invited and has not come yet."),
    )

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        verbose_name = _("person of the application")
        verbose_name_plural = _("people of the application")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "normalised"], name="one_person_per_address"
            )
        ]
        indexes = [models.Index(fields=["normalised"], name="person_by_address")]

    def __str__(self) -> str:
        return self.email


def focal_points_in(answers: Mapping[str, Any]) -> list[dict[str, str]]:
    """The focal points that an application names, each with name, email, position, telephone.

    One without an address is left out, and so is the second of two with the same.
    """
    found: dict[str, dict[str, str]] = {}
    for number in (1, 2):
        told = {
            name: answers.get(f"focal_{number}_{name}") or ""
            for name in ("name", "email", "position", "telephone")
        }
        if told["email"]:
            found.setdefault(normalise(told["email"]), told)
    return list(found.values())


def days_from_now(days: int) -> datetime.date:
    """The day that is a number of days after today, in the site's own time zone."""
    return timezone.localdate() + datetime.timedelta(days=days)
