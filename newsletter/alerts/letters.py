"""The letters: one change, or several as a digest."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from icrtop.mail.letters import Letter, render_letter
from icrtop.mail.services import MAX_SUBJECT
from newsletter.alerts.changes import Change
from newsletter.list_letters import LEAVE_FIELD, PREFERENCES_FIELD, letter_context
from newsletter.models import MailingList
from pages.models import SiteSettings

# More countries than these are not named in a line.
MOST_NAMED = 3
# What a digest tells in full; of more, it names the titles. Gmail cuts a letter off at 102 KB.
MOST_IN_FULL = 40
STRAY_FIELD = re.compile(rf"\[\[(?!(?:{LEAVE_FIELD}|{PREFERENCES_FIELD})\]\])(?=[a-z_]+\]\])")


class Written(NamedTuple):
    """A letter with its subject."""

    subject: str
    letter: Letter


class Group(NamedTuple):
    """What a digest tells of the same countries, or of a topic."""

    heading: str
    changes: list[Change]


def write(
    mailing_list: MailingList,
    changes: Sequence[Change],
    language: str,
    sender: SiteSettings | None = None,
) -> Written:
    """One letter for one change, a digest for several, which are given newest first.

    `sender` is who writes; without it, it is looked up.
    """
    context: dict[str, Any] = {**letter_context(mailing_list, language), "sender": sender}
    with translation.override(language):
        if len(changes) == 1:
            template, subject = "newsletter/alert", subject_of(changes[0])
            context["change"] = changes[0]
        else:
            template, subject = "newsletter/digest", subject_of_digest(changes)
            context["groups"] = groups(changes[:MOST_IN_FULL])
            context["rest"] = changes[MOST_IN_FULL:]
        context["subject"] = subject
        letter = render_letter(template, context, language)
    return Written(Truncator(_plain(subject)).chars(MAX_SUBJECT), Letter(*map(_plain, letter)))


def _plain(text: str) -> str:
    """A text in which nothing that an editor wrote is taken for a merge field."""
    return STRAY_FIELD.sub("[\N{ZERO WIDTH SPACE}[", text)


def subject_of(change: Change) -> str:
    """The title of one change, with its countries where it does not name them itself."""
    title = change.page.title
    if change.assessment:
        status = change.assessment.get_status_display()
        return _("%(title)s: assessed as “%(status)s”") % {"title": title, "status": status}
    places = change.places
    if not places or len(places) > MOST_NAMED or all(name in title for name in places):
        return title
    return f"{', '.join(places)}: {title}"


def subject_of_digest(changes: Sequence[Change]) -> str:
    """How many changes, and in which countries: the first of them by name."""
    number = len(changes)
    text = ngettext("%(number)d change you follow", "%(number)d changes you follow", number)
    subject = text % {"number": number}
    names = list(dict.fromkeys(name for change in changes for name in change.places))
    if not names:
        return subject
    places = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    if more > 0:
        text = ngettext(
            "%(places)s and %(number)d more country",
            "%(places)s and %(number)d more countries",
            more,
        )
        places = text % {"places": places, "number": more}
    return f"{subject}: {places}"


def groups(changes: Sequence[Change]) -> list[Group]:
    """The changes by the countries that they are about; those about none by topic.

    The group with the newest change is the first one.
    """
    found: dict[str, Group] = {}
    for change in changes:
        heading = heading_of(change)
        found.setdefault(heading, Group(heading, [])).changes.append(change)
    return list(found.values())


def heading_of(change: Change) -> str:
    """Under which heading a digest tells a change."""
    if not change.places:
        return str(change.topic.label)
    return ", ".join(change.places) if len(change.places) <= MOST_NAMED else _("Several countries")
