"""Events from end to end: entered by staff, in a reader's own calendar, changed, called off."""

import re
import uuid
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import vobject
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_journeys import address
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


def register(visitor: Page, person: str) -> None:
    visitor.get_by_role("link", name="Register").first.click()
    main = visitor.get_by_role("main")
    main.locator("[name=name]").fill("Ama Example")
    main.locator("[name=email]").fill(person)
    main.get_by_role("button", name="Register").click()
    expect(main).to_contain_text(person)


def received(page: Page, recipient: str, subject: str) -> EmailMessage:
    """The letter to somebody whose subject begins so, as it was sent, once it has come."""
    for _attempt in range(120):
        page.goto(f"/dev/mail/?q={recipient}")
        link = page.get_by_role("cell").get_by_role("link", name=re.compile(f"^{subject}"))
        if link.count():
            link.first.click()
            url = page.get_by_role("link", name="Download the letter").get_attribute("href")
            return message_from_bytes(page.request.get(url).body(), policy=policy.default)
        page.wait_for_timeout(500)
    pytest.fail(f"No letter {subject!r} to {recipient} arrived.")


def entry(letter: EmailMessage) -> vobject.base.Component:
    """The event in the calendar file that a letter brings."""
    (attached,) = letter.iter_attachments()
    assert attached.get_param("method") == "PUBLISH"
    return vobject.readOne(attached.get_payload(decode=True).decode()).vevent


def test_the_last_place_and_who_waits_for_it(
    staff: Page, visitor: Page, plain_visitor: Page, site: Site
) -> None:
    title = f"Workshop {uuid.uuid4().hex[:6]}"
    first, second = address(), address()
    enter(
        staff,
        title,
        kind="training",
        time_zone=ACCRA,
        start_date="2027-05-20",
        start_time="10:00",
        place="Accra",
        country="GH",
        registration="on",
        capacity="1",
    )
    editor = staff.url
    for page, person in ((visitor, first), (plain_visitor, second)):
        page.goto("/events/")
        page.get_by_role("link", name=title).click()
        register(page, person)

    place = received(visitor, first, "Your place")
    assert entry(place).summary.value == title
    waiting = received(plain_visitor, second, "Waiting list")
    assert not list(waiting.iter_attachments())

    received(visitor, first, "Your place")
    visitor.get_by_role("main").locator("a[href*='/events/registrations/']").first.click()
    visitor.get_by_role("main").get_by_role("button", name=re.compile("Cancel", re.I)).click()
    expect(visitor.get_by_role("main")).to_contain_text("cancelled")
    moved_up = entry(received(plain_visitor, second, "Your place"))
    assert moved_up.dtstart.value.hour == 10

    # Ten minutes after the last change those registered are told.
    edit(staff, editor, start_time="14:00")
    site.manage("shell", "-c", MAKE_LATER.format(title=title))
    told = entry(received(plain_visitor, second, "New time"))
    assert told.dtstart.value.hour == 14
    assert told.uid.value == moved_up.uid.value
    assert int(told.sequence.value) > int(moved_up.sequence.value)


MAKE_LATER = """
from datetime import timedelta
from django.db.models import F
from events.models import EventPage
later = F("calendar_changed_at") - timedelta(minutes=11)
EventPage.objects.filter(title="{title}").update(calendar_changed_at=later)
"""
