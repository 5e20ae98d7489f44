"""Letters from templates: HTML with its CSS inlined, and plain text that reads well."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urljoin

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString


class Letter(NamedTuple):
    html: str
    text: str


def absolute(path: str) -> str:
    """The full address of a path on this site, for a link in a letter."""
    return urljoin(f"{settings.BASE_URL}/", path)


def render_letter(
    template: str,
    context: Mapping[str, Any],
    language: str | None = None,
    *,
    written_in: str | None = None,
) -> Letter:
    """Render templates/mail/<template>.html and .txt, which extend mail/base.html and base.txt.

    `language` is the recipient's; without one it is that of the request at hand. A letter whose own
    text is in another one, such as one that the site does not speak, names it as `written_in`.
    """
    shared = {"site_name": settings.WAGTAIL_SITE_NAME, "site_url": settings.BASE_URL, **context}
    with translation.override(language or translation.get_language()):
        spoken = translation.get_language()
        shared["language"] = written_in or spoken
        shared["direction"] = direction_of(shared["language"])
        # What the site itself says in the letter stands in elements with these attributes.
        is_foreign = shared["language"] != spoken
        shared["spoken"] = language_attributes(spoken) if is_foreign else ""
        html = render_to_string(f"mail/{template}.html", shared)
        text = render_to_string(f"mail/{template}.txt", shared)
    return Letter(html=inline_css(html), text=tidy_text(text))


def direction_of(language: str) -> str:
    """`rtl` for a language that is written from right to left, else `ltr`."""
    return "rtl" if language.partition("-")[0] in settings.LANGUAGES_BIDI else "ltr"


def language_attributes(language: str) -> SafeString:
    """The attributes, after a space, of an element whose text is in a language."""
    return format_html(' lang="{}" dir="{}"', language, direction_of(language))


def inline_css(html: str) -> str:
    """Copy the rules of <style> onto the elements; @media rules stay where they are."""
    return _inliner().inline(html)


def tidy_text(text: str) -> str:
    """Remove what template tags leave behind: indentation, and more than one empty line."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    tidy = re.sub(r"\n{3,}", "\n\n", lines).strip()
    # RFC 3676, 4.3: the space is what tells mail programs that the rest is a signature.
    return re.sub(r"^--$", "-- ", tidy, flags=re.MULTILINE) + "\n"


@cache
def _inliner() -> css_inline.CSSInliner:
    # Nothing is fetched from the network, whatever the letter links to.
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
