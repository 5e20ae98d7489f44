"""How calendars tell that they have an old version: UID, SEQUENCE, LAST-MODIFIED."""

from datetime import date, time

import pytest
from icalendar import Calendar

from events.calendars import entry_of
from events.models import EventPage, Status
from tests.factories.events import place_below

pytestmark = pytest.mark.django_db


def now(event: EventPage) -> EventPage:
    return EventPage.objects.get(pk=event.pk)


def read(event: EventPage):
    return Calendar.from_ical(entry_of(now(event))).events[0]


def draft(event: EventPage, **fields):
    """Save a draft over the latest one, as the editor does; returns the revision."""
    page = event.get_latest_revision_as_object() if event.latest_revision_id else now(event)
    for name, value in fields.items():
        setattr(page, name, value)
    return page.save_revision()


def edit(event: EventPage, **fields):
    revision = draft(now(event), **fields)
    revision.publish()
    return revision


@pytest.fixture
def event(index):
    return place_below(index, title="Debate", end_time=time(12))


def test_a_new_event_is_its_first_version(event):
    one = read(event)
    assert (one["SEQUENCE"], str(one["UID"])) == (0, str(event.translation_key))
    assert one["DTSTAMP"].dt == one["LAST-MODIFIED"].dt
    assert one["LAST-MODIFIED"].dt == event.calendar_changed_at.replace(microsecond=0)


def test_each_published_change_counts_and_leaves_the_uid(event):
    uid = read(event)["UID"]
    before = event.calendar_changed_at
    edit(event, start_time=time(9))
    edit(event, status=Status.POSTPONED)
    edit(event, status=Status.CANCELLED)
    one = read(event)
    assert (one["SEQUENCE"], one["UID"], one["STATUS"]) == (3, uid, "CANCELLED")
    assert now(event).calendar_changed_at > before


def test_a_draft_changes_nothing(event):
    before = entry_of(now(event))
    draft(now(event), start_time=time(9), title="Another debate")
    assert entry_of(now(event)) == before


def test_what_calendars_do_not_show_does_not_count(event):
    before = entry_of(now(event))
    edit(event, accessibility="Step-free entrance.")
    assert entry_of(now(event)) == before


def test_going_back_to_an_old_version_is_a_new_one(event):
    old = edit(event, start_time=time(9))
    edit(event, start_time=time(8))
    changed = now(event).calendar_changed_at
    old.as_object().save_revision().publish()
    one = read(event)
    assert (one["SEQUENCE"], one["DTSTART"].dt.hour) == (3, 9)
    assert now(event).calendar_changed_at > changed


def test_an_event_that_is_taken_down_and_put_up_again_goes_on_counting(event):
    edit(event, start_date=date(2027, 3, 11))
    now(event).unpublish()
    edit(event, start_date=date(2027, 3, 12))
    assert read(event)["SEQUENCE"] == 2


def test_a_copy_is_another_event_that_begins_anew(event):
    edit(event, start_time=time(9))
    copy = now(event).copy(update_attrs={"slug": "copy", "title": "Copy"})
    one = read(copy)
    assert one["SEQUENCE"] == 0
    assert one["UID"] != read(event)["UID"]
