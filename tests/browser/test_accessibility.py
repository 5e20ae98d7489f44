"""axe, without any rule ignored, on every page type, in light and in dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.test_reading import PAGES

OTHERS = [
    "/publications/?kind=book",
    "/search/",
    "/rtop/at-the-un/",
    "/listserv/",
    "/account/sign-in/",
]


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {rule['help']} at {node['target']} ({node.get('failureSummary', '')})"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES + OTHERS)
def test_axe_finds_nothing(visitor: Page, address: str, scheme: str) -> None:
    visitor.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visitor.goto(address)
    assert violations(visitor) == []


@pytest.mark.parametrize("address", ["/subscribe/", "/account/sign-in/", "/contact/"])
def test_axe_finds_nothing_in_errors(visitor: Page, address: str) -> None:
    visitor.goto(address)
    visitor.get_by_role("main").locator("form button[type=submit], form button").last.click()
    summary = visitor.get_by_role("alert")
    summary.wait_for()
    assert violations(visitor) == []
