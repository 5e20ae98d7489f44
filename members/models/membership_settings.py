"""How the Coalition takes in members: what staff set under Settings → Membership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.models import Site

from members.models.ballots import Majority

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _number(
    label: StrOrPromise, default: int, most: int, help_text: StrOrPromise = ""
) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        label,
        default=default,
        help_text=help_text,
        validators=[MinValueValidator(1), MaxValueValidator(most)],
    )


@register_setting(icon="group")
class MembershipSettings(BaseSiteSetting):
    """One row for the site. Ballots keep the rules that they opened with."""

    answer_days = _number(
        _("days to answer"),
        21,
        180,
        _("When more information is asked for, unless staff say else."),
    )
    answer_reminder_days = _number(
        _("days before, to remind"),
        5,
        60,
        _("The applicant is reminded this long before that day."),
    )
    ageing_days = _number(
        _("days until marked"), 14, 365, _("What waits longer for the secretariat is marked.")
    )
    usual_duration = models.CharField(
        _("how long a decision usually takes"),
        max_length=200,
        blank=True,
        help_text=_(
            "Shown to applicants, such as “about eight weeks”. If empty, the site says how long "
            "past decisions took, once there are five."
        ),
    )
    ballot_days = _number(_("days to vote"), 14, 90)
    ballot_reminder_days = _number(
        _("days before, to remind"), 3, 60, _("Who has not voted is reminded this long before.")
    )
    quorum_percent = _number(
        _("quorum in percent"),
        50,
        100,
        _("How many of the seats must vote, without those who take no part. An abstention counts."),
    )
    majority = models.CharField(
        _("majority"),
        max_length=20,
        choices=Majority.choices,
        default=Majority.MORE_THAN_HALF,
    )
    reconfirm_months = _number(
        _("months between reconfirmations"), 12, 60, _("Members are asked whether all is right.")
    )
    reconfirm_reminder_days = _number(
        _("days between reminders"), 14, 90, _("Two reminders follow, this far apart.")
    )
    lapse_days = _number(
        _("days until shown as lapsing"),
        60,
        365,
        _("Who has not reconfirmed for so long is shown to staff. Nothing ends by itself."),
    )
    retention_months = _number(
        _("months until anonymised"),
        24,
        120,
        _("Counted from the day on which an application was declined, withdrawn or closed."),
    )
    draft_months = _number(
        _("months until drafts are deleted"), 6, 60, _("Counted from the last change of a draft.")
    )

    panels = [
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("answer_days"), FieldPanel("answer_reminder_days")]),
                FieldPanel("ageing_days"),
                FieldPanel("usual_duration"),
            ],
            heading=_("Applications"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("ballot_days"), FieldPanel("ballot_reminder_days")]),
                FieldRowPanel([FieldPanel("quorum_percent"), FieldPanel("majority")]),
            ],
            heading=_("Ballots"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("reconfirm_months"),
                FieldRowPanel([FieldPanel("reconfirm_reminder_days"), FieldPanel("lapse_days")]),
            ],
            heading=_("Yearly reconfirmation"),
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("retention_months"), FieldPanel("draft_months")])],
            heading=_("Retention"),
        ),
    ]

    class Meta:
        verbose_name = _("membership")

    def __str__(self) -> str:
        return str(self.site)

    @classmethod
    def current(cls) -> MembershipSettings:
        """The settings of the site."""
        return cls.for_site(Site.objects.get(is_default_site=True))
