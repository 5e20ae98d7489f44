"""Links to pages within rich text, fetched for a whole page at once.

Wagtail asks for the pages that a text links to once for each text, and once more for each link's
language. An article of thirty paragraphs would need a hundred queries.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.utils.html import format_html
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.rich_text import LinkHandler

LINK = re.compile(r"<a\b[^>]*\blinktype=\W+page\b[^>]*>")
PAGE_ID = re.compile(r"\bid=\W+(\d+)")


@dataclass(frozen=True)
class Links:
    """The pages that a page's texts link to, by key, and the language that it is in."""

    locale_id: int | None = None
    targets: dict[int, Page] = field(default_factory=dict)

    def address(self, key: int) -> str | None:
        """Where a link to a page leads: to the page in the language of the one that links.

        None if there is no such page, or if it is in no site.
        """
        page = self.targets.get(key) or Page.objects.filter(pk=key).first()
        if page is None:
            return None
        address: str | None = (page if page.locale_id == self.locale_id else page.localized).url
        return address


_links: ContextVar[Links | None] = ContextVar("links", default=None)


@contextmanager
def links_of(page: Page) -> Iterator[None]:
    """Within this, the links of the page's texts need no query of their own; one gets them all."""
    keys = set()
    for one in page._meta.get_fields():
        if isinstance(one, StreamField):
            text = one.value_to_string(page)
            keys |= {int(key) for link in LINK.findall(text) for key in PAGE_ID.findall(link)}
    token = _links.set(Links(page.locale_id, Page.objects.in_bulk(keys) if keys else {}))
    try:
        yield
    finally:
        _links.reset(token)


class PageLink(LinkHandler):
    """Writes the links of rich text to pages, as Wagtail's own handler does."""

    identifier = "page"

    @staticmethod
    def get_model() -> type[Page]:
        return Page

    @classmethod
    def expand_db_attributes(cls, attrs: dict[str, str]) -> str:
        return cls.expand_db_attributes_many([attrs])[0]

    @classmethod
    def extract_references(
        cls, attrs: dict[str, str]
    ) -> Iterator[tuple[type[Page], str, str, str]]:
        yield Page, attrs["id"], "", ""

    @classmethod
    def expand_db_attributes_many(cls, attrs_list: list[dict[str, str]]) -> list[str]:
        links = _links.get() or Links()
        addresses = (links.address(int(attrs["id"])) for attrs in attrs_list)
        return [
            format_html('<a href="{}">', address) if address else "<a>" for address in addresses
        ]
