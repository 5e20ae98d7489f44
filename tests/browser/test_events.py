"""Events from end to end: entered by staff, in a reader's own calendar, changed, called off."""

import re
import uuid
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.khal import Khal

ACCRA, NEW_YORK = "Africa/Accra", "America/New_York"


def enter(staff: Page, title: str, **fields: str) -> None:
    """Write an event and publish it; ends on its editor. Fields are those of the form, by name."""
    staff.goto("/admin/events/")
    staff.get_by_role("link", name=re.compile("Add event", re.I)).first.click()
    staff.locator("[name=title]").fill(title)
    expect(staff.locator("[name=slug]")).not_to_have_value("")
    fill_in(staff, **fields)
    publish(staff)
    staff.get_by_role("link", name="Edit").first.click()
    staff.wait_for_url("**/edit/")


def fill_in(staff: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = staff.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "checkbox":
            field.set_checked(value == "on")
        else:
            field.fill(value)
            staff.keyboard.press("Escape")


def publish(staff: Page) -> None:
    staff.get_by_role("button", name="More actions").click()
    staff.get_by_role("button", name="Publish").click()
    expect(staff.get_by_text("has been published").first).to_be_visible()


def edit(staff: Page, editor: str, **fields: str) -> None:
    staff.goto(editor)
    fill_in(staff, **fields)
    publish(staff)


@pytest.fixture
def geneva(tmp_path: Path) -> Khal:
    """The calendar program of a reader in Geneva."""
    return Khal(tmp_path / "geneva", "Europe/Zurich")


def test_two_events_in_a_readers_calendar_until_one_is_called_off(
    staff: Page, visitor: Page, site: Site, geneva: Khal
) -> None:
    training, briefing = (f"{word} {uuid.uuid4().hex[:6]}" for word in ("Training", "Briefing"))
    enter(
        staff,
        training,
        kind="training",
        time_zone=ACCRA,
        start_date="2027-03-20",
        start_time="10:00",
        end_time="12:00",
        place="Accra",
        country="GH",
    )
    enter(
        staff,
        briefing,
        kind="online",
        time_zone=NEW_YORK,
        start_date="2027-03-20",
        start_time="10:00",
        end_time="11:00",
    )
    editor = staff.url

    visitor.goto("/events/")
    feed = visitor.locator("a[href^='webcal:']").first.get_attribute("href")
    feed = site.url + re.sub(r"^webcal://[^/]+", "", feed)

    def agenda(day: date) -> str:
        geneva.subscribe(visitor.request.get(feed).body())
        return geneva.agenda(day)

    # New York has set its clocks forward on 14 March, Geneva does so on 28 March.
    march = agenda(date(2027, 3, 20))
    assert f"11:00-13:00 {training}" in march
    assert f"15:00-16:00 {briefing}" in march

    edit(staff, editor, start_date="2027-04-20")
    april = agenda(date(2027, 4, 20))
    assert f"16:00-17:00 {briefing}" in april
    assert briefing not in agenda(date(2027, 3, 20))

    for status, says in (("postponed", "Postponed"), ("cancelled", "Cancelled")):
        edit(staff, editor, status=status)
        assert f"16:00-17:00 {says}: {briefing}" in agenda(date(2027, 4, 20))
        visitor.goto("/events/?kind=online")
        item = visitor.get_by_role("listitem").filter(has_text=briefing)
        expect(item).to_contain_text(says)
    assert f"11:00-13:00 {training}" in agenda(date(2027, 3, 20))
