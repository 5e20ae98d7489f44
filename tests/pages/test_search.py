"""The search: what it finds, how it narrows, and what it makes of odd questions."""

from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import PageViewRestriction

from icrtop.cache import _next_generation
from pages.models import (
    BackgroundPage,
    DevelopmentPage,
    PublicationPage,
    SectionPage,
    SituationPage,
)
from pages.search import MAX_LENGTH, clean, marked, words_of
from tests.pages.trees import add_page

pytestmark = pytest.mark.django_db


class Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.hrefs.append(dict(attrs).get("href") or "")


@pytest.fixture
def search(client, content):
    """Search as a visitor does; returns the answer of the site."""

    def ask(**query: str):
        answer = client.get(f"{reverse('search')}?{urlencode(query)}")
        assert answer.status_code == 200
        return answer

    return ask


def found(answer) -> list[str]:
    return [hit.page.title for hit in answer.context["hits"]]


def symbol(text: str) -> str:
    """The title of the publication that bears a symbol."""
    return PublicationPage.objects.get(symbols__symbol=text).title


@pytest.mark.parametrize(
    "query",
    [
        "Cote d'Ivoire",
        "Côte d'Ivoire",
        "CÔTE D\N{RIGHT SINGLE QUOTATION MARK}IVOIRE",
        "Co\N{COMBINING CIRCUMFLEX ACCENT}te d'Ivoire",
    ],
)
def test_accents_and_case_do_not_matter(query, search):
    assert found(search(q=query))[0] == "Côte d'Ivoire"


def test_an_accent_that_is_missing_on_the_page_is_found_too(search, home):
    add_page(home, SectionPage, "The elite of Cote", slug="elite")
    assert "The elite of Cote" in found(search(q="élite côte"))


@pytest.mark.parametrize("query", ["genocid", "responsib", "resoluti"])
def test_the_beginning_of_a_word_is_enough(query, search):
    assert search(q=query).context["results"].paginator.count > 3


@pytest.mark.parametrize("query", ["elite abidjan", "l'élite d'Abidjan", "ÉLIT", "abidj"])
def test_typographic_signs_part_words(query, search, home):
    add_page(
        home,
        SectionPage,
        "L\N{RIGHT SINGLE QUOTATION MARK}Élite d\N{RIGHT SINGLE QUOTATION MARK}Abidjan",
    )
    assert len(found(search(q=query))) == 1


def test_other_forms_of_a_word_are_found(search):
    assert "Côte d'Ivoire" in found(search(q="Côte protecting civilian"))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("A/63/677", "A/63/677"),
        ("a/63/677", "A/63/677"),
        ("a 63 677", "A/63/677"),
        ("A-63-677", "A/63/677"),
        ("63/677", "A/63/677"),
        ("S/RES/1674", "S/RES/1674"),
        ("s res 1674", "S/RES/1674"),
        ("1674", "S/RES/1674"),
        ("resolution 1674", "S/RES/1674"),
        ("1674 (2006)", "S/RES/1674"),
    ],
)
def test_symbols_are_found_as_they_are_spelt(query, wanted, search):
    assert found(search(q=query))[0] == symbol(wanted)


def test_a_situation_is_found_by_the_symbol_of_a_source(search, content):
    entry = next(
        one
        for page in SituationPage.objects.all()
        for one in page.timeline.all()
        if one.source_symbol.startswith("S/RES/")
    )
    number = entry.source_symbol.rpartition("/")[2]
    assert entry.situation.title in found(search(q=number, kind="situation"))


def test_titles_count_most(search):
    assert found(search(q="syria"))[0] == "Syria"


def test_words_are_marked_and_what_pages_hold_is_escaped(search, home):
    add_page(
        home,
        BackgroundPage,
        "Escaping",
        introduction="Both 1 < 2 & the unicorn \x02of\x03 Kigali <script>alert(1)</script>.",
    )
    answer = search(q="unicorn")
    assert "<mark>unicorn</mark>" in answer.text
    assert "<script>alert" not in answer.text
    assert "1 &lt; 2 &amp; the <mark>unicorn</mark>" in answer.text


def test_marks_are_made_of_what_postgresql_says():
    assert marked("a \x02b<\x03 c") == "a <mark>b&lt;</mark> c"
    assert marked("\x02a\x03\x02b\x03") == "<mark>a</mark><mark>b</mark>"
    assert marked("") == ""


class TestFilters:
    def test_kinds_are_counted(self, search):
        answer = search(q="genocide")
        counts = {option.value: option.count for option in answer.context["kinds"]}
        assert sum(counts.values()) == answer.context["results"].paginator.count
        for kind, number in counts.items():
            narrowed = search(q="genocide", kind=kind)
            assert narrowed.context["results"].paginator.count == number
            assert len(narrowed.context["hits"]) == min(number, 10)

    def test_kinds_narrow(self, search):
        answer = search(q="syria", kind="situation")
        assert found(answer) == ["Syria"]
        chosen = [option.value for option in answer.context["kinds"] if option.is_chosen]
        assert chosen == ["situation"]

    def test_countries_are_counted_and_narrow(self, search):
        answer = search(q="council")
        counts = {option.value: option.count for option in answer.context["countries"]}
        assert counts["SY"] > 1
        narrowed = search(q="council", country="SY")
        assert narrowed.context["results"].paginator.count == counts["SY"]
        assert len(narrowed.context["hits"]) == min(counts["SY"], 10)
        both = search(q="council", country="SY", kind="development")
        of_kind = {option.value: option.count for option in narrowed.context["kinds"]}
        assert both.context["results"].paginator.count == of_kind["development"]
        assert {hit.page.specific_class for hit in both.context["hits"]} == {DevelopmentPage}

    def test_a_publication_of_two_countries_counts_once_for_each(self, search, content):
        page = PublicationPage.objects.first()
        page.introduction = "Zanzibarium"
        page.countries = ["SY", "LY"]
        page.save()
        answer = search(q="zanzibarium")
        assert {one.value: one.count for one in answer.context["countries"]} == {"SY": 1, "LY": 1}
        assert answer.context["results"].paginator.count == 1

    @pytest.mark.parametrize(
        "odd", [{"kind": "nonsense"}, {"kind": "\x00"}, {"country": "ZZ"}, {"country": "sy' --"}]
    )
    def test_what_does_not_exist_is_ignored(self, odd, search):
        assert found(search(q="syria", **odd)) == found(search(q="syria"))

    def test_links_to_further_pages_keep_them(self, search):
        answer = search(q="responsibility", kind="publication")
        assert answer.context["results"].paginator.num_pages > 1
        further = [href for href in Links(answer.text).hrefs if "page=2" in href]
        assert further
        for href in further:
            assert "q=responsibility" in href
            assert "kind=publication" in href
        second = search(q="responsibility", kind="publication", page="2")
        assert not set(found(second)) & set(found(answer))


class TestOddQuestions:
    @pytest.mark.parametrize("query", ["", " ", "\x00", "\x00\x01\x02\t\n", "\u200b"])
    def test_an_empty_query_finds_nothing_and_says_nothing_of_results(self, query, search):
        answer = search(q=query)
        assert "results" not in answer.context
        assert answer.context["message"] == ""

    @pytest.mark.parametrize("query", ["x", "é", "!", "a b", "%", "' & |", "*", ":*", "\\"])
    def test_a_letter_alone_is_too_little(self, query, search):
        assert "two letters" in search(q=query).context["message"]

    @pytest.mark.parametrize(
        "query",
        [
            "'", "syria' | 'x", "(((syria", "syria:*", "!syria", "syria & | !", "\\syria\\",
            "sy\x00ria", "<b>syria</b>", "%syria%", "🕊 syria", "½ syria", "سوريا", "和平责任",
            "syria " * 40,
        ],
    )  # fmt: skip
    def test_no_sign_breaks_it(self, query, search):
        search(q=query)
        search(q=query, kind="situation", country="SY", page="2")

    def test_a_long_query_is_cut_and_that_is_said(self, search):
        query = "genocide " * 1112
        assert len(query) > 10_000
        answer = search(q=query)
        assert len(answer.context["query"]) <= MAX_LENGTH
        assert str(MAX_LENGTH) in answer.context["message"]
        assert found(answer)
        assert max(len(href) for href in Links(answer.text).hrefs) < 400

    def test_a_query_that_is_one_long_word_finds_nothing(self, search):
        assert found(search(q="z" * 10_000)) == []

    @pytest.mark.parametrize(
        "number", ["0", "-1", "99999", "abc", "", "9" * 5000, "\x00", "1.5", "²"]
    )
    def test_odd_page_numbers_show_some_page(self, number, search):
        assert found(search(q="responsibility", page=number))

    def test_when_nothing_is_found_close_titles_are_offered(self, search):
        answer = search(q="Darfoor")
        assert answer.context["is_close"]
        assert "Darfur (Sudan)" in found(answer)
        assert "Nothing was found" in answer.text

    def test_nothing_at_all(self, search):
        answer = search(q="xylophone quagga")
        assert found(answer) == []
        assert "Nothing was found" in answer.text

    def test_repeated_parameters(self, client, content):
        assert client.get("/search/?q=syria&q=&kind=situation&kind=x").status_code == 200

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_nothing_can_be_sent(self, method, client, content):
        assert getattr(client, method)("/search/").status_code == 405

    def test_query_is_understood_as_well_as_q(self, search):
        assert found(search(query="syria")) == found(search(q="syria"))


class TestWhatIsPublic:
    def test_drafts_are_not_found(self, search, home):
        page = add_page(home, SectionPage, "Hippocampus")
        assert found(search(q="hippocampus")) == ["Hippocampus"]
        page.unpublish()
        _next_generation()
        assert found(search(q="hippocampus")) == []

    def test_private_pages_and_what_is_below_them_are_not_found(self, search, home):
        parent = add_page(home, SectionPage, "Hippocampus")
        add_page(parent, BackgroundPage, "Hippocampus minor")
        assert len(found(search(q="hippocampus"))) == 2
        PageViewRestriction.objects.create(page=parent, restriction_type="login")
        _next_generation()
        assert found(search(q="hippocampus")) == []

    def test_notes_to_editors_are_not_found(self, search, content):
        page = PublicationPage.objects.first()
        page.internal_note = "Hippocampus"
        page.save()
        assert found(search(q="hippocampus")) == []


def test_search_engines_keep_away_and_the_title_says_what_is_shown(search):
    answer = search(q="syria")
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "<title>syria" in answer.text
    assert 'value="syria"' in answer.text


@pytest.mark.parametrize(
    "query",
    [
        {"q": "responsibility"},
        {"q": "council", "country": "SY", "kind": "development"},
        {"q": "Darfoor"},
        {},
    ],
)
def test_few_queries(query, search):
    search(**query)
    _next_generation()
    with CaptureQueriesContext(connection) as queries:
        search(**query)
    assert 0 < len(queries) <= 10, [one["sql"][:200] for one in queries]


def test_words():
    assert words_of("Côte d'Ivoire") == ["côte", "ivoire"]
    assert words_of("A/63/677") == ["63", "677"]
    assert words_of("x y") == ["x", "y"]
    assert words_of("pillar 3") == ["pillar", "3"]
    assert len(words_of(" ".join(f"w{n}" for n in range(50)))) == 12


def test_clean():
    assert clean("  a\x00b\t c\u200d ") == "a b c"
    assert clean("e\N{COMBINING ACUTE ACCENT}") == "é"
