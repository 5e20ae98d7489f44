"""The listserv from end to end: subscribe, write, send, watch, leave; import; what comes back."""

import re
import uuid
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_journeys import address, letter_to


def subscribe(visitor: Page, reader: str) -> None:
    """Subscribe to two lists and one country, and confirm it."""
    visitor.goto("/subscribe")
    main = visitor.get_by_role("main")
    main.get_by_label("Your e-mail address").fill(reader)
    main.locator("[name=lists][value=bulletin]").check()
    main.locator("[name=lists][value=events]").check()
    main.locator("[name=places][value=SY]").first.check()
    main.get_by_role("button", name="Subscribe").click()
    expect(main).to_contain_text("look into your mailbox")
    letter_to(visitor, reader)
    visitor.get_by_role("main").locator("a[href*='/confirm/']").first.click()
    expect(main).to_contain_text("Syria")
    main.get_by_role("button", name="Confirm").click()
    expect(main).to_contain_text("You are subscribed")


def write_a_bulletin(staff: Page, title: str) -> None:
    """Begin a bulletin, collect two pages for it, and publish it; ends on the editor."""
    staff.goto("/admin/bulletins/")
    staff.get_by_role("link", name=re.compile("Add bulletin", re.I)).first.click()
    staff.locator("[name=title]").fill(title)
    staff.locator("[name=subject]").fill(f"Sample: {title}")
    expect(staff.locator("[name=slug]")).not_to_have_value("")
    staff.get_by_role("button", name="Save draft").click()
    staff.wait_for_url("**/edit/")
    to_the_desk(staff)
    staff.get_by_role("link", name="Collect what is new on the site.").click()
    # The other journey may have sent a bulletin a moment ago.
    staff.locator("[name=since]").fill("2020-01-01")
    staff.keyboard.press("Escape")
    staff.get_by_role("button", name="Show").click()
    boxes = staff.locator("[name=pages]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    staff.get_by_role("button", name="Add what is ticked").click()
    expect(staff.get_by_text("2 pages were added at the end.")).to_be_visible()
    staff.get_by_role("button", name="More actions").click()
    staff.get_by_role("button", name="Publish").click()
    expect(staff.get_by_text("has been published").first).to_be_visible()


def to_the_desk(staff: Page) -> None:
    pk = re.search(r"/pages/(\d+)/edit/", staff.url)[1]
    staff.goto(f"/admin/bulletins/{pk}/")


def source_of_letter(page: Page) -> EmailMessage:
    """The letter that the page shows, as it was sent."""
    url = page.get_by_role("link", name="Download the letter").get_attribute("href")
    return message_from_bytes(page.request.get(url).body(), policy=policy.default)


def test_from_the_first_click_to_the_archive(visitor: Page, staff: Page) -> None:
    reader, colleague = address(), address()
    title = f"Bulletin {uuid.uuid4().hex[:6]}"
    subscribe(visitor, reader)
    write_a_bulletin(staff, title)
    visitor.goto("/listserv/")
    expect(visitor.get_by_role("main")).not_to_contain_text(title)

    to_the_desk_of(staff, title)
    desk = staff.url
    staff.get_by_role("link", name="Send a test to yourself").click()
    staff.locator("[name=addresses]").fill(colleague)
    staff.get_by_role("button", name="Send the test").click()
    letter_to(visitor, colleague)
    expect(visitor.get_by_role("heading", level=1)).to_have_text(f"[Test] Sample: {title}")

    staff.goto(desk)
    staff.get_by_role("link", name="Choose the lists, look again, send.").click()
    staff.get_by_label("RtoP Bulletin").check()
    staff.get_by_role("button", name="Look at what will happen").click()
    expect(staff.get_by_text(re.compile(r"^[\d,]+ letters? will be sent now\.$"))).to_be_visible()
    staff.get_by_role("button", name="Send now").click()
    results = staff.get_by_role("row", name=re.compile("RtoP Bulletin"))
    expect(results).to_contain_text("Finished", timeout=90_000)

    letter_to(visitor, reader)
    main = visitor.get_by_role("main")
    expect(visitor.get_by_role("heading", level=1)).to_have_text(f"Sample: {title}")
    letter = source_of_letter(visitor)
    for part in (letter.get_body(["plain"]), letter.get_body(["html"])):
        assert "/listserv/unsubscribe/" in part.get_content()
        assert "[[" not in part.get_content()

    # As a mail program does it: without a cookie, without a token, and twice.
    one_click = re.search(r"<(http[^>]+)>", letter["List-Unsubscribe"])[1]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    program = visitor.context.browser.new_context()
    for _click in range(2):
        answer = program.request.post(one_click, form={"List-Unsubscribe": "One-Click"})
        assert answer.ok
    program.close()
    visitor.goto(one_click)
    expect(main).to_contain_text("gets no letters of the list “RtoP Bulletin” any more")
    expect(main).to_contain_text("Events")

    staff.goto(desk)
    expect(results.get_by_role("cell").last).to_have_text("1")

    visitor.goto("/listserv/")
    main.get_by_role("link", name=f"Sample: {title}").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(f"Sample: {title}")


def to_the_desk_of(staff: Page, title: str) -> None:
    """Find a bulletin in the list of them."""
    staff.goto("/admin/bulletins/")
    url = staff.get_by_role("link", name=title, exact=True).first.get_attribute("href")
    staff.goto(url)
    to_the_desk(staff)


def test_import_a_file_with_broken_rows(staff: Page) -> None:
    good, known = address(), address()
    rows = ["email,name", f"{good},Ama", f"{good.upper()},Ama", "nobody@,Broken", f"{known},"]
    staff.goto("/admin/imports/")
    staff.get_by_role("link", name=re.compile("Import", re.I)).last.click()
    staff.locator("[name=file]").set_input_files(
        {"name": "readers.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    staff.get_by_label("Events").check()
    staff.locator("[name=source]").fill("Sign-up sheet of a test")
    staff.locator("form button[type=submit]").last.click()
    # The worker looks first; nothing is stored before somebody says so.
    button = staff.get_by_role("button", name=re.compile("Import 2"))
    expect(button).to_be_visible(timeout=90_000)
    expect(staff.get_by_role("main")).to_contain_text("nobody@")
    button.click()
    expect(staff.get_by_role("main")).to_contain_text(re.compile("imported", re.I), timeout=90_000)

    staff.goto(f"/admin/subscribers/?q={good}")
    expect(staff.get_by_text(good).first).to_be_visible()


def test_what_comes_back_is_read(visitor: Page, staff: Page, site: Site) -> None:
    reader = address()
    subscribe(visitor, reader)
    title = f"Bulletin {uuid.uuid4().hex[:6]}"
    write_a_bulletin(staff, title)
    to_the_desk_of(staff, title)
    staff.goto(f"{staff.url}send/")
    staff.get_by_label("RtoP Bulletin").check()
    staff.get_by_role("button", name="Look at what will happen").click()
    staff.get_by_role("button", name="Send now").click()
    letter_to(visitor, reader)

    said = site.manage("sample_bounces", "--read")
    gone = re.search(r"^hard\s+(\S+)", said, re.M)[1]
    staff.goto("/admin/bounces/")
    expect(staff.get_by_text(gone).first).to_be_visible()
    staff.goto(f"/admin/suppressions/?q={gone}")
    expect(staff.get_by_text(gone).first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing(staff: Page, scheme: str, width: int) -> None:
    staff.goto("/admin/bulletins/")
    if not staff.get_by_role("link", name="Bulletin of axe", exact=True).count():
        write_a_bulletin(staff, "Bulletin of axe")
    to_the_desk_of(staff, "Bulletin of axe")
    desk = staff.url
    staff.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    staff.set_viewport_size({"width": width, "height": 900})
    for path in (
        desk,
        f"{desk}collect/?since=2020-01-01",
        f"{desk}try/",
        f"{desk}send/",
        f"{desk}send/?check=1",
        "/admin/imports/",
        "/admin/subscribers/",
        "/admin/suppressions/",
        "/admin/bounces/",
        "/admin/alerts/",
        "/admin/mailing-lists/",
    ):
        staff.goto(path)
        # What surrounds these is Wagtail's.
        found = Axe().run(staff, context="main .nice-padding").response
        assert found["passes"]
        assert [(path, one["id"], one["nodes"]) for one in found["violations"]] == []
        assert staff.evaluate("document.documentElement.scrollWidth <= innerWidth")
