"""Events of every year: their rule, the years that differ, and what is refused."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.exceptions import ValidationError

from events.models import EventPage, Occurrence, Status, YearException
from tests.factories.events import EventFactory, place_below

pytestmark = pytest.mark.django_db

What = YearException.What


def commemoration(index, *exceptions: YearException, **fields) -> EventPage:
    fields = {
        "all_day": True,
        "start_time": None,
        "start_date": date(2027, 4, 7),
        "yearly": True,
        "last_year": 2030,
        **fields,
    }
    event = EventFactory(**fields)
    event.exceptions = list(exceptions)
    return index.add_child(instance=event)


def days(event: EventPage) -> list[date]:
    return [one.start_date for one in event.occurrences.order_by("starts_at")]


def test_an_event_takes_place_once(index):
    event = place_below(index, end_time=time(12))
    (one,) = event.occurrences.all()
    assert (one.starts_at, one.ends_at) == (event.starts_at, event.ends_at)
    assert (one.original_date, one.end_date) == (event.start_date, event.start_date)


def test_a_commemoration_comes_every_year_up_to_the_last(index):
    event = commemoration(index)
    assert days(event) == [date(year, 4, 7) for year in (2027, 2028, 2029, 2030)]
    assert event.starts_at.date() == date(2027, 4, 7)
    assert event.ends_at == datetime(2030, 4, 8, tzinfo=UTC)


def test_its_time_stays_on_the_clock_whatever_the_clocks_do(index):
    event = commemoration(
        index,
        all_day=False,
        start_time=time(10),
        time_zone="America/New_York",
        start_date=date(2026, 3, 10),  # Clocks were set forward two days before; later on, after.
        last_year=2029,
    )
    hours = [one.starts_at.hour for one in event.occurrences.order_by("starts_at")]
    assert hours == [14, 15, 15, 15]


def test_over_new_year(index):
    event = commemoration(index, start_date=date(2027, 12, 30), end_date=date(2028, 1, 2))
    first = event.occurrences.order_by("starts_at")[0]
    assert (first.start_date, first.end_date) == (date(2027, 12, 30), date(2028, 1, 2))


def test_years_that_differ(index):
    event = commemoration(
        index,
        YearException(year=2027, what=What.LEFT_OUT),
        YearException(year=2028, what=What.CANCELLED),
        YearException(year=2029, what=What.MOVED, start_date=date(2029, 4, 9)),
        YearException(year=2030, what=What.POSTPONED),
    )
    shown = event.occurrences.order_by("starts_at").values_list(
        "original_date", "start_date", "status"
    )
    assert list(shown) == [
        (date(2028, 4, 7), date(2028, 4, 7), Status.CANCELLED),
        (date(2029, 4, 7), date(2029, 4, 9), Status.SCHEDULED),
        (date(2030, 4, 7), date(2030, 4, 7), Status.POSTPONED),
    ]


def test_what_is_cancelled_as_a_whole_is_cancelled_in_each_year(index):
    event = commemoration(
        index, YearException(year=2028, what=What.POSTPONED), status=Status.CANCELLED
    )
    assert set(event.occurrences.values_list("status", flat=True)) == {Status.CANCELLED}


def test_years_that_are_all_left_out_leave_nothing(index):
    event = commemoration(
        index,
        *(YearException(year=year, what=What.LEFT_OUT) for year in (2027, 2028)),
        last_year=2028,
    )
    assert not event.occurrences.exists()
    assert event.occurrence is None


def test_the_one_to_show_is_the_next_or_else_the_last(index, monkeypatch):
    def shown_at(*moment: int) -> date:
        now = datetime(*moment, tzinfo=UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        return EventPage.objects.get(pk=event.pk).occurrence.start_date

    event = commemoration(index)
    assert shown_at(2026, 1, 1) == date(2027, 4, 7)
    assert shown_at(2028, 4, 7, 23) == date(2028, 4, 7)
    assert shown_at(2028, 4, 8) == date(2029, 4, 7)
    assert shown_at(2040, 1, 1) == date(2030, 4, 7)


def test_of_each_event_the_next_one_is_listed(index, monkeypatch):
    commemoration(index, title="Every year")
    place_below(index, title="Once", start_date=date(2028, 5, 1))
    now = datetime(2028, 4, 20, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    found = Occurrence.objects.of(EventPage.objects.shown())
    assert [(one.event.title, one.start_date.year) for one in found.next_of_each()] == [
        ("Once", 2028),
        ("Every year", 2029),
    ]
    assert [one.start_date.year for one in found.over()] == [2028, 2027]
    april = found.between(date(2028, 4, 1), date(2028, 4, 30))
    assert [one.event.title for one in april] == ["Every year"]


def test_occurrences_follow_what_is_published_and_not_a_draft(index):
    event = commemoration(index)
    event.start_date = date(2028, 4, 8)
    draft = event.save_revision()
    assert days(event)[0] == date(2027, 4, 7)
    draft.publish()
    assert days(event) == [date(year, 4, 8) for year in (2028, 2029, 2030)]


def test_what_is_not_public_any_more_has_none(index):
    event = commemoration(index)
    event.unpublish()
    assert not Occurrence.objects.exists()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"last_year": None}, "last_year"),
        ({"last_year": 2026}, "last_year"),
        ({"last_year": 9999}, "last_year"),
        ({"last_year": 2101}, "last_year"),
        ({"yearly": False}, "last_year"),
        ({"start_date": date(2028, 2, 29)}, "start_date"),
        ({"end_date": date(2028, 4, 7)}, "end_date"),
        ({"registration": True}, "registration"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_beside_its_field(index, fields, wrong):
    with pytest.raises(ValidationError) as refusal:
        commemoration(index, **fields)
    assert set(refusal.value.message_dict) == {wrong}
    assert not EventPage.objects.exists()


@pytest.mark.parametrize(
    ("exception", "wrong"),
    [
        ({"year": 2026, "what": What.LEFT_OUT}, "year"),
        ({"year": 2031, "what": What.LEFT_OUT}, "year"),
        ({"year": 2028, "what": What.MOVED}, "start_date"),
        ({"year": 2028, "what": What.CANCELLED, "start_date": date(2028, 4, 8)}, "start_date"),
        ({"year": 2028, "what": What.MOVED, "start_date": date(9999, 4, 8)}, "start_date"),
    ],
)
def test_an_exception_that_cannot_be_is_refused_beside_its_field(index, exception, wrong):
    one = YearException(event=commemoration(index), **exception)
    with pytest.raises(ValidationError) as refusal:
        one.full_clean()
    assert set(refusal.value.message_dict) == {wrong}


def test_an_address_for_those_registered_needs_a_registration(index):
    with pytest.raises(ValidationError) as refusal:
        place_below(index, online_address="https://example.org", online_address_private=True)
    assert set(refusal.value.message_dict) == {"online_address_private"}
