"""Bodies of pages: from the content files to what Wagtail's StreamField keeps."""

from typing import Any

from wagtail import blocks

from pages.content.markup import FindPage, rich_text
from pages.content.sketch import read_csv


def stream(block: blocks.Block, source: Any, find_page: FindPage) -> Any:
    """The raw value of a block, whose own definition says how each part is read.

    Raises KeyError where the source names a block or a field that does not exist.
    """
    if isinstance(block, blocks.BaseStreamBlock):
        return [
            {"type": name, "value": stream(block.child_blocks[name], value, find_page)}
            for part in source
            for name, value in part.items()
        ]
    if isinstance(block, blocks.BaseStructBlock):
        return {
            name: stream(block.child_blocks[name], value, find_page)
            for name, value in source.items()
        }
    if isinstance(block, blocks.ListBlock):
        values = (stream(block.child_block, value, find_page) for value in _listed(source))
        return [value for value in values if value is not None]
    if isinstance(block, blocks.RichTextBlock):
        return rich_text(source, find_page)
    if isinstance(block, blocks.PageChooserBlock):
        return find_page(source)
    return source


def _listed(source: Any) -> list[Any]:
    """A list as it is written, or the rows of a CSV file: `{ csv = "timeline.csv" }`."""
    return read_csv(source["csv"]) if isinstance(source, dict) else source
