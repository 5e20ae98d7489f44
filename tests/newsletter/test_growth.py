"""How lists grow: the numbers, the chart, and the table that says the same."""

import re
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsletter.admin.growth import BARS_HEIGHT, chart_of
from newsletter.growth import growth
from newsletter.models import HistoryEntry
from tests.factories.newsletter import MailingListFactory, SubscriptionFactory
from tests.mail.staff import text_of, user_with

pytestmark = pytest.mark.django_db

Kind = HistoryEntry.Kind


@pytest.fixture
def staff(client):
    client.force_login(user_with("view_mailinglist"))
    return client


@pytest.fixture(autouse=True)
def march(monkeypatch):
    """It is the last evening of March in New York; in UTC it is April."""
    now = timezone.make_aware(datetime(2026, 3, 31, 23, 30))
    monkeypatch.setattr(timezone, "now", lambda: now)


def happened(mailing_list, kind, *when: datetime) -> None:
    HistoryEntry.objects.bulk_create(
        HistoryEntry(
            mailing_list=mailing_list, kind=kind, how="test", at=timezone.make_aware(moment)
        )
        for moment in when
    )


def months_of(mailing_list, months=4):
    (counted,) = growth([mailing_list], months).values()
    return [(month.start.month, month.joined, month.left, month.on_list) for month in counted]


def test_each_month_has_who_came_who_went_and_who_was_there():
    bulletin, other = MailingListFactory.create_batch(2)
    SubscriptionFactory.create_batch(5, mailing_list=bulletin, confirmed=True)
    SubscriptionFactory(mailing_list=bulletin)
    SubscriptionFactory(mailing_list=bulletin, unsubscribed=True)
    SubscriptionFactory(mailing_list=other, confirmed=True)
    happened(bulletin, Kind.JOINED, datetime(2026, 1, 1), datetime(2026, 1, 31, 23, 59))
    happened(bulletin, Kind.JOINED, datetime(2026, 3, 31, 23), datetime(2025, 6, 1))
    happened(bulletin, Kind.LEFT, datetime(2026, 2, 1))
    for kind in (Kind.ASKED, Kind.WITHDREW, Kind.CHOSE):
        happened(bulletin, kind, datetime(2026, 2, 2))
    happened(other, Kind.LEFT, datetime(2026, 2, 2))
    # Three were there before, and one of them came before what is shown.
    assert months_of(bulletin) == [(12, 0, 0, 3), (1, 2, 0, 5), (2, 0, 1, 4), (3, 1, 0, 5)]


def test_a_list_without_anybody_has_months_of_nothing():
    assert months_of(MailingListFactory(), 2) == [(2, 0, 0, 0), (3, 0, 0, 0)]


def test_nobody_is_ever_less_than_nobody():
    mailing_list = MailingListFactory()
    happened(mailing_list, Kind.JOINED, datetime(2026, 3, 1), datetime(2026, 3, 2))
    assert months_of(mailing_list, 2) == [(2, 0, 0, 0), (3, 2, 0, 0)]


def test_the_chart_stands_in_proportion():
    mailing_list = MailingListFactory()
    SubscriptionFactory.create_batch(4, mailing_list=mailing_list, confirmed=True)
    happened(mailing_list, Kind.JOINED, *[datetime(2026, 3, 1)] * 2)
    happened(mailing_list, Kind.LEFT, datetime(2026, 2, 1))
    chart = chart_of(growth([mailing_list], 3)[mailing_list.pk])
    assert (chart.most, chart.most_change) == (4, 2)
    assert [bar.up for bar in chart.bars] == [0, 0, BARS_HEIGHT]
    assert [bar.down for bar in chart.bars] == [0, BARS_HEIGHT / 2, 0]
    heights = [float(point.split(",")[1]) for point in chart.line.split()]
    assert heights[2] == chart.line_top
    assert heights[0] == pytest.approx(chart.line_top + (chart.line_bottom - chart.line_top) / 4)
    assert chart.bars[2].words == "March 2026: 2 joined, 0 left, 4 on the list"


@pytest.mark.parametrize("months", [12, 24, 60])
def test_every_chart_has_a_table_that_says_the_same(staff, months):
    mailing_list = MailingListFactory(name="Bulletin & <more>")
    SubscriptionFactory.create_batch(3, mailing_list=mailing_list, confirmed=True)
    happened(mailing_list, Kind.JOINED, datetime(2026, 2, 1))
    body = staff.get(reverse("mailing-lists:growth"), {"months": months}).content.decode()
    assert "Bulletin &amp; &lt;more&gt;" in body
    rows = re.findall(r'<th scope="row">(\w+ \d{4})</th>(.*?)</tr>', body, re.DOTALL)
    table = [(month, re.findall(r">(\d+)</td>", cells)) for month, cells in rows]
    assert len(table) == months
    assert table[:3] == [
        ("March 2026", ["0", "0", "3"]),
        ("February 2026", ["1", "0", "3"]),
        ("January 2026", ["0", "0", "2"]),
    ]
    titles = re.findall(r"<title>(\w+ \d+): (\d+) joined, (\d+) left, (\d+) on", body)
    assert [(title[0], list(title[1:])) for title in reversed(titles)] == table


@pytest.mark.parametrize("months", ["", "0", "-1", "1000000", "x", "12\0"])
def test_an_unknown_period_is_the_usual_one(staff, months):
    MailingListFactory()
    page = staff.get(reverse("mailing-lists:growth"), {"months": months})
    assert page.content.decode().count("on the list</title>") == 24


def test_a_site_without_lists_says_so(staff):
    assert "There is no list yet." in text_of(staff.get(reverse("mailing-lists:growth")))


def test_the_lists_are_shown_with_their_last_year(staff):
    mailing_list = MailingListFactory()
    SubscriptionFactory.create_batch(2, mailing_list=mailing_list, confirmed=True)
    happened(mailing_list, Kind.JOINED, datetime(2026, 2, 1))
    page = staff.get(reverse("mailing-lists:index"))
    assert "From 1 to 2 within a year" in text_of(page)


def test_more_lists_take_no_more_queries(staff):
    counts = []
    for more in (1, 1, 20):  # The first request of a new site writes its settings.
        MailingListFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse("mailing-lists:growth"))
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 20
