"""The blocks that pages are written with. None shows a word that staff did not write."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import prefetch_related_objects
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.table_block.blocks import TableBlock as BaseTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page

from pages.country_block import CountryBlock, country_choices
from pages.dates import display_partial_date, validate_partial_date
from pages.symbols import symbol_url
from pages.withheld import is_shown

# A page's title is its h1 and a heading block an h2, so text starts at h3.
INLINE_FEATURES = ["bold", "italic", "link", "document-link", "superscript"]
TEXT_FEATURES = ["h3", *INLINE_FEATURES, "ol", "ul"]

TEXT, SOURCES, PLACEMENT = _("Text"), _("Facts and sources"), _("Links and images")

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

Context = dict[str, Any]


class HeadingBlock(blocks.CharBlock):
    """A heading, which links can point to."""

    class Meta:
        icon = "title"
        label = _("Heading")
        description = _("Starts a part of the page; the table of contents is made of these.")
        group = TEXT
        template = "pages/blocks/heading.html"
        preview_value = _("What the Summit agreed")

    def get_context(self, value: str, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        context["anchor"] = anchor(value)
        return context


def anchor(heading: str) -> str:
    """The fragment under which a heading is found: `What RtoP is` gives what-rtop-is."""
    return slugify(str(heading), allow_unicode=True) or "part"


class ParagraphBlock(blocks.RichTextBlock):
    class Meta:
        icon = "pilcrow"
        label = _("Text")
        description = _("Paragraphs, lists, links and smaller headings.")
        group = TEXT
        template = "pages/blocks/paragraph.html"
        preview_value = _(
            "<p>Each individual State has the responsibility to protect its populations from "
            "genocide, war crimes, ethnic cleansing and crimes against humanity.</p>"
        )


class CalloutBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), required=False, max_length=120)
    text = blocks.RichTextBlock(label=_("Text"), features=[*INLINE_FEATURES, "ul"])

    class Meta:
        icon = "warning"
        label = _("Callout")
        description = _("Sets a short text apart from the rest, such as a note or a limit.")
        group = TEXT
        template = "pages/blocks/callout.html"
        preview_value = {
            "title": _("What it does not cover"),
            "text": _("<p>RtoP applies to four crimes, and to nothing else.</p>"),
        }


class QuotationBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Quotation"), help_text=_("Without quotation marks."))
    who = blocks.CharBlock(label=_("Who said or wrote it"), required=False, max_length=160)
    source = blocks.CharBlock(label=_("Source"), required=False, max_length=255)
    link = blocks.URLBlock(label=_("Address of the source"), required=False)
    date = blocks.CharBlock(
        label=_("Date"),
        required=False,
        max_length=10,
        validators=[validate_partial_date],
        help_text=_("2009-07-23, or 2009-07 or 2009 where the day is not known."),
    )

    class Meta:
        icon = "openquote"
        label = _("Quotation")
        description = _("Words of others, with who said them and where.")
        group = TEXT
        template = "pages/blocks/quotation.html"
        preview_value = {
            "text": _(
                "Each individual State has the responsibility to protect its populations from "
                "genocide, war crimes, ethnic cleansing and crimes against humanity."
            ),
            "who": _("United Nations General Assembly"),
            "source": "A/RES/60/1",
            "link": symbol_url("A/RES/60/1"),
            "date": "2005-09-16",
        }

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        context["date"] = display_partial_date(value.get("date") or "")
        return context


class AccordionBlock(blocks.ListBlock):
    def __init__(self, **kwargs: Any) -> None:
        part = blocks.StructBlock(
            [
                ("title", blocks.CharBlock(label=_("Title"), max_length=160)),
                ("text", blocks.RichTextBlock(label=_("Text"), features=TEXT_FEATURES[1:])),
            ],
            label=_("Part"),
        )
        super().__init__(part, **kwargs)

    class Meta:
        icon = "list-ul"
        label = _("Accordion")
        description = _("Titles that open to show their text, such as questions and answers.")
        group = TEXT
        template = "pages/blocks/accordion.html"
        preview_value = [
            {
                "title": _("Is RtoP the same as humanitarian intervention?"),
                "text": _("<p>No. Prevention and help to the State come first.</p>"),
            }
        ]


class DefinitionsBlock(blocks.ListBlock):
    def __init__(self, **kwargs: Any) -> None:
        definition = blocks.StructBlock(
            [
                ("term", blocks.CharBlock(label=_("Term"), max_length=120)),
                ("text", blocks.RichTextBlock(label=_("Meaning"), features=INLINE_FEATURES)),
            ],
            label=_("Definition"),
        )
        super().__init__(definition, **kwargs)

    class Meta:
        icon = "snippet"
        label = _("Definitions")
        description = _("A glossary: terms, each with its meaning and an address of its own.")
        group = TEXT
        template = "pages/blocks/definitions.html"
        preview_value = [
            {
                "term": _("Document symbol"),
                "text": _("<p>The number by which the United Nations files a document.</p>"),
            }
        ]


class FactsBlock(blocks.ListBlock):
    def __init__(self, **kwargs: Any) -> None:
        fact = blocks.StructBlock(
            [
                ("figure", blocks.CharBlock(label=_("Figure or term"), max_length=60)),
                ("label", blocks.TextBlock(label=_("What it means"), rows=2, max_length=400)),
            ],
            label=_("Fact"),
        )
        super().__init__(fact, **kwargs)

    class Meta:
        icon = "info-circle"
        label = _("Facts")
        description = _("Figures or short terms, each with what it means.")
        group = SOURCES
        template = "pages/blocks/facts.html"
        preview_value = [
            {"figure": "2005", "label": _("RtoP is adopted by heads of State and government.")},
            {"figure": "4", "label": _("crimes to which it applies")},
        ]


class TimelineEntryValue(blocks.StructValue):
    """An entry of a timeline, as templates/components/timeline.html reads it."""

    @property
    def date_display(self) -> str:
        return display_partial_date(self.get("date") or "")

    @property
    def source_symbol(self) -> str:
        return self.get("symbol") or ""

    @property
    def source_link(self) -> str:
        if self.source_symbol:
            return symbol_url(self.source_symbol)
        return self.get("source_url") or ""


class TimelineEntryBlock(blocks.StructBlock):
    date = blocks.CharBlock(
        label=_("Date"),
        max_length=10,
        validators=[validate_partial_date],
        help_text=_("2009-07-23, or 2009-07 or 2009 where the day is not known."),
    )
    text = blocks.TextBlock(label=_("What happened"), rows=2, max_length=600)
    symbol = blocks.CharBlock(label=_("UN document symbol"), required=False, max_length=60)
    source_title = blocks.CharBlock(
        label=_("Or another source's title"), required=False, max_length=255
    )
    source_url = blocks.URLBlock(label=_("And its address"), required=False)

    class Meta:
        icon = "calendar"
        label = _("Event")
        value_class = TimelineEntryValue


class TimelineBlock(blocks.ListBlock):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(TimelineEntryBlock(), **kwargs)

    class Meta:
        icon = "history"
        label = _("Timeline")
        description = _("Dated events in order, each with its source.")
        group = SOURCES
        template = "pages/blocks/timeline.html"
        preview_value = [
            {"date": "2005-09-16", "text": _("The World Summit ends."), "symbol": "A/RES/60/1"}
        ]


class DocumentsBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), required=False, max_length=120)
    items = blocks.StreamBlock(
        [
            (
                "publication",
                blocks.PageChooserBlock(
                    "pages.PublicationPage",
                    icon="doc-full",
                    label=_("Publication"),
                    description=_("A document of the library, with its symbol and date."),
                ),
            ),
            (
                "file",
                DocumentChooserBlock(
                    icon="download",
                    label=_("File"),
                    description=_("A file offered for download, with its size."),
                ),
            ),
        ],
        label=_("Documents"),
    )

    class Meta:
        icon = "doc-full-inverse"
        label = _("Documents")
        description = _("A list of publications on this site, of files, or of both.")
        group = SOURCES
        template = "pages/blocks/documents.html"
        preview_value = {"title": _("Core documents"), "items": []}

    def get_preview_value(self) -> Any:
        """With documents of this site, since a preview without any shows nothing."""
        publications = apps.get_model("pages", "PublicationPage").objects.live().order_by("pk")[:3]
        items = [{"type": "publication", "value": one.pk} for one in publications]
        return self.to_python({"title": str(_("Core documents")), "items": items})

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        items = value.get("items") or []
        publications = [
            one.value for one in items if one.block_type == "publication" and one.value.live
        ]
        prefetch_related_objects(publications, "symbols")
        context["publications"] = publications
        context["files"] = [one.value for one in items if one.block_type == "file" and one.value]
        return context


class TableBlock(BaseTableBlock):
    class Meta:
        icon = "table"
        label = _("Table")
        description = _("Rows and columns. Give it a caption and say which cells are headings.")
        group = SOURCES
        template = "pages/blocks/table.html"
        preview_value = {
            "table_caption": _("Resolutions that recall the responsibility to protect"),
            "table_header_choice": "row",
            "first_row_is_table_header": True,
            "first_col_is_header": False,
            "data": [["Symbol", "Year"], ["S/RES/1674", "2006"], ["S/RES/1706", "2006"]],
        }


class PillarsBlock(blocks.ListBlock):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(titled_text(_("Pillar")), **kwargs)

    class Meta:
        icon = "grid"
        label = _("Three pillars")
        description = _("The three pillars of RtoP side by side, each with a title and a text.")
        group = SOURCES
        min_num = max_num = 3
        template = "pages/blocks/pillars.html"
        preview_value = [
            {"title": _("The State"), "text": _("protects its populations.")},
            {"title": _("The international community"), "text": _("helps States to do so.")},
            {"title": _("A collective response"), "text": _("follows where a State fails.")},
        ]


class AsksBlock(blocks.ListBlock):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(titled_text(_("Ask")), **kwargs)

    class Meta:
        icon = "list-ol"
        label = _("Numbered asks")
        description = _("What is asked of governments: numbered, each with a title and a text.")
        group = SOURCES
        template = "pages/blocks/asks.html"
        preview_value = [
            {"title": _("Early warning"), "text": _("in the United Nations and beyond")},
            {"title": _("National plans"), "text": _("to protect populations")},
        ]


def titled_text(label: "StrOrPromise") -> blocks.StructBlock:
    return blocks.StructBlock(
        [
            ("title", blocks.CharBlock(label=_("Title"), max_length=120)),
            ("text", blocks.TextBlock(label=_("Text"), required=False, rows=3, max_length=600)),
        ],
        label=label,
    )


class FigureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Image"))
    caption = blocks.CharBlock(label=_("Caption"), required=False, max_length=400)
    credit = blocks.CharBlock(
        label=_("Credit"),
        required=False,
        max_length=255,
        help_text=_("Leave empty to show the credit that the image itself bears."),
    )

    class Meta:
        icon = "image"
        label = _("Figure")
        description = _("An image with its description, caption and credit.")
        group = PLACEMENT
        template = "pages/blocks/figure.html"
        preview_value = {"caption": _("What the image shows, where and when."), "credit": ""}


class RelatedPagesBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), required=False, max_length=120)
    pages = blocks.ListBlock(blocks.PageChooserBlock(), label=_("Pages"))

    class Meta:
        icon = "doc-empty"
        label = _("Related pages")
        description = _("Links to other pages of the site, by their titles.")
        group = PLACEMENT
        template = "pages/blocks/related_pages.html"
        preview_value = {"title": _("Read on"), "pages": []}

    def get_preview_value(self) -> Any:
        """With pages of this site, since a preview without any shows nothing."""
        sections = Page.objects.live().filter(depth=3).order_by("path")[:3]
        return self.to_python({"title": str(_("Read on")), "pages": [page.pk for page in sections]})

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        context["pages"] = [page for page in value.get("pages") or [] if page and is_shown(page)]
        return context


class ButtonBlock(blocks.StructBlock):
    label = blocks.CharBlock(label=_("What it says"), max_length=60)
    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("Or an address elsewhere"), required=False)
    text = blocks.TextBlock(label=_("Why to follow it"), required=False, rows=2, max_length=300)

    class Meta:
        icon = "link"
        label = _("Button")
        description = _("Asks the reader to act: one link that stands out, with a sentence.")
        group = PLACEMENT
        template = "pages/blocks/button.html"
        preview_value = {
            "label": _("Subscribe"),
            "url": "https://www.un.org/",
            "text": _("News of the Coalition's work, by e-mail."),
        }

    def get_context(self, value: Any, parent_context: Context | None = None) -> Context:
        context: Context = super().get_context(value, parent_context=parent_context)
        page = value.get("page")
        context["href"] = page.url if page and is_shown(page) else value.get("url")
        return context


class EventsBlock(blocks.StructBlock):
    """What comes next, from whichever app keeps the events: its template asks for them."""

    title = blocks.CharBlock(label=_("Title"), max_length=120, required=False)
    number = blocks.IntegerBlock(label=_("How many at most"), default=3, min_value=1, max_value=10)
    country = CountryBlock(
        label=_("Country"),
        choices=country_choices,
        required=False,
        help_text=_("Empty: events everywhere."),
    )

    class Meta:
        icon = "calendar-alt"
        label = _("Events")
        description = _("The next events, with when and where they are. Nothing if there is none.")
        group = PLACEMENT
        template = "pages/blocks/events.html"
        preview_value: Any = {"title": _("Events"), "number": 3}


class BodyBlock(blocks.StreamBlock):
    """What an article is made of."""

    heading = HeadingBlock()
    paragraph = ParagraphBlock(features=TEXT_FEATURES)
    callout = CalloutBlock()
    quotation = QuotationBlock()
    accordion = AccordionBlock()
    definitions = DefinitionsBlock()
    facts = FactsBlock()
    timeline = TimelineBlock()
    documents = DocumentsBlock()
    table = TableBlock()
    pillars = PillarsBlock()
    asks = AsksBlock()
    figure = FigureBlock()
    related_pages = RelatedPagesBlock()
    button = ButtonBlock()
    events = EventsBlock()

    class Meta:
        template = "pages/blocks/body.html"
