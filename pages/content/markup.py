"""The few signs that the content files are written with, made into Wagtail's rich text.

Paragraphs are parted by blank lines; a paragraph whose lines begin with `- ` or `1. ` is a list;
`**strong**` and `*emphasis*`; `[words](/rtop/history/)` links to a page of the site, `[words](https://…)`
elsewhere; `{A/RES/60/1}` is a UN document symbol, linked to the UN's document service.
"""

import re
from collections.abc import Callable
from html import escape

from pages.symbols import symbol_url

# Finds the id of the page at a path such as /rtop/history/; None where no page is.
FindPage = Callable[[str], int | None]

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_SYMBOL = re.compile(r"\{([^{}]+)\}")
_STRONG = re.compile(r"\*\*(.+?)\*\*")
_EMPHASIS = re.compile(r"\*(.+?)\*")
_ITEM = re.compile(r"(?:-|\d+\.) ")


def rich_text(source: str, find_page: FindPage) -> str:
    """HTML as Wagtail keeps rich text. A link to a page that is not there leaves its words."""
    return "".join(_block(block, find_page) for block in re.split(r"\n\s*\n", source.strip()))


def _block(source: str, find_page: FindPage) -> str:
    lines = [line.strip() for line in source.strip().splitlines()]
    if not _ITEM.match(lines[0]):
        return f"<p>{_inline(' '.join(lines), find_page)}</p>"
    items: list[str] = []
    for line in lines:
        if mark := _ITEM.match(line):
            items.append(line[mark.end() :])
        else:  # The item goes on in the next line.
            items[-1] += f" {line}"
    tag = "ul" if lines[0].startswith("-") else "ol"
    listed = "".join(f"<li>{_inline(item, find_page)}</li>" for item in items)
    return f"<{tag}>{listed}</{tag}>"


def _inline(source: str, find_page: FindPage) -> str:
    def link(match: re.Match[str]) -> str:
        words, target = match.groups()
        if not target.startswith("/"):
            return f'<a href="{target}">{words}</a>'
        page = find_page(target)
        return f'<a linktype="page" id="{page}">{words}</a>' if page else words

    def symbol(match: re.Match[str]) -> str:
        return f'<a href="{symbol_url(match[1])}">{match[1]}</a>'

    html = escape(source, quote=False)
    html = _STRONG.sub(r"<b>\1</b>", html)
    html = _EMPHASIS.sub(r"<i>\1</i>", html)
    # Symbols last: a link's target may hold no brace, a symbol's address no bracket.
    return _SYMBOL.sub(symbol, _LINK.sub(link, html))
