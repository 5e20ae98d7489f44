"""Search over every public page: PostgreSQL full text on the index that Wagtail keeps.

The index holds, for each page, its title and its text in the configuration `icrtop` (English word
stems, accents folded) and a list of words for completion in the configuration `simple` (as they are
written). All three are searched as one, so that `genocid`, `responsib` and `1674` find something.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.search import (
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVectorField,
)
from django.db import models
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Exact
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail.models import Page
from wagtail.query import PageQuerySet

from icrtop.places.models import Country
from pages.models import BasePage
from pages.models.base import without_private

CONFIG = "icrtop"
MAX_LENGTH = 200
MAX_WORDS = 12
# What a word counts for, in the order of PostgreSQL's classes D, C, B and A: Wagtail sorts the
# fields of a page into them by their boost, the title into C.
WEIGHTS = [0.1, 0.6, 0.8, 1.0]
# What of a title counts as nearly what was asked for, as pg_trgm measures it: 1 is the same.
SIMILAR_ENOUGH = 0.45
# Neither can be typed; what a page holds of them is escaped like all its text.
MARK, UNMARK = "\x02", "\x03"

Label = str | Promise


def clean(text: str) -> str:
    """What was typed, in composed form and without control characters, at whatever length."""
    printable = "".join(" " if unicodedata.category(one)[0] == "C" else one for one in text)
    return unicodedata.normalize("NFC", " ".join(printable.split()))


def words_of(query: str) -> list[str]:
    """The words to look for, at most MAX_WORDS; a symbol such as A/63/677 is three words.

    A letter alone (as in Côte d'Ivoire or A/63/677) says too little, and counts only if there is
    no other word.
    """
    words = list(dict.fromkeys(re.findall(r"[^\W_]+", query.lower())))
    telling = [word for word in words if len(word) > 1 or word.isdigit()]
    return (telling or words)[:MAX_WORDS]


def text_query(words: list[str]) -> SearchQuery:
    """All the words, of which those of three letters or more may be beginnings of longer ones.

    The words hold letters and digits alone; that makes it safe to write them as they are.
    """
    terms = [
        f"('{word}' | '{word}':*)" if len(word) > 2 and not word.isdigit() else f"'{word}'"
        for word in words
    ]
    return SearchQuery(" & ".join(terms), search_type="raw", config=CONFIG)


@cache
def kinds() -> dict[str, tuple[Label, tuple[type[BasePage], ...]]]:
    """The kinds that pages are sorted into, by name: a label, and the page types of that kind."""
    table: dict[str, tuple[Label, tuple[type[BasePage], ...]]] = {}
    for model in apps.get_models():
        if issubclass(model, BasePage):
            name, label = model.search_kind
            table[name] = (label, (*table.get(name, (label, ()))[1], model))
    return table


@cache
def country_fields() -> list[tuple[type[BasePage], str]]:
    """The page types that refer to countries, each with the name of the field that does."""
    return [
        (model, one.name)
        for _label, types in kinds().values()
        for model in types
        for one in model._meta.get_fields()
        if one.related_model is Country and not one.auto_created
    ]


def kind_of(content_type_id: int) -> str:
    """The name of the kind that pages of a content type belong to."""
    model = ContentType.objects.get_for_id(content_type_id).model_class()
    return model.search_kind[0] if model and issubclass(model, BasePage) else ""


def marked(text: str) -> SafeString:
    """HTML of a headline from PostgreSQL: escaped, and the words that were found in <mark>."""
    parts = re.split(f"{MARK}([^{UNMARK}]*){UNMARK}", text)
    pairs = zip(parts[::2], [*parts[1::2], ""], strict=True)
    return format_html_join(
        "",
        "{}{}",
        ((plain, format_html("<mark>{}</mark>", word) if word else "") for plain, word in pairs),
    )


class Everything(models.Func):
    """All that the index holds of a page: title, text, and words for completion."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = SearchVectorField()

    def __init__(self) -> None:
        columns = ("title", "body", "autocomplete")
        super().__init__(*(models.F(f"index_entries__{column}") for column in columns))


def folded(text: models.F | models.Value) -> Lower:
    """Text in small letters without accents."""
    return Lower(models.Func(text, function="unaccent", output_field=models.TextField()))


def public_pages() -> PageQuerySet:
    """Every page that a visitor may find."""
    types = [model for _label, models_of_kind in kinds().values() for model in models_of_kind]
    return without_private(Page.objects.live().filter(content_type__in=type_ids(types)))


def type_ids(types: Iterable[type[models.Model]]) -> list[int]:
    return [one.pk for one in ContentType.objects.get_for_models(*types).values()]


@dataclass(frozen=True)
class Option:
    """One choice of a filter, and how many of the pages found it would leave."""

    value: str
    label: Label
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Hit:
    """A page that was found, as the list of results shows it."""

    page: Page
    kind: Label
    excerpt: SafeString


class Search:
    """The public pages that hold all the words of a query, and how they spread.

    `query` is what `clean` gives. `kind` and `country` (ISO 3166-1 alpha-2) narrow what is found;
    one that does not exist is ignored.
    """

    def __init__(self, query: str, kind: str = "", country: str = "") -> None:
        self.query = query
        self.words = words_of(query)
        self.kind = kind if kind in kinds() else ""
        code = country if re.fullmatch("[A-Z]{2}", country) else ""
        self.country = code if code and Country.objects.filter(code=code).exists() else ""

    @property
    def is_telling(self) -> bool:
        """Whether there is more to look for than single letters."""
        return any(len(word) > 1 or word.isdigit() for word in self.words)

    @cached_property
    def tsquery(self) -> SearchQuery:
        return text_query(self.words)

    @cached_property
    def found(self) -> PageQuerySet:
        """What was found, the best first."""
        # The page that is called what was asked for comes before those that only speak of it.
        is_called_so = Exact(folded(models.F("title")), folded(models.Value(self.query)))
        rank = SearchRank("vector", self.tsquery, weights=WEIGHTS) + models.F(
            "index_entries__title_norm"
        ) * SearchRank("index_entries__title", self.tsquery, weights=WEIGHTS)
        found = self._matches(self.kind, self.country)
        return found.order_by(is_called_so.desc(), rank.desc(), "-pk")

    def close(self) -> PageQuerySet:
        """Pages whose titles come close to the query, the closest first: for when none is found."""
        likeness = models.Func(
            folded(models.Value(self.query)),
            folded(models.F("title")),
            function="word_similarity",
            output_field=models.FloatField(),
        )
        pages = public_pages().annotate(likeness=likeness).filter(likeness__gte=SIMILAR_ENOUGH)
        return pages.order_by("-likeness", "-pk")

    def hits(self, pages: PageQuerySet) -> list[Hit]:
        """Pages as the list of results shows them, with an excerpt around the words."""
        headline = SearchHeadline(
            "index_entries__body_text",
            self.tsquery,
            config=CONFIG,
            start_sel=MARK,
            stop_sel=UNMARK,
            max_fragments=2,
            max_words=32,
            min_words=18,
            fragment_delimiter=" … ",
        )
        return [
            Hit(page, kinds()[kind_of(page.content_type_id)][0], marked(page.headline))
            for page in pages.annotate(headline=headline)
        ]

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """How many matches each kind has in the chosen country, and each country of the kind.

        One query; keys are `kind` and `country`.
        """
        of_kind = self._matches(self.kind, "").values("pk")
        rows = [_counted(self._matches("", self.country), "kind", "content_type_id")]
        for model, name in country_fields():
            about = model.objects.filter(pk__in=of_kind).exclude(**{name: None})
            rows.append(_counted(about, "country", name))
        counts = {"kind": Counter[str](), "country": Counter[str]()}
        for facet, value, number in rows[0].union(*rows[1:], all=True):
            counts[facet][kind_of(int(value)) if facet == "kind" else value] += number
        return counts

    @property
    def total(self) -> int:
        """How many pages were found."""
        of_kinds = self.counts["kind"]
        return of_kinds[self.kind] if self.kind else of_kinds.total()

    def kind_options(self) -> list[Option]:
        """The kinds among the matches, in a fixed order."""
        counts = self.counts["kind"]
        return [
            Option(name, label, counts[name], name == self.kind)
            for name, (label, _types) in kinds().items()
            if counts[name] or name == self.kind
        ]

    def country_options(self) -> list[Option]:
        """The countries that the matches refer to, by name."""
        counts = self.counts["country"]
        codes = {*counts, self.country} - {""}
        countries = Country.objects.filter(code__in=codes) if codes else Country.objects.none()
        return [
            Option(one.code, one.name, counts[one.code], one.code == self.country)
            for one in countries
        ]

    def _matches(self, kind: str, country: str) -> PageQuerySet:
        """What holds the words; an empty kind or country stands for all of them."""
        found = public_pages().annotate(vector=Everything()).filter(vector=self.tsquery)
        if kind:
            found = found.filter(content_type__in=type_ids(kinds()[kind][1]))
        if country:
            about = models.Q()
            for model, name in country_fields():
                about |= models.Q(pk__in=model.objects.filter(**{name: country}).values("pk"))
            found = found.filter(about)
        return found


def _counted(pages: PageQuerySet, facet: str, name: str) -> PageQuerySet:
    """Rows of the facet's name, each value of a field as text, and how many pages have it."""
    return (
        pages.order_by()
        .annotate(facet=models.Value(facet), value=Cast(name, models.TextField()))
        .values("facet", "value")
        .annotate(number=models.Count("pk"))
        .values_list("facet", "value", "number")
    )
