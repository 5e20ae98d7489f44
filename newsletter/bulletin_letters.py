"""A bulletin in its forms: letter as HTML, letter as plain text, and page of the archive."""

import re
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from icrtop.mail.composing import MERGE_FIELD, fill_html, fill_text
from icrtop.mail.letters import Letter, absolute, language_attributes, render_letter, tidy_text
from newsletter.blocks import with_levels
from newsletter.languages import interface_language
from newsletter.list_letters import letter_context, sample_fields
from newsletter.material import Material
from newsletter.models.bulletins import BulletinPage
from newsletter.models.lists import MailingList
from newsletter.rich_text import folded
from newsletter.templatetags.letters import sender_settings
from pages.links import links_of
from pages.models import SiteSettings


def render_bulletin(bulletin: BulletinPage, mailing_list: MailingList) -> Letter:
    """The letter to one list, with merge fields for what is the reader's own.

    What the site itself says in it is in the bulletin's language if the site speaks that one. For
    further lists of the same bulletin, only what differs is rendered again.
    """
    rendering = _rendering_of(bulletin)
    html, text = rendering.letter
    # Of a closed list, nothing is in the archive.
    web_url = bulletin.url if mailing_list.is_public else None
    context = {
        "bulletin": bulletin,
        "body": html,
        "body_text": text,
        "web_url": absolute(web_url) if web_url else "",
        "sender": rendering.sender,
        **letter_context(mailing_list, bulletin.language),
    }
    letter = render_letter(
        "newsletter/bulletin", context, rendering.spoken, written_in=bulletin.language
    )
    return Letter(letter.html, folded(letter.text))


def render_web(bulletin: BulletinPage) -> str:
    """The bulletin as a fragment of HTML, as the archive shows it."""
    return _rendering_of(bulletin).web


def filled(letter: Letter) -> Letter:
    """A letter as its reader sees it, but for links that are nobody's: to be shown and weighed.

    Merge fields that somebody typed stay as they are; they are an error of `bulletin_checks`.
    """
    names = MERGE_FIELD.findall(f"{letter.html} {letter.text}")
    values = {name: f"[[{name}]]" for name in names} | sample_fields()
    return Letter(fill_html(letter.html, values), fill_text(letter.text, values))


def sample_list() -> MailingList:
    """A list to show a letter for: the first that staff write to, or else one that is made up."""
    first = MailingList.objects.for_bulletins().first()
    return first or MailingList(name=_("Bulletin"), slug="bulletin")


class _Rendering:
    """The body of a bulletin in each form, made when it is first asked for."""

    def __init__(self, bulletin: BulletinPage) -> None:
        self.bulletin = bulletin
        self.spoken = interface_language(bulletin.language)

    @cached_property
    def sender(self) -> SiteSettings | None:
        return sender_settings()

    @cached_property
    def context(self) -> dict[str, Any]:
        is_foreign = self.spoken != self.bulletin.language
        return {
            "material": Material.of(block.value for block in self.bulletin.body),
            "spoken": language_attributes(self.spoken) if is_foreign else "",
        }

    @cached_property
    def letter(self) -> tuple[SafeString, str]:
        """The body of the letter, as HTML and as plain text."""
        html, text = [], []
        with translation.override(self.spoken), links_of(self.bulletin):
            for block, level in with_levels(self.bulletin.body):
                shared = {**self.context, "level": level}
                context = block.block.get_context(block.value, parent_context=shared)
                template = f"mail/newsletter/blocks/{block.block_type}"
                html.append(render_to_string(f"{template}.html", context))
                text.append(tidy_text(render_to_string(f"{template}.txt", context)))
        return _dense("".join(html)), "\n".join(text)

    @cached_property
    def web(self) -> SafeString:
        with translation.override(self.spoken), links_of(self.bulletin):
            shown = {
                "page": self.bulletin,
                "written_in": language_attributes(self.bulletin.language),
                "blocks": [
                    block.render({**self.context, "level": level})
                    for block, level in with_levels(self.bulletin.body)
                ],
            }
            return _dense(render_to_string("newsletter/bulletin_body.html", shown))


def _dense(html: str) -> SafeString:
    """HTML from templates without the empty lines and the indentation that their tags leave."""
    return mark_safe(re.sub(r"\n\s+", "\n", html))  # noqa: S308 # It stays what it was.


def _rendering_of(bulletin: BulletinPage) -> _Rendering:
    """The rendering of a bulletin as it is now, kept with it until it changes."""
    for _block in bulletin.body:
        pass  # Read, its blocks are written in full, however they came from the database.
    state = (bulletin.language, bulletin.introduction, bulletin.body.get_prep_value())
    kept: tuple[Any, _Rendering] | None = getattr(bulletin, "_rendering", None)
    if kept is None or kept[0] != state:
        kept = bulletin._rendering = (state, _Rendering(bulletin))
    return kept[1]
