"""What the templates of letters to lists need beyond Django's own tags."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from wagtail.rich_text import RichText

from icrtop.mail.letters import absolute, language_attributes
from newsletter import archive, rich_text
from pages.models import SiteImage, SiteSettings

register = template.Library()

# What the text of a letter is wide, of its 600 pixels; images come twice as dense.
TEXT_PIXELS = 552
RENDITION = f"width-{2 * TEXT_PIXELS}|format-jpeg|bgcolor-fff"


@register.filter
def letter_html(value: RichText | str) -> SafeString:
    """Rich text for the HTML of a letter."""
    return rich_text.letter_html(_source(value))


@register.filter
def letter_text(value: RichText | str) -> str:
    """Rich text for the plain-text part of a letter."""
    return rich_text.plain_text(_source(value))


@register.filter
def underlined(heading: str) -> str:
    """A heading of plain text, with a line below it."""
    lines = rich_text.folded(" ".join(str(heading).split())).split("\n")
    return "\n".join([*lines, "=" * max(map(rich_text.columns, lines))])


@register.simple_tag
def letter_image(image: SiteImage) -> SafeString:
    """An image in a letter: never wider than the text, JPEG, with what it shows in words."""
    rendition = image.get_rendition(RENDITION)
    width = min(TEXT_PIXELS, rendition.width)
    return format_html(
        '<img class="picture" src="{}" width="{}" height="{}" alt="{}">',
        absolute(rendition.url),
        width,
        round(rendition.height * width / rendition.width),
        getattr(image, "contextual_alt_text", "") or "",
    )


@register.simple_tag(takes_context=True)
def sender(context: template.Context) -> SiteSettings | None:
    """Who writes: the site's settings, from the context where whoever renders many put them."""
    known: SiteSettings | None = context.get("sender")
    return known or sender_settings()


def sender_settings() -> SiteSettings | None:
    """The settings of the site that letters come from."""
    found = SiteSettings.objects.filter(site__is_default_site=True).select_related("site")
    return found.first()


def _source(value: Any) -> str:
    return value.source if isinstance(value, RichText) else str(value or "")


@register.filter
def excerpt(html: str) -> str:
    """The first words of a bulletin as it was sent."""
    return archive.excerpt(html)


@register.simple_tag
def written_in(language: str) -> SafeString:
    """The attributes of an element whose text is in another language than the page."""
    return language_attributes(language) if language != get_language() else mark_safe("")
