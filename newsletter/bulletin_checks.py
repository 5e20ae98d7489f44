"""What stands against sending a bulletin."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import dates, translation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from wagtail.rich_text import RichText

from icrtop.mail.composing import MERGE_FIELD
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.letters import Letter
from icrtop.mail.markup import check_html
from newsletter.bulletin_letters import filled
from newsletter.bulletin_links import external_links, found_in, wrong_links
from newsletter.link_requests import failing_links
from newsletter.models.bulletins import BulletinPage
from newsletter.rich_text import columns

__all__ = ["Problem", "external_links", "failing_links", "problems"]

# Gmail shows no more of a letter, and hides with the rest the link to unsubscribe.
MOST_BYTES = 102_400
MANY_BYTES = 90_000
# About what a desktop program shows of a subject (and RFC 5322, 2.1.1, wants of a line).
SUBJECT_COLUMNS = 78
# In capitals: “todo” is a word of Spanish and Portuguese.
PLACEHOLDER = re.compile(r"\bTODO\b|\b[xX]{3,}\b|\b(?i:lorem\s+ipsum)\b")


@dataclass(frozen=True)
class Problem:
    """Something to mend: an error stops sending, anything else is a warning.

    `where` names the block, or is empty where it is about the letter as a whole.
    """

    text: str
    is_error: bool = True
    where: str = ""


def problems(bulletin: BulletinPage, letter: Letter) -> list[Problem]:
    """What stands against sending a bulletin as this letter, errors first."""
    found = [
        *_about_subject(bulletin.subject, bulletin.language),
        *_about_body(bulletin),
        *_about_letter(letter),
        *_about_links(bulletin),
        *_about_placeholders(bulletin, letter),
    ]
    return sorted(found, key=lambda one: not one.is_error)


def _about_subject(subject: str, language: str) -> Iterator[Problem]:
    if not subject.strip():
        yield Problem(_("The bulletin has no subject."))
        return
    if any(unicodedata.category(one) in ("Cc", "Cs", "Co", "Zl", "Zp") for one in subject):
        yield Problem(_("The subject has control characters in it. Type it again."))
    if _is_only_date(subject, language):
        yield Problem(_("The subject is only a date: say what the letter is about."), False)
    letters = [one for one in subject if one.isalpha()]
    # One word in capitals is a name.
    if len(subject.split()) > 1 and len(letters) > 4 and all(one.isupper() for one in letters):
        yield Problem(_("The subject is in capitals, as spam often is."), False)
    if columns(subject) > SUBJECT_COLUMNS:
        yield Problem(
            _("The subject is longer than %d characters: many readers will not see its end.")
            % SUBJECT_COLUMNS,
            False,
        )


def _is_only_date(subject: str, language: str) -> bool:
    """Whether nothing is said but days, months and years; `RtoP Bulletin 7` says something."""
    months = set()
    for code in {language, settings.LANGUAGE_CODE}:
        with translation.override(code):
            names = [*dates.MONTHS.values(), *dates.MONTHS_3.values(), *dates.MONTHS_AP.values()]
            months |= {str(name).strip(".").casefold() for name in names}
    words = re.findall(r"[^\W_]+", subject.casefold())
    return all(word in months or re.fullmatch(r"\d+(?:st|nd|rd|th)?", word) for word in words)


def _about_body(bulletin: BulletinPage) -> Iterator[Problem]:
    if not any(_says_something(block.value) for block in bulletin.body):
        yield Problem(_("The bulletin is empty."))
    written = f"{bulletin.subject} {bulletin.introduction} {bulletin.body.get_prep_value()}"
    if field := MERGE_FIELD.search(written):
        yield Problem(
            _("“%s” in the text stands for something of the reader's own. Write it differently.")
            % field[0]
        )
    for number, block in enumerate(bulletin.body, start=1):
        where = f"{number}. {block.block.label}"
        if block.block_type in ("item", "event") and not block.value.get("page"):
            yield Problem(_("No page is chosen, or it was deleted."), True, where)
        if block.block_type == "button" and not (block.value["page"] or block.value["url"]):
            yield Problem(_("The button leads nowhere."), True, where)


def _says_something(value: object) -> bool:
    if isinstance(value, dict):
        return any(_says_something(part) for part in value.values())
    if isinstance(value, RichText):
        return bool(strip_tags(value.source).strip())
    return bool(str(value or "").strip())


def _about_letter(letter: Letter) -> Iterator[Problem]:
    size = len(filled(letter).html.encode())
    if size > MANY_BYTES:
        yield Problem(
            _(
                "The letter is %(size)d kB long. Gmail cuts letters off after 102 kB, and hides "
                "the link to unsubscribe with the rest."
            )
            % {"size": -(-size // 1000)},
            size > MOST_BYTES,
        )
    try:
        check_html(letter.html)
    except InvalidMessage as error:
        yield Problem(str(error))


def _about_links(bulletin: BulletinPage) -> Iterator[Problem]:
    for one in found_in(bulletin):
        image = one.image
        if image and not image.decorative and not (image.contextual_alt_text or "").strip():
            yield Problem(
                _("The image has no description: many readers will not see it."), True, one.where
            )
    for text, where in wrong_links(bulletin):
        yield Problem(text, True, where)


def _about_placeholders(bulletin: BulletinPage, letter: Letter) -> Iterator[Problem]:
    for part in (bulletin.subject, bulletin.introduction, letter.text):
        if placeholder := PLACEHOLDER.search(part):
            yield Problem(
                _("“%s” looks like a note to yourself.") % " ".join(placeholder[0].split()), False
            )
            return
