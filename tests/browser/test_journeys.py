"""The thin line: subscribe and confirm, edit and see it live."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect


def address() -> str:
    return f"reader-{uuid.uuid4().hex[:10]}@example.org"


def letter_to(page: Page, recipient: str) -> None:
    """Open the newest letter to an address, waiting until it has arrived."""
    for _attempt in range(60):
        page.goto(f"/dev/mail/?q={recipient}")
        letters = page.get_by_role("cell").get_by_role("link")
        if letters.count():
            letters.first.click()
            return
        page.wait_for_timeout(500)
    pytest.fail(f"No letter to {recipient} arrived.")


def test_subscribe_and_confirm(visitor: Page) -> None:
    reader = address()
    visitor.goto("/subscribe")
    main = visitor.get_by_role("main")
    main.get_by_label("e-mail", exact=False).first.fill(reader)
    lists = main.get_by_role("group", name="What you want to receive")
    for box in lists.get_by_role("checkbox").all():
        box.check()
    main.get_by_role("button").last.click()
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    expect(visitor.get_by_role("alert")).to_have_count(0)

    letter_to(visitor, reader)
    visitor.get_by_role("main").locator("a[href*='/confirm/']").first.click()
    # A scanner that follows the link changes nothing; only the button does.
    visitor.get_by_role("main").get_by_role("button").click()
    expect(visitor.get_by_role("main")).to_contain_text(re.compile("confirmed|subscribed", re.I))


def test_edit_a_situation_and_see_it_live(visitor: Page, staff: Page) -> None:
    sentence = f"Edited {uuid.uuid4().hex[:8]}."
    visitor.goto("/situations/kenya/")
    staff.goto("/situations/kenya/")
    edit = staff.evaluate(
        "fetch('/admin/pages/search/?q=Kenya').then(r => r.text())"
        ".then(t => t.match(/\\/admin\\/pages\\/\\d+\\/edit\\//)[0])"
    )
    staff.goto(edit)
    staff.locator("[name=introduction]").fill(sentence)
    staff.get_by_role("button", name="More actions").click()
    staff.get_by_role("button", name="Publish").click()
    expect(staff.get_by_text("has been published").first).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_role("main")).to_contain_text(sentence)


def test_errors_take_the_focus_and_keep_what_was_typed(visitor: Page) -> None:
    visitor.goto("/contact/")
    main = visitor.get_by_role("main")
    main.locator("[name=name]").fill("Ama Example")
    main.locator("[name=message]").fill("A question.")
    main.get_by_role("button").last.click()
    summary = visitor.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    expect(main.locator("[name=email]")).to_be_focused()
    expect(main.locator("[name=message]")).to_have_value("A question.")
