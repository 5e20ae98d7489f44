"""The first events: nothing but what the facts give a day for."""

import csv
import datetime
from pathlib import Path

import pytest
from django.conf import settings

from events.content import load
from events.models import EventIndexPage, EventPage, Kind, Occurrence

pytestmark = pytest.mark.django_db

FACTS = Path(settings.BASE_DIR) / "pages" / "content" / "timeline.csv"


@pytest.fixture
def facts() -> set[tuple[int, int]]:
    """Month and day of each fact that has a day."""
    with FACTS.open() as file:
        days = [row["date"] for row in csv.DictReader(file)]
    parts = (day.split("-") for day in days if len(day) == 10)
    return {(int(month), int(day)) for _year, month, day in parts}


def test_loading_twice_changes_nothing(home):
    load(home)
    EventPage.objects.filter(slug="genocide-convention").update(title="Edited")
    load(home)
    assert EventIndexPage.objects.count() == 1
    assert EventPage.objects.count() == 4
    assert EventPage.objects.get(slug="genocide-convention").title == "Edited"


def test_the_facts_have_each_day(home, facts):
    load(home)
    for event in EventPage.objects.all():
        assert (event.start_date.month, event.start_date.day) in facts


def test_commemorations_come_every_year_and_are_in_no_one_place(home):
    load(home)
    yearly = EventPage.objects.filter(kind=Kind.COMMEMORATION)
    days = {(one.start_date.month, one.start_date.day) for one in yearly}
    assert days == {(4, 7), (7, 11), (12, 9)}
    assert {(one.place, one.country) for one in yearly} == {("", None)}
    assert Occurrence.objects.filter(event__in=yearly).count() == 30


def test_the_debate_is_linked_to_the_documents_that_it_was_about(home, content):
    debate = EventPage.objects.get(slug="general-assembly-debate-2009")
    assert debate.start_date == datetime.date(2009, 7, 23)
    symbols = {str(one) for page in debate.documents.all() for one in page.symbols.all()}
    assert symbols == {"A/63/677", "A/RES/63/308"}
