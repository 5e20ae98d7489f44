"""The applicant's pages in a browser: axe on each of them, and all without JavaScript."""

import uuid

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.joining import Person
from tests.browser.test_accessibility import violations

SECTIONS = (
    "about",
    "registration",
    "work",
    "places",
    "focal-points",
    "documents",
    "category",
    "endorsement",
)


@pytest.fixture(scope="module")
def draft(chromium: Browser, site: Site) -> Page:
    """A page on the list of sections of a draft that somebody has just begun."""
    person = Person(chromium, site, f"ama.{uuid.uuid4().hex[:8]}@example.org")
    page = person.visit("/join-the-coalition/apply/")
    page.get_by_role("button", name="Start an application").click()
    expect(page.get_by_role("link", name="About the organisation")).to_be_visible()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["", "../", *(f"{key}/" for key in SECTIONS), "check/", "people/", "delete/"]
)
def test_axe_finds_nothing(draft: Page, path: str, scheme: str) -> None:
    start = draft.url
    draft.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    draft.goto(f"{start}{path}")
    for width in (320, 1280):
        draft.set_viewport_size({"width": width, "height": 900})
        assert draft.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(draft) == []
    draft.goto(start)


def test_axe_finds_nothing_in_errors_nor_where_two_tabs_differ(draft: Page) -> None:
    start = draft.url
    other = draft.context.new_page()
    for page in (draft, other):
        page.goto(f"{start}about/")
    draft.get_by_label("Year in which it was founded").fill("20255")
    draft.get_by_label("City").fill("Accra")
    draft.get_by_role("button", name="Save and go on").click()
    expect(draft.get_by_role("alert")).to_contain_text("Enter a year")
    expect(draft.get_by_role("alert")).to_be_focused()
    assert violations(draft) == []

    other.get_by_label("City").fill("Kumasi")
    other.get_by_role("button", name="Save and go on").click()
    expect(other.get_by_role("alert")).to_contain_text("has saved this section since")
    expect(other.get_by_text("City, as saved now:")).to_be_visible()
    assert violations(other) == []
    draft.goto(start)
    other.close()


def test_a_section_is_saved_without_javascript(draft: Page, chromium: Browser, site: Site) -> None:
    plain = chromium.new_context(
        base_url=site.url,
        java_script_enabled=False,
        storage_state=draft.context.storage_state(),
    ).new_page()
    plain.goto(f"{draft.url}places/")
    plain.locator("summary", has_text="Africa").click()
    plain.get_by_label("Ghana", exact=True).check()
    plain.get_by_role("button", name="Save and go on").click()
    expect(plain.get_by_role("status")).to_contain_text("Saved: Countries and regions of work")
    plain.goto(f"{draft.url}places/")
    expect(plain.locator(".ticked")).to_contain_text("Ghana")
    expect(plain.get_by_label("Ghana", exact=True)).to_be_visible()
    plain.context.close()
