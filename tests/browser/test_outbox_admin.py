"""A message in the admin: its numbers move by themselves, and every action is asked about."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site

QUEUE = """
WITH message AS (
    INSERT INTO mail_message (uid, purpose, sender, subject, html, text, headers, signed, list_id,
        attachments, priority, candidates, duplicates, unusable, reason, tally, started_at)
    VALUES (gen_random_uuid(), 'test', 'a@example.org', 'A bulletin', '<p>Read this.</p>',
        'Read this.', '{}', '{}', '', '[]', 90, 4, 0, 0, '', '{}', now())
    RETURNING id
)
INSERT INTO mail_delivery (message_id, address, normalised, name, merge, state, attempts, releases,
    server_reply, reason, next_attempt_at)
SELECT message.id, address, address, '', '{}', 'deferred', 1, 0, '451 Later', '',
    now() + interval '1 hour'
FROM message, (SELECT 'reader' || i || '@example.org' AS address FROM generate_series(1, 4) i) made
RETURNING message_id
"""

type Execute = Callable[..., list[Any]]


@pytest.fixture
def execute(site: Site, database: str) -> Iterator[Execute]:
    """Give it SQL for the site's database."""
    with psycopg.connect(database, autocommit=True) as connection:

        def execute(sql: str, *values: Any) -> list[Any]:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

        yield execute


@pytest.fixture
def message(execute: Execute) -> Iterator[int]:
    """A message on its way, of which no letter is due: workers leave it alone."""
    (pk,) = {row for (row,) in execute(QUEUE)}
    yield pk
    execute("DELETE FROM mail_delivery WHERE message_id = %s", pk)
    execute("DELETE FROM mail_message WHERE id = %s", pk)


def test_numbers_move_without_a_reload_until_it_is_finished(
    staff: Page, message: int, execute: Execute
) -> None:
    asked: list[str] = []
    staff.on("request", lambda request: asked.append(request.url))
    staff.goto(f"/admin/messages/inspect/{message}/")
    main = staff.get_by_role("main")
    expect(main).to_contain_text("0 of 4 letters are done (0 %).")
    pause = main.get_by_role("link", name="Pause")
    pause.focus()

    execute(
        "UPDATE mail_delivery SET state = 'sent', changed = now() WHERE normalised = %s",
        "reader1@example.org",
    )
    expect(main).to_contain_text("1 of 4 letters are done (25 %).", timeout=15_000)
    expect(pause).to_be_focused()

    execute("UPDATE mail_delivery SET state = 'sent' WHERE message_id = %s", message)
    # The site's own worker finds that nothing is left to send.
    expect(main).to_contain_text("4 of 4 letters are done (100 %).", timeout=15_000)
    expect(main.locator("[data-seconds]")).to_have_attribute("data-seconds", "", timeout=60_000)
    expect(main.get_by_role("link", name="Pause")).to_have_count(0)
    assert [url for url in asked if url.endswith(f"/inspect/{message}/")] == [
        f"{staff.url.split('/admin')[0]}/admin/messages/inspect/{message}/"
    ]


def test_old_numbers_are_called_old(staff: Page, message: int) -> None:
    staff.goto(f"/admin/messages/inspect/{message}/")
    notice = staff.get_by_text("These numbers are old")
    expect(notice).to_be_hidden()
    staff.context.clear_cookies()
    expect(notice).to_be_visible(timeout=60_000)
    expect(staff.get_by_role("main")).to_contain_text("0 of 4 letters are done (0 %).")


def test_pause_and_resume_say_what_they_will_do(staff: Page, message: int) -> None:
    staff.goto(f"/admin/messages/inspect/{message}/")
    main = staff.get_by_role("main")
    main.get_by_role("link", name="Pause").click()
    expect(main).to_contain_text("4 letters have not been sent yet.")
    main.get_by_label("Why").fill("A typo")
    main.get_by_role("button", name="Pause").click()
    expect(main).to_contain_text("The message is paused. 4 letters wait")
    expect(main).to_contain_text("A typo")
    main.get_by_role("link", name="Resume").click()
    expect(main).to_contain_text("4 letters will be sent when you resume.")
    main.get_by_role("button", name="Resume").click()
    expect(main).to_contain_text("The message is resumed: 4 letters will be sent.")
    expect(main).to_contain_text("Resumed (4 letters)")


def test_two_clicks_on_a_button_are_one(staff: Page, message: int, execute: Execute) -> None:
    staff.goto(f"/admin/messages/{message}/pause/")
    staff.get_by_role("main").get_by_role("button", name="Pause").dblclick()
    staff.wait_for_url(f"**/admin/messages/inspect/{message}/")
    expect(staff.get_by_role("main")).to_contain_text("Paused (4 letters)")
    logged = execute(
        "SELECT count(*) FROM wagtailcore_modellogentry WHERE action = 'mail.pause'"
        " AND object_id = %s",
        str(message),
    )
    assert logged == [(1,)]


def test_it_works_without_javascript(
    staff: Page, chromium: Browser, site: Site, message: int
) -> None:
    context = chromium.new_context(
        base_url=site.url, java_script_enabled=False, storage_state=staff.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"/admin/messages/inspect/{message}/")
    page.get_by_role("link", name="Reload").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("0 of 4 letters are done (0 %).")
    main.get_by_role("link", name="Cancel").click()
    expect(main).to_contain_text("4 letters will not be sent. This cannot be undone.")
    main.get_by_role("button", name="Cancel").click()
    expect(main).to_contain_text("The message is cancelled: 4 letters will not be sent.")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing(staff: Page, message: int, scheme: str, width: int) -> None:
    staff.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    staff.set_viewport_size({"width": width, "height": 900})
    # What surrounds these is Wagtail's.
    page, table = "main .nice-padding", "#listing-results .listing"
    for address, ours in (
        (f"/admin/messages/inspect/{message}/", page),
        (f"/admin/messages/{message}/cancel/", page),
        ("/admin/messages/", table),
        (f"/admin/outbox/?message={message}", table),
    ):
        staff.goto(address)
        found = Axe().run(staff, context=ours).response
        assert found["passes"]
        assert found["violations"] == []
        assert staff.evaluate("document.documentElement.scrollWidth <= innerWidth")
