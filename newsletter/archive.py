"""Bulletins as they were sent, as fragments of HTML: what lists and feeds show of them."""

import re
from html import unescape

from django.utils.html import strip_tags
from django.utils.text import Truncator

from icrtop.mail.letters import absolute

# How newsletter/bulletin_body.html begins where the bulletin has a summary.
SUMMARY = re.compile(r'<p class="lead">(.*?)</p>', re.DOTALL)
EXCERPT = 240
ADDRESS = re.compile(r'(<(?:a|img)\b[^>]*?\s(?:href|src)=")(/(?!/)[^"]*)')


def excerpt(html: str) -> str:
    """The summary of a bulletin as it was sent, or else its first words; `html` may be cut off."""
    summary = SUMMARY.search(html)
    if summary:
        return " ".join(unescape(strip_tags(summary[1])).split())
    # A tag that was cut off at the end is no text.
    whole = re.sub(r"<[^>]*$", "", html)
    text = " ".join(unescape(strip_tags(whole.replace("<", " <"))).split())
    return Truncator(text).chars(EXCERPT)


def with_full_addresses(html: str) -> str:
    """The fragment for readers elsewhere: what it links to and shows, by its full address."""
    return ADDRESS.sub(lambda found: f"{found[1]}{absolute(found[2])}", html)
