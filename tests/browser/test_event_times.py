"""The reader's own time beside the times of events, wherever the reader is."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Complaints, Site
from tests.browser.test_accessibility import violations

# New York sets its clocks forward on 14 March 2027, and back on 7 November 2027.
EVENTS = {
    "Before": ("America/New_York", "2027-03-12", "10:00", "11:30"),
    "After": ("America/New_York", "2027-03-15", "10:00", "11:30"),
    "Autumn": ("America/New_York", "2027-11-08", "10:00", "11:30"),
    "Evening": ("America/New_York", "2027-03-10", "19:00", ""),
    "Accra": ("Africa/Accra", "2027-03-15", "10:00", "12:00"),
    "Whole day": ("America/New_York", "2027-03-16", "", ""),
}
SCRIPT = """
import datetime
from events.models import EventIndexPage, EventPage
for name, zone, day, starts, ends in {rows!r}:
    index = EventIndexPage.objects.get()
    page = index.add_child(instance=EventPage(
        title=name, slug=name.lower().replace(" ", "-"), kind="debate", time_zone=zone,
        start_date=datetime.date.fromisoformat(day), all_day=not starts,
        start_time=datetime.time.fromisoformat(starts) if starts else None,
        end_time=datetime.time.fromisoformat(ends) if ends else None,
    ))
    page.save_revision().publish()
"""
DASH = "\N{EN DASH}"


@pytest.fixture(scope="module")
def mark(site: Site) -> str:
    """What the titles of the events of this module begin with, once they are published."""
    mark = uuid.uuid4().hex[:8]
    rows = [(f"{mark} {name}", *event) for name, event in EVENTS.items()]
    site.manage("shell", "-c", SCRIPT.format(rows=rows))
    return mark


@pytest.fixture
def reader_in(chromium: Browser, site: Site) -> Iterator[Callable[[str], Page]]:
    """Opens a browser whose clock is that of a zone."""
    opened = []

    def open_in(zone: str) -> Page:
        context = chromium.new_context(base_url=site.url, timezone_id=zone)
        opened.append((context, Complaints(context, site)))
        return context.new_page()

    yield open_in
    for context, complaints in opened:
        context.close()
        assert complaints.seen == []


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (
            "Asia/Kolkata",
            {
                "Before": ("20:30", "22:00"),
                "After": ("19:30", "21:00"),
                "Autumn": ("20:30", "22:00"),
                "Evening": ("Thursday", "11 March", "05:30"),
                "Accra": ("15:30", "17:30", "India Standard Time"),
            },
        ),
        ("America/New_York", {"Accra": ("06:00", "08:00", "Eastern Daylight Time")}),
        (
            "Pacific/Apia",
            {
                "Before": ("Saturday", "13 March", "04:00", "05:30"),
                "After": ("Tuesday", "16 March", "03:00", "04:30"),
                "Autumn": ("Tuesday", "9 November", "04:00", "05:30"),
                "Evening": ("Thursday", "11 March", "13:00"),
                "Accra": ("23:00", "01:00"),
            },
        ),
    ],
)
def test_readers_see_their_own_time_where_it_is_another(reader_in, mark, zone, shown):
    page = reader_in(zone)
    page.goto("/events/?year=2027")
    expect(page.locator(".local-time").first).to_be_visible()
    for name in EVENTS:
        local = page.locator(".item", has_text=f"{mark} {name}").locator(".local-time")
        if name not in shown:
            expect(local).to_have_count(0)
            continue
        for words in ("Your time:", *shown[name]):
            expect(local).to_contain_text(words)


def test_the_venues_time_is_there_without_javascript(plain_visitor: Page, mark: str) -> None:
    plain_visitor.goto("/events/?year=2027")
    item = plain_visitor.locator(".item", has_text=f"{mark} Before")
    expect(item).to_contain_text(f"10:00{DASH}11:30")
    expect(item).to_contain_text("New York time (UTC\N{MINUS SIGN}5)")
    after = plain_visitor.locator(".item", has_text=f"{mark} After")
    expect(after).to_contain_text("New York time (UTC\N{MINUS SIGN}4)")


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_month_is_a_table_on_any_screen(
    visitor: Page, mark: str, width: int, scheme: str
) -> None:
    visitor.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visitor.set_viewport_size({"width": width, "height": 800})
    visitor.goto("/events/month/2027/3/")
    table = visitor.get_by_role("table", name="March 2027")
    expect(table.get_by_role("row")).to_have_count(6)
    expect(table.get_by_role("cell")).to_have_count(35)
    expect(table.get_by_role("columnheader", name="Sunday")).to_have_count(1)
    expect(table.get_by_role("link", name=f"{mark} Before")).to_be_visible()
    root = "document.documentElement"
    assert visitor.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
    assert violations(visitor) == []
