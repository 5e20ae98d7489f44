import datetime

import pytest

from members.diffs import word_changes
from members.months import months_before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We watch the lake.", "We watch the lakes and rivers."),
        ("", "New words"),
        ("Old words", ""),
        ("One\n\nTwo", "One\n\nThree\n\nTwo"),
        ("الماء هنا", "الماء هناك"),
        ("the same", "the same"),
    ],
)
def test_the_parts_hold_both_texts_whole(before, after):
    parts = word_changes(before, after)
    old = "".join(part.text for part in parts if part.kind != "added")
    new = "".join(part.text for part in parts if part.kind != "removed")
    assert old.split() == before.split()
    assert new == after


def test_only_the_words_that_changed_are_marked():
    parts = word_changes("We watch the lake daily.", "We watch the river daily.")
    assert [(part.kind, part.text.strip()) for part in parts] == [
        ("same", "We watch the"),
        ("removed", "lake"),
        ("added", "river"),
        ("same", "daily."),
    ]


def test_line_ends_of_another_kind_are_no_change():
    assert [part.kind for part in word_changes("One\r\nTwo", "One\nTwo\n")] == ["same"]


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ((2026, 5, 31), 1, (2026, 4, 30)),
        ((2026, 1, 15), 1, (2025, 12, 15)),
        ((2028, 2, 29), 12, (2027, 2, 28)),
        ((2026, 3, 2), 24, (2024, 3, 2)),
    ],
)
def test_months_are_counted_by_the_calendar(day, months, before):
    moment = datetime.datetime(*day, 9, tzinfo=datetime.UTC)
    assert months_before(moment, months) == datetime.datetime(*before, 9, tzinfo=datetime.UTC)
