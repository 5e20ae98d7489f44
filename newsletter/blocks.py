"""The blocks that bulletins are written with, made for mail programs as well as for the web.

Each has three templates of its name: newsletter/blocks/….html for the web, and for letters
mail/newsletter/blocks/….html and ….txt. All three get the same context.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page

from newsletter.material import Material, facts_about, standing_of, when, where
from pages import blocks as page_blocks
from pages.country_block import CountryBlock, country_choices

INLINE_FEATURES = ["bold", "italic", "link"]
TEXT_FEATURES = [*INLINE_FEATURES, "ol", "ul"]

TEXT, SITE = _("Text"), _("From the site")

Context = dict[str, Any]


class LeadBlock(blocks.StructBlock):
    text = blocks.RichTextBlock(label=_("Text"), features=INLINE_FEATURES)
    image = ImageBlock(
        label=_("Image"),
        required=False,
        help_text=_("Many mail programs show no images unless asked: let the text do without it."),
    )

    class Meta:
        icon = "pilcrow"
        label = _("Lead")
        description = _("Opens the bulletin: what it is about, in a few sentences, with an image.")
        group = TEXT
        template = "newsletter/blocks/lead.html"
        preview_value = {"text": _("<p>What happened this month, and what is coming.</p>")}


class HeadingBlock(blocks.CharBlock):
    class Meta:
        icon = "title"
        label = _("Heading")
        description = _("Starts a part of the bulletin.")
        group = TEXT
        template = "newsletter/blocks/heading.html"
        preview_value = _("New on the website")


class TextBlock(blocks.RichTextBlock):
    class Meta:
        icon = "list-ul"
        label = _("Text")
        description = _("Paragraphs, lists and links.")
        group = TEXT
        template = "newsletter/blocks/text.html"
        preview_value = _("<p>We look forward to hearing from you.</p>")


class ItemBlock(blocks.StructBlock):
    page = blocks.PageChooserBlock(label=_("Page"))
    title = blocks.CharBlock(
        label=_("Title"), required=False, max_length=200, help_text=_("Empty: the page's own.")
    )
    summary = blocks.TextBlock(
        label=_("Summary"),
        required=False,
        rows=3,
        max_length=1000,
        help_text=_("Empty: the page's own."),
    )

    class Meta:
        icon = "doc-full-inverse"
        label = _("Item from the site")
        description = _("A development, publication, situation or other page, with its summary.")
        group = SITE
        template = "newsletter/blocks/item.html"
        preview_value = {
            "title": _("A page of the site"),
            "summary": _("Its summary, in one to three sentences."),
        }

    def get_preview_value(self) -> Any:
        """With a page of this site, whose kind and date the preview shows."""
        page = apps.get_model("pages", "DevelopmentPage").objects.live().order_by("pk").first()
        return self.to_python({"page": page.pk}) if page else super().get_preview_value()

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        page = material_for(value, parent_context).page(value.get("page"))
        context["title"] = value.get("title") or (page.title if page else "")
        context["summary"] = value.get("summary") or getattr(page, "introduction", "")
        context["facts"] = facts_about(page)
        context["url"] = page.url if page else None
        return context


class CountryNoteBlock(blocks.StructBlock):
    country = CountryBlock(label=_("Country"), choices=country_choices)
    text = blocks.RichTextBlock(label=_("Text"), features=TEXT_FEATURES)

    class Meta:
        icon = "globe"
        label = _("Country note")
        description = _("News of one country, with a link to its situation if the site has one.")
        group = SITE
        template = "newsletter/blocks/country_note.html"
        preview_value = {"country": "CH", "text": _("<p>What happened, and who says so.</p>")}

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        material = material_for(value, parent_context)
        code = value.get("country") or ""
        situation = material.situations.get(code)
        context["title"] = material.countries[code].name if code in material.countries else ""
        context["situation"] = situation
        context["facts"] = standing_of(situation) if situation else []
        context["url"] = situation.url if situation else None
        return context


class EventBlock(blocks.StructBlock):
    page = blocks.PageChooserBlock("events.EventPage", label=_("Event"))
    text = blocks.TextBlock(
        label=_("Text"),
        required=False,
        rows=3,
        max_length=1000,
        help_text=_("Empty: the event's own summary."),
    )

    class Meta:
        icon = "calendar-alt"
        label = _("Event")
        description = _("An event of the site: when it is on the clocks there, where, and a link.")
        group = SITE
        template = "newsletter/blocks/event.html"
        preview_value: Any = {"text": _("What it is about.")}

    def get_preview_value(self) -> Any:
        """With an event of this site, since a preview without one shows nothing."""
        event = apps.get_model("events", "EventPage").objects.live().order_by("pk").first()
        return self.to_python({"page": event.pk}) if event else super().get_preview_value()

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        event = material_for(value, parent_context).page(value.get("page"))
        shown = (event.occurrence or event) if event else None
        context["shown"] = shown
        context["title"] = event.title if event else ""
        context["summary"] = value.get("text") or (event.introduction if event else "")
        context["when"] = when(shown) if shown else []
        context["where"] = where(event) if event else []
        context["url"] = event.url if event else None
        return context


class EventsBlock(page_blocks.EventsBlock):
    class Meta:
        icon = "calendar-alt"
        label = _("Next events")
        description = _("The next events of the site when the bulletin is sent, with links.")
        group = SITE
        template = "newsletter/blocks/events.html"

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        material = material_for(value, parent_context)
        coming = material.next_events(value.get("number") or 0, value.get("country") or "")
        context["entries"] = [
            {
                "title": one.event.title,
                "when": when(one),
                "where": where(one.event),
                "url": one.event.url,
                "shown": one,
            }
            for one in coming
        ]
        return context


class QuotationBlock(page_blocks.QuotationBlock):
    class Meta:
        icon = "openquote"
        label = _("Quotation")
        description = _("Words of others, with who said them and where.")
        group = TEXT
        template = "newsletter/blocks/quotation.html"


class ButtonBlock(page_blocks.ButtonBlock):
    class Meta:
        icon = "link"
        label = _("Button")
        description = _("Asks the reader to act: one link that stands out, with a sentence.")
        group = TEXT
        template = "newsletter/blocks/button.html"

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        # The preview shows where it will lead; what is not public stands against sending.
        page: Page | None = value.get("page")
        context["href"] = page.url if page else value.get("url")
        return context


class BulletinBlock(blocks.StreamBlock):
    """What a bulletin is made of."""

    lead = LeadBlock()
    heading = HeadingBlock(max_length=120)
    text = TextBlock(features=TEXT_FEATURES)
    item = ItemBlock()
    country_note = CountryNoteBlock()
    event = EventBlock()
    events = EventsBlock()
    quotation = QuotationBlock()
    button = ButtonBlock()


def material_for(value: Any, parent_context: Context | None) -> Material:
    """What was fetched for the whole bulletin, or else for this block alone."""
    material: Material | None = (parent_context or {}).get("material")
    return material or Material.of([value])


def with_levels(body: blocks.StreamValue) -> Iterator[tuple[blocks.StreamValue.StreamChild, int]]:
    """The blocks, each with the level of a heading in it: below the part of which it is."""
    level = 2
    for block in body:
        if block.block_type == "heading":
            level = 3
        yield block, level
