"""Every block that staff can choose tells what it is, shows how it looks, and renders."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client, RequestFactory
from wagtail.blocks import Block
from wagtail.models import Page

from pages.blocks import BodyBlock, anchor

pytestmark = pytest.mark.django_db

BLOCKS = BodyBlock().child_blocks


@pytest.fixture(params=sorted(BLOCKS))
def block(request: pytest.FixtureRequest) -> Block:
    return BLOCKS[request.param]


def render(block: Block, value: object) -> str:
    context = {"request": RequestFactory().get("/")}
    return block.render(block.normalize(value), context=context)


def test_tells_what_it_is(block: Block) -> None:
    assert block.label
    assert block.get_description()
    assert block.meta.icon not in ("placeholder", "")
    assert block.meta.group


def test_has_the_template_of_its_name(block: Block) -> None:
    assert block.meta.template == f"pages/blocks/{block.name}.html"
    get_template(block.meta.template)


def test_every_template_is_of_a_block() -> None:
    folder = Path(settings.BASE_DIR) / "templates" / "pages" / "blocks"
    assert {path.stem for path in folder.iterdir()} == {*BLOCKS, "body"}


def test_renders_its_preview(block: Block) -> None:
    assert block.is_previewable
    render(block, block.get_preview_value())


def test_renders_empty(block: Block) -> None:
    render(block, block.get_default())


def test_no_block_brings_code_or_style_into_the_page(block: Block) -> None:
    html = render(block, block.get_preview_value())
    assert "<script" not in html
    assert " style=" not in html


def test_staff_see_the_preview(block: Block, admin_client: Client) -> None:
    answer = admin_client.get("/admin/block-preview/", {"id": block.definition_prefix})
    assert answer.status_code == 200
    assert b"css/site.css" in answer.content


class TestHeading:
    def test_can_be_linked_to(self) -> None:
        assert '<h2 id="what-rtop-is">What RtoP is</h2>' in render(
            BLOCKS["heading"], "What RtoP is"
        )

    @pytest.mark.parametrize(
        ("heading", "fragment"),
        [
            ("The UN, 2005", "the-un-2005"),
            ("ما هي المسؤولية", "ما-هي-المسؤولية"),
            ("?", "part"),
        ],
    )
    def test_fragments(self, heading: str, fragment: str) -> None:
        assert anchor(heading) == fragment


class TestParagraph:
    def test_offers_no_heading_above_the_third_level(self) -> None:
        features = BLOCKS["paragraph"].features
        assert "h3" in features
        assert not {"h1", "h2"} & set(features)


class TestQuotation:
    def test_names_source_and_date(self) -> None:
        html = render(
            BLOCKS["quotation"],
            {"text": "Words", "who": "Somebody", "source": "A/RES/60/1", "date": "2005-09-16"},
        )
        assert "“Words”" in html
        assert "Somebody" in html
        assert "16 September 2005" in html

    def test_escapes_what_was_written(self) -> None:
        assert "<b>" not in render(BLOCKS["quotation"], {"text": "<b>"})


class TestTimeline:
    def test_links_a_symbol_to_the_documents_of_the_un(self) -> None:
        html = render(BLOCKS["timeline"], [{"date": "2009-01", "text": "t", "symbol": "A/63/677"}])
        assert 'datetime="2009-01"' in html
        assert "January 2009" in html
        assert 'href="https://docs.un.org/en/A/63/677"' in html


class TestTable:
    def test_headings_say_what_they_head(self) -> None:
        html = render(
            BLOCKS["table"],
            {
                "table_caption": "Votes",
                "first_row_is_table_header": True,
                "first_col_is_header": True,
                "data": [["Organ", "For"], ["Council", None]],
            },
        )
        assert "<caption>Votes</caption>" in html
        assert '<th scope="col">For</th>' in html
        assert '<th scope="row">Council</th>' in html
        assert "None" not in html


class TestLinks:
    @pytest.fixture
    def root(self) -> Page:
        return Page.objects.get(depth=1)

    @pytest.mark.parametrize("live", [True, False])
    def test_related_pages_are_only_those_that_visitors_can_read(
        self, root: Page, live: bool
    ) -> None:
        page = root.add_child(instance=Page(title="A page", slug="a-page", live=live))
        assert ("A page" in render(BLOCKS["related_pages"], {"pages": [page]})) is live

    def test_a_button_without_a_target_is_not_shown(self) -> None:
        assert "<a" not in render(BLOCKS["button"], {"label": "Act"})

    def test_a_button_elsewhere(self) -> None:
        html = render(BLOCKS["button"], {"label": "Act", "url": "https://www.un.org/"})
        assert 'href="https://www.un.org/"' in html


@pytest.mark.parametrize("name", ["documents", "related_pages"])
def test_previews_of_links_show_pages_of_the_site(content: None, name: str) -> None:
    block = BLOCKS[name]
    assert block.render(block.get_preview_value()).count("<a ") == 3
