"""What visitors do: read, search, follow an old link, on any screen, with or without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

OLD_LINKS = [
    ("/crises/crisis-in-syria", "/situations/syria/"),
    ("/about-coalition/founding-purposes", "/coalition/"),
    (
        "/index.php/component/content/article/129-africa/1-any-title?tmpl=component&print=1",
        "/rtop/regions/africa/",
    ),
]

PAGES = [
    "/",
    "/rtop/",
    "/rtop/history/",
    "/rtop/glossary/",
    "/rtop/core-documents/",
    "/situations/",
    "/situations/syria/",
    "/developments/",
    "/publications/",
    "/events/",
    "/coalition/",
    "/members/",
    "/members/human-rights-watch/",
    "/coalition/steering-committee/",
    "/join-the-coalition/",
    "/subscribe/",
    "/contact/",
    "/search/?q=genocide",
]


def test_home_says_what_is_happening_and_what_to_do(visitor: Page) -> None:
    visitor.goto("/")
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    main = visitor.get_by_role("main")
    main.get_by_role("link", name="Syria").first.click()
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Syria")


def test_search_folds_accents(plain_visitor: Page) -> None:
    plain_visitor.goto("/")
    search = plain_visitor.get_by_role("search").first
    search.get_by_role("searchbox").fill("Cote d'Ivoire")
    search.get_by_role("button").click()
    results = plain_visitor.get_by_role("main")
    results.get_by_role("link", name="Côte d'Ivoire", exact=True).first.click()
    expect(plain_visitor.get_by_role("heading", level=1)).to_contain_text("Côte d'Ivoire")


@pytest.mark.parametrize(("old", "new"), OLD_LINKS)
def test_old_links_lead_on(plain_visitor: Page, old: str, new: str) -> None:
    answer = plain_visitor.goto(old)
    assert answer.status == 200
    assert new in plain_visitor.url


def test_reading_sets_no_cookie(visitor: Page) -> None:
    for address in ("/", "/situations/", "/publications/", "/search/?q=darfur"):
        visitor.goto(address)
    assert visitor.context.cookies() == []


@pytest.mark.parametrize("address", PAGES)
def test_nothing_scrolls_sideways_at_320_pixels(visitor: Page, address: str) -> None:
    visitor.set_viewport_size({"width": 320, "height": 640})
    visitor.goto(address)
    wide = visitor.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    assert not wide
