"""A bulletin as readers see it: the page of the archive, and the letter on screens of any width."""

import json
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Site
from tests.browser.test_accessibility import violations

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

MAKE = """
import json
from tests.factories.newsletter import *
arabic = body_of(
    ("lead", {"text": "<p>\u0645\u0627 \u062d\u062f\u062b</p>", "image": None}),
    ("heading", "\u062c\u062f\u064a\u062f"),
    ("country_note", {"country": "SY", "text": "<ul><li>\u0648\u0627\u062d\u062f</li></ul>"}),
)
made = {}
for name, fields in {
    "english": {"with_every_block": True},
    "arabic": {"language": "ar", "subject": "\u0646\u0634\u0631\u0629", "body": arabic},
}.items():
    page = BulletinPageFactory(**fields)
    MailingFactory(bulletin=page)
    made[name] = [page.url, page.pk, page.latest_revision_id]
print("made:" + json.dumps(made))
"""


class Bulletin(NamedTuple):
    url: str
    pk: int
    revision: int

    @property
    def preview(self) -> str:
        return f"/admin/pages/{self.pk}/revisions/{self.revision}/view/?mode="


@pytest.fixture(scope="module")
def bulletins(site: Site) -> dict[str, Bulletin]:
    """Bulletins that were sent: one of every block, and one in Arabic."""
    said = site.manage("shell", "--verbosity", "0", "-c", MAKE)
    made = json.loads(said.partition("made:")[2])
    return {name: Bulletin(*values) for name, values in made.items()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["english", "arabic"])
class TestEither:
    def test_axe_finds_nothing_on_its_page(
        self, visitor: Page, bulletins: dict[str, Bulletin], name: str, scheme: str
    ) -> None:
        visitor.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        visitor.goto(bulletins[name].url)
        assert violations(visitor) == []

    @pytest.mark.parametrize("width", [320, 360, 640, 1280])
    def test_the_letter_fits_its_screen(
        self, staff: Page, bulletins: dict[str, Bulletin], name: str, scheme: str, width: int
    ) -> None:
        staff.emulate_media(color_scheme=scheme)
        staff.set_viewport_size({"width": width, "height": 800})
        staff.goto(f"{bulletins[name].preview}letter")
        assert staff.evaluate("document.documentElement.scrollWidth") == width
        sheet = staff.locator("table.sheet").bounding_box()
        assert sheet["width"] == min(width, 600)

    def test_the_letter_can_be_read(
        self, staff: Page, bulletins: dict[str, Bulletin], name: str, scheme: str
    ) -> None:
        """By all of WCAG 2; what axe finds good practice besides is for pages of a website."""
        staff.emulate_media(color_scheme=scheme)
        staff.goto(f"{bulletins[name].preview}letter")
        found = Axe().run(staff, options={"runOnly": WCAG}).response["violations"]
        assert [(rule["id"], node["target"]) for rule in found for node in rule["nodes"]] == []


def test_its_page_is_read_on_a_narrow_screen_without_javascript(
    plain_visitor: Page, bulletins: dict[str, Bulletin]
) -> None:
    plain_visitor.set_viewport_size({"width": 320, "height": 800})
    for bulletin in bulletins.values():
        plain_visitor.goto(bulletin.url)
        assert plain_visitor.evaluate("document.documentElement.scrollWidth") == 320


def test_all_forms_stand_side_by_side(staff: Page, bulletins: dict[str, Bulletin]) -> None:
    staff.set_viewport_size({"width": 1900, "height": 1000})
    complaints: list[str] = []
    staff.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    staff.goto(f"{bulletins['english'].preview}all")
    frames = [frame for frame in staff.frames if frame != staff.main_frame]
    widths = [frame.evaluate("document.documentElement.clientWidth") for frame in frames]
    assert widths[1:] == [640, 360]
    tops = {round(each.bounding_box()["y"]) for each in staff.locator("iframe, pre").all()}
    assert len(tops) == 1
    assert complaints == []
