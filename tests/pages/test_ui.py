"""The small tags that present: addresses, statuses over time, menus."""

import datetime
from itertools import pairwise

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import Client, RequestFactory

from pages.models import Assessment, SituationPage, Status
from pages.templatetags import ui


def render(text: str, path: str = "/", **context: object) -> str:
    request = RequestFactory().get(path)
    return Template("{% load ui %}" + text).render(Context({"request": request, **context}))


class TestCanonicalAddress:
    @pytest.mark.parametrize(
        ("asked", "address"),
        [
            ("/situations/", "http://testserver/situations/"),
            ("/situations/?status=3&utm_source=x", "http://testserver/situations/"),
            ("/publications/?page=2&kind=report", "http://testserver/publications/?page=2"),
            ("/publications/?page=1", "http://testserver/publications/"),
            ("/publications/?page=x", "http://testserver/publications/"),
        ],
    )
    def test_has_no_query_but_a_later_page(self, asked: str, address: str) -> None:
        assert render("{% canonical_url %}", asked).replace("&amp;", "&") == address


class TestStatusStrip:
    def history(self, *assessments: tuple[int, Status]) -> list[Assessment]:
        return [
            Assessment(date=datetime.date(year, 1, 1), status=status)
            for year, status in sorted(assessments, reverse=True)
        ]

    def test_nothing_to_draw_of_one_assessment(self) -> None:
        assert ui.status_strip(self.history((2024, Status.MONITORING))) == {}

    def test_bars_follow_each_other_to_the_end(self) -> None:
        bars = ui.status_strip(
            self.history(
                (2020, Status.MONITORING), (2021, Status.SERIOUS_CONCERN), (2025, Status.CLOSED)
            )
        )["bars"]
        assert bars[0]["x"] == 0
        for one, after in pairwise(bars):
            assert one["x"] + one["width"] == after["x"]
        assert bars[-1]["x"] + bars[-1]["width"] == 1000
        assert [one["slug"] for one in bars] == ["monitoring", "concern", "closed"]
        assert bars[1]["height"] > bars[0]["height"] > bars[2]["height"]

    def test_statuses_are_named_gravest_first(self) -> None:
        html = render(
            "{% status_strip history %}",
            history=self.history((2020, Status.CLOSED), (2021, Status.CURRENT_CRISIS)),
        )
        assert html.index("Current crisis") < html.index("Closed")


class TestBadges:
    @pytest.mark.parametrize("status", Status)
    def test_a_status_has_its_word_and_a_shape(self, status: Status) -> None:
        html = render("{% status_badge status %}", status=status.value)
        assert str(status.label) in html
        assert "<svg" in html

    def test_never_assessed(self) -> None:
        assert "Not assessed" in render("{% status_badge status %}", status=None)


def test_page_numbers_are_shortened() -> None:
    paginator = Paginator(range(1000), 10)
    numbers = ui.page_numbers(paginator.page(50))
    assert numbers == [1, "…", 48, 49, 50, 51, 52, "…", 100]


def test_a_development_links_to_the_situations_in_its_countries(content: None) -> None:
    situation = SituationPage.objects.get(slug="libya")
    html = Client().get("/developments/all-necessary-measures-in-libya/").content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    assert f'href="{situation.url}"' in main


def test_the_menu_says_where_one_is(content: None) -> None:
    html = Client().get("/situations/libya/").content.decode()
    assert '<a href="/situations/" aria-current="true">' in html
    assert '<a href="/situations/" aria-current="page">' in Client().get("/situations/").text
