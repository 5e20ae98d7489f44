"""Rich text for letters: as HTML that every mail program shows alike, and as plain text."""

import re
import unicodedata
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

from django.utils.safestring import SafeString, mark_safe
from wagtail.rich_text import expand_db_html

from icrtop.mail.letters import absolute

# What stays in a letter, without any attribute but the address of a link.
KEPT = {"b": "strong", "strong": "strong", "i": "em", "em": "em"}
KEPT |= {tag: tag for tag in ("p", "br", "ul", "ol", "li")}
VOID = {"br"}
# RFC 3676, 4.2, of lines that are not to be quoted too long.
WIDTH = 72
BULLETS = "*-+"
BULLET = re.compile(r"([*+-]|\d{1,3}\.)(?: |$)")
LINK = re.compile(r"<?(?:https?://|mailto:|tel:)")


def letter_html(source: str) -> SafeString:
    """HTML of a letter from rich text as Wagtail keeps it: few tags, links absolute.

    A link to a page that is gone is no link.
    """
    writer = _HtmlWriter()
    writer.feed(expand_db_html(source))
    writer.close()
    return mark_safe("".join(writer.parts))  # noqa: S308 # Made of tags in KEPT and escaped text.


def plain_text(source: str) -> str:
    """Plain text from rich text: a paragraph to a line, links spelled out, lists with bullets.

    Lines are as long as they are; `folded` cuts them.
    """
    writer = _TextWriter()
    writer.feed(expand_db_html(source))
    writer.close()
    return writer.text()


def folded(text: str, width: int = WIDTH) -> str:
    """Text with no line longer than `width` columns, but for links, which stay in one piece.

    Lines of lists go on below their text; a second level, which `-` marks, is indented. What is
    folded stays as it is when it is folded again.
    """
    return "\n".join(line for whole in text.split("\n") for line in _folded_line(whole, width))


def columns(text: str) -> int:
    """How wide text stands in a fixed font: Chinese signs take two columns (UAX #11)."""
    return sum(2 if _is_wide(one) else 1 for one in text)


def address_of(href: str) -> str:
    """The full address that a link in a letter leads to."""
    href = href.strip()
    return absolute(href) if href.startswith("/") and not href.startswith("//") else href


class _HtmlWriter(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.links: list[bool] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "a":
            href = dict(attrs).get("href")
            self.links.append(bool(href))
            if href:
                self.parts.append(f'<a href="{escape(address_of(href))}">')
        elif tag in KEPT:
            self.parts.append(f"<{KEPT[tag]}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            if self.links and self.links.pop():
                self.parts.append("</a>")
        elif tag in KEPT and tag not in VOID:
            self.parts.append(f"</{KEPT[tag]}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data, quote=False))


class _TextWriter(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        # Paragraphs and items of lists, each with whether it follows upon the one before.
        self.blocks: list[tuple[str, bool]] = []
        self.line = ""
        self.lists: list[int | None] = []
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            self._end_of_line(is_item=bool(self.lists))
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.line = self._bullet()
        elif tag == "br":
            self.line += "\n"
        elif tag == "a":
            self.links.append((dict(attrs).get("href") or "", len(self.line)))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
            if not self.lists:
                self.blocks.append(("", False))
        elif tag == "li":
            self._end_of_line(is_item=True)
        elif tag == "a" and self.links:
            self._spell_out(*self.links.pop())
        elif tag in ("p", "h2", "h3", "h4"):
            self._end_of_line(is_item=False)

    def handle_data(self, data: str) -> None:
        self.line += re.sub(r"\s+", " ", data.replace("\xa0", " "))

    def text(self) -> str:
        self._end_of_line(is_item=False)
        text = "".join(f"{line}\n" if is_item else f"{line}\n\n" for line, is_item in self.blocks)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")

    def _bullet(self) -> str:
        number = self.lists[-1] if self.lists else None
        if number is None:
            return f"{BULLETS[min(len(self.lists), len(BULLETS)) - 1]} "
        self.lists[-1] = number + 1
        return f"{number + 1}. "

    def _spell_out(self, href: str, start: int) -> None:
        text = self.line[start:].strip()
        if href and text not in (address_of(href), href.removeprefix("mailto:")):
            # RFC 3986, appendix C: the brackets keep a full stop out of the address.
            self.line = f"{self.line.rstrip()} <{address_of(href)}>"

    def _end_of_line(self, *, is_item: bool) -> None:
        line = "\n".join(part.strip() for part in self.line.split("\n")).strip()
        if line and not (is_item and BULLET.fullmatch(line)):
            self.blocks.append((line, is_item))
        self.line = ""


def _folded_line(line: str, width: int) -> list[str]:
    line = line.rstrip(" ") if line != "-- " else line
    if columns(line) <= width and not line.startswith(("- ", "+ ")):
        return [line]
    indent = len(line) - len(line.lstrip(" "))
    body = line[indent:]
    mark = BULLET.match(body)
    if mark and not indent and mark[1] in BULLETS:
        indent = 2 * BULLETS.index(mark[1])
    hanging = " " * (indent + (len(mark[0]) if mark else 0))
    words = [piece for word in body.split(" ") if word for piece in _pieces(word)]
    lines: list[str] = []
    current = " " * indent
    is_empty = True
    for word, glue in words:
        if not is_empty and columns(current) + len(glue) + columns(word) > width:
            lines.append(current)
            current, glue = hanging, ""
        current += ("" if is_empty else glue) + word
        is_empty = False
    return [*lines, current]


def _pieces(word: str) -> list[tuple[str, str]]:
    """What of a word stays together, each with what parts it from what is before it.

    Chinese is written without spaces, and cut before any sign that is no punctuation.
    """
    if LINK.match(word) or not any(_is_wide(one) for one in word):
        return [(word, " ")]
    pieces = [""]
    for one in word:
        is_punctuation = unicodedata.category(one)[0] == "P"
        if (_is_wide(one) or _is_wide(pieces[-1][-1:])) and not is_punctuation:
            pieces.append(one)
        else:
            pieces[-1] += one
    return [(piece, "" if number else " ") for number, piece in enumerate(filter(None, pieces))]


def _is_wide(text: str) -> bool:
    return bool(text) and unicodedata.east_asian_width(text) in "WF"
