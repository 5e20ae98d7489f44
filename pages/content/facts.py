"""Pages made from dated facts: publications, developments, and the situations' timelines."""

from collections.abc import Iterator

from pages.content.sketch import HERE, Sketch, read_csv, read_toml
from pages.dates import display_partial_date
from pages.models import DevelopmentPage, PublicationPage
from pages.symbols import symbol_url

# What `checked` in core_documents.csv says, in words for editors.
CHECKED = {
    "checked": "Symbol, date and title were checked against the document.",
    "title checked": "The title was checked against the document; the date and the symbols were "
    "not. Please check them before you quote them.",
    "known": "Symbol, date and title are common knowledge and were not checked against the "
    "document. Please check them before you quote them.",
    "brochure": "Taken from the Coalition's brochure (about 2010), not from the document itself.",
}
SAMPLE = (
    "Sample entry, made up to show how the site works. It is not an assessment by the Coalition."
)
BODIES = {
    "ICISS": "International Commission on Intervention and State Sovereignty (ICISS)",
}


def read_publications(parent: str) -> Iterator[Sketch]:
    """The core documents, newest first; their summaries come from publications.toml."""
    summaries = read_toml(HERE / "publications.toml")
    rows = {(row["symbol"] or row["title"]): row for row in read_csv("core_documents.csv")}
    for slug, summary in summaries.items():
        row = rows.pop(summary.pop("document"))
        introduction = summary.pop("introduction")
        yield Sketch(
            f"{parent}/{slug}",
            PublicationPage,
            {
                "title": summary.pop("title", row["title"]),
                "kind": row["kind"],
                "issuing_body": BODIES.get(row["body"], row["body"]),
                "date": row["date"],
                "is_core": True,
                "internal_note": CHECKED[row["checked"]],
                "introduction": introduction,
                "search_description": describe(row["date"], introduction),
            },
            rows={"symbols": [{"symbol": symbol} for symbol in un_symbols(row)]},
            countries=summary.pop("countries", []),
            body=summary.pop("body", []),
        )
        if summary:
            raise ValueError(f"publications.toml, {slug}: nobody reads {sorted(summary)}")
    if rows:
        raise ValueError(f"publications.toml has no entry for {sorted(rows)}")


def un_symbols(row: dict[str, str]) -> list[str]:
    """The symbols of the United Nations that a document bears; what others number is none."""
    symbols = (row["symbol"], row["second_symbol"])
    return [symbol for symbol in symbols if symbol.startswith(("A/", "S/"))]


def read_developments(parent: str) -> Iterator[Sketch]:
    """The developments of developments.toml."""
    for slug, source in read_toml(HERE / "developments.toml").items():
        countries = source.pop("countries", [])
        body = source.pop("body", [])
        if symbol := source.pop("symbol", ""):
            source |= {"source_title": symbol, "source_url": symbol_url(symbol)}
        source["search_description"] = describe(source["date"], source["introduction"])
        yield Sketch(f"{parent}/{slug}", DevelopmentPage, source, body, {}, countries)


def describe(date: str, introduction: str) -> str:
    """What search engines are told of a dated page."""
    return f"{display_partial_date(date)}: {introduction}"


def with_facts(situation: Sketch) -> Sketch:
    """A situation's sketch, with the dated facts of situations.csv, and its assessments as samples.

    No assessment by the Coalition is known; whatever the content files hold of them is made up.
    """
    situation.rows["timeline"] = [
        {"date": row["date"], "text": row["text"], "source_symbol": row["symbol"]}
        for row in read_csv("situations.csv")
        if row["situation"] == situation.slug
    ]
    situation.rows["assessments"] = [
        {**sample, "is_sample": True, "summary": SAMPLE} for sample in situation.rows.pop("samples")
    ]
    return situation
