"""What is said of ballots in words: the rules, the arithmetic, moments with their time zone."""

import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.ballots.rules import Rules, Tally, quorum

DAY, TIME = "l, j F Y", "H:i"


def quorum_in_words(seats: int, rules: Rules) -> str:
    """The quorum before anybody has said that they take no part."""
    return _(
        "At least %(percent)s%% of the seats that take part must vote: %(needed)s of %(seats)s if "
        "all do. An abstention counts as a vote."
    ) % {
        "percent": rules.quorum_percent,
        "needed": quorum(seats, rules.quorum_percent),
        "seats": seats,
    }


def progress(tally: Tally) -> str:
    """How many seats have said how they vote, and not how."""
    return ngettext(
        "%(answered)s of %(seats)s seat has voted",
        "%(answered)s of %(seats)s seats have voted",
        tally.seats,
    ) % {"answered": tally.answered, "seats": tally.seats}


def arithmetic(tally: Tally, rules: Rules) -> str:
    """How the outcome comes about: "4 of 4 voted, quorum 2; 3 in favour, 1 against"."""
    if tally.seats and not tally.electorate:
        return _("Every seat takes no part, so there is nobody to vote.")
    counts = _("%(cast)s of %(electorate)s voted, quorum %(quorum)s") % {
        "cast": tally.cast,
        "electorate": tally.electorate,
        "quorum": quorum(tally.electorate, rules.quorum_percent),
    }
    votes = [
        _("%(number)s in favour") % {"number": tally.yes},
        _("%(number)s against") % {"number": tally.no},
    ]
    if tally.abstain:
        votes.append(
            ngettext("%(number)s abstention", "%(number)s abstentions", tally.abstain)
            % {"number": tally.abstain}
        )
    if tally.discuss:
        votes.append(_("%(number)s to discuss first") % {"number": tally.discuss})
    text = f"{counts}; {', '.join(votes)}"
    if tally.recused:
        aside = ngettext(
            "%(number)s of %(seats)s seats takes no part",
            "%(number)s of %(seats)s seats take no part",
            tally.recused,
        ) % {"number": tally.recused, "seats": tally.seats}
        text = f"{text}; {aside}"
    return f"{text}."


def moment(at: datetime.datetime) -> str:
    """A moment for readers on any continent.

    Such as "Monday, 7 December 2026, 17:00 New York time (22:00 UTC)".
    """
    here, utc = timezone.localtime(at), at.astimezone(datetime.UTC)
    day, time = date_format(here, DAY), date_format(here, TIME)
    zone = timezone.get_current_timezone_name()
    if here.utcoffset() == datetime.timedelta() and zone in ("UTC", "Etc/UTC"):
        return _("%(day)s, %(time)s UTC") % {"day": day, "time": time}
    in_utc = date_format(utc, TIME)
    if utc.date() != here.date():
        in_utc = f"{date_format(utc, 'j F')}, {in_utc}"
    return _("%(day)s, %(time)s %(place)s time (%(utc)s UTC)") % {
        "day": day,
        "time": time,
        "place": zone.rpartition("/")[2].replace("_", " "),
        "utc": in_utc,
    }
