"""What the journeys of joining do again and again: sign in, read letters, fill in sections."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site

CODE = re.compile(r"\b\d{4} \d{4}\b")


class Person:
    """Somebody with a mailbox and, at each visit, a browser that knows nothing of them."""

    def __init__(self, chromium: Browser, site: Site, address: str) -> None:
        self.chromium = chromium
        self.site = site
        self.address = address
        self.mailbox = chromium.new_context(base_url=site.url).new_page()

    def visit(self, path: str) -> Page:
        """A new browser, signed in by a code, at a page of the site."""
        page = self.chromium.new_context(base_url=self.site.url).new_page()
        page.goto(path)
        self.sign_in(page)
        return page

    def sign_in(self, page: Page) -> None:
        """Ask for a code on the page that asks for an address, and type it in."""
        before = self.letters("code")
        page.get_by_label("Your e-mail address").fill(self.address)
        page.get_by_role("button", name="Send me a code").click()
        code = CODE.search(self.letter("code", after=before))[0]
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Enter the code")).to_have_count(0)

    def letters(self, subject: str) -> int:
        """How many letters with these words in the subject they have been sent."""
        self.mailbox.goto(f"/dev/mail/?q={self.address}")
        return self._links(subject).count()

    def letter(self, subject: str, after: int = 0) -> str:
        """The text of the newest such letter, once there are more than `after`."""
        for _attempt in range(90):
            if self.letters(subject) > after:
                self._links(subject).first.click()
                return self.mailbox.get_by_role("main").inner_text()
            self.mailbox.wait_for_timeout(500)
        pytest.fail(f"No letter “{subject}” to {self.address} arrived.")

    def _links(self, subject: str):
        return self.mailbox.get_by_role("cell").get_by_role("link", name=re.compile(subject, re.I))


def fill_in(page: Page, section: str, fill: Callable[[Page], None]) -> None:
    """Open a section from the list of them, fill it in, and save; ends on the list."""
    back = page.url
    page.get_by_role("main").get_by_role("link", name=section, exact=True).click()
    fill(page)
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.goto(back)


def texts(**values: str) -> Callable[[Page], None]:
    """Fills text fields by their names."""

    def fill(page: Page) -> None:
        for name, value in values.items():
            page.locator(f"[name={name}]").fill(value)

    return fill


def fill_registration(page: Page) -> None:
    for name, value in {
        "registered": "yes",
        "non_profit": "yes",
        "private_sector": "no",
        "government_controlled": "no",
    }.items():
        page.locator(f"[name={name}][value={value}]").check()
    texts(
        registration_number="G-1234",
        registered_in="Ghana",
        legal_form="Association",
        governance="A board that the members elect.",
        funding="Members' fees.",
    )(page)


def fill_places(page: Page) -> None:
    page.locator("summary", has_text="Africa").click()
    page.get_by_label("Ghana", exact=True).check()


def upload(page: Page, kind: str, name: str, content: bytes) -> None:
    """Send a file on the page of documents."""
    page.locator(f"[name={kind}-file]").set_input_files(
        {"name": name, "mimeType": "application/pdf", "buffer": content}
    )
    page.locator("form", has=page.locator(f"[name={kind}-file]")).locator("button").click()


def make_move(staff: Page, file_url: str, move: str, words: str = "", **fields: str) -> None:
    """Make a move from the file of an application, adding words to the first letter that it sends.

    Ends on the file.
    """
    staff.goto(file_url)
    staff.get_by_role("main").get_by_role("link", name=move, exact=True).click()
    staff.wait_for_url(re.compile(r"/\d+/[a-z_]+/$"))
    for name, value in fields.items():
        staff.locator(f"[name={name}]").fill(value)
    two_steps = staff.get_by_role("button", name="Next: the letter")
    if two_steps.count():
        two_steps.click()
    if words:
        body = staff.locator("textarea[name$=body]").first
        body.fill(f"{body.input_value()}\n\n{words}")
    staff.get_by_role("button", name=move, exact=True).last.click()
    staff.wait_for_url(file_url)
