"""The Steering Committee as a ballot would find it now, and the rules that it would have."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.ballots.access import voters
from members.models import FocalPoint, Majority, MembershipSettings, Organisation


@dataclass(frozen=True)
class Place:
    """An organisation on the committee, with those who can vote for it; perhaps nobody."""

    organisation: Organisation
    voters: list[FocalPoint]


def committee_now() -> list[Place]:
    """Who would be asked to vote, by organisation."""
    found = voters()
    return [
        Place(organisation, found.get(organisation.pk, []))
        for organisation in Organisation.objects.steering_committee()
    ]


def rules_now() -> list[str]:
    """The rules of the settings, in sentences."""
    rules = MembershipSettings.current()
    days = ngettext(
        "Who has not voted is reminded %(days)d day before the deadline.",
        "Who has not voted is reminded %(days)d days before the deadline.",
        rules.ballot_reminder_days,
    )
    return [
        _("Each organisation has one vote, however many people may cast it."),
        _("The quorum is %(percent)d %% of the organisations that take part.")
        % {"percent": rules.quorum_percent},
        _("For a result in favour: %(majority)s.") % {"majority": _in_a_sentence(rules.majority)},
        days % {"days": rules.ballot_reminder_days},
    ]


def _in_a_sentence(majority: str) -> str:
    label = str(Majority(majority).label)
    return label[:1].lower() + label[1:]
