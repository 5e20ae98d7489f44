"""Checking every row of a file, without changing anything but the file's own rows."""

import itertools
from collections.abc import Callable, Iterator

from django.db import connection
from django.utils.translation import gettext as _

from icrtop.mail.addresses import MAX_LENGTH, InvalidAddress, normalise
from icrtop.mail.headers import one_line
from icrtop.places.models import Country
from newsletter.imports import judging
from newsletter.imports.reading import Row, layout_of, rows_of
from newsletter.models.imports import ImportRow, SubscriberImport, Verdict
from newsletter.services.erasing import digests
from pages.models.publications import Language

type Report = Callable[[int, int], None]

COPY = """
COPY newsletter_importrow
    (batch_id, line, verdict, why, email, normalised, name, language, countries, digests)
FROM STDIN
"""
# Copied at a time.
ROWS = 5000
# Reading takes most of the time; the rest is comparing with who is known.
READING = 0.8
LONGEST_NAME = ImportRow._meta.get_field("name").max_length or 0

LANGUAGES = {str(name).casefold(): code for code, name in Language.choices} | {
    code: code for code in Language.values
}


class Mistake(ValueError):
    """What is wrong with a row; the message says it."""


def check(batch: SubscriberImport, content: bytes, report: Report) -> None:
    """Write a row with a verdict for each row of the file, and count them.

    In the caller's transaction. `report` is told how much is done, of how much. Raises
    UnreadableFile.
    """
    total = int(len(content) / READING)
    # Rows are ready before they are copied: meanwhile the server can do nothing else with us.
    for some in itertools.batched(_checked(batch, content), ROWS):
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for _read, values in some:
                copy.write_row(values)
        report(some[-1][0], total)
    report(len(content), total)
    judging.find_duplicates(batch)
    judging.judge(batch, [""])
    batch.counts = judging.count(batch)


def _checked(batch: SubscriberImport, content: bytes) -> Iterator[tuple[int, tuple[object, ...]]]:
    """For each row how many bytes are read, and what to copy."""
    countries = _countries()
    values: tuple[object, ...]
    for row in rows_of(content, layout_of(content)):
        email = row.cells.get("email", "").strip()
        try:
            normalised, name, language, codes = _values(row, email, batch.language, countries)
        except Mistake as mistake:
            shown = one_line(email)[:MAX_LENGTH]
            called = one_line(row.cells.get("name", ""))[:LONGEST_NAME]
            values = (Verdict.MALFORMED.value, str(mistake), shown, "", called, "", [], [])
        else:
            values = ("", "", email, normalised, name, language, codes, digests(normalised))
        yield row.read, (batch.pk, row.line, *values)


def _values(
    row: Row, email: str, language: str, countries: dict[str, str]
) -> tuple[str, str, str, list[str]]:
    """The address for comparison, the name, the language and the countries. Raises Mistake."""
    if row.mistake:
        raise Mistake(row.mistake)
    if not email:
        raise Mistake(_("There is no e-mail address."))
    if len(email) > MAX_LENGTH:  # With letters that are left out of domain names, it may pass.
        raise Mistake(_("The address is too long."))
    try:
        normalised = normalise(email)
    except InvalidAddress as error:
        raise Mistake(str(error)) from error
    name = one_line(row.cells.get("name", ""))
    if len(name) > LONGEST_NAME:
        raise Mistake(_("The name has more than %(most)d characters.") % {"most": LONGEST_NAME})
    return (
        normalised,
        name,
        _language(row.cells.get("language", "")) or language,
        _codes(row.cells.get("countries", ""), countries),
    )


def _language(typed: str) -> str:
    typed = typed.strip().casefold()
    if not typed:
        return ""
    # Of pt-BR or en_GB, the first part.
    code = LANGUAGES.get(typed) or LANGUAGES.get(typed[:2] if typed[2:3] in ("-", "_") else "")
    if not code:
        raise Mistake(
            _("“%(typed)s” is none of the languages: %(languages)s.")
            % {"typed": one_line(typed)[:30], "languages": ", ".join(Language.values)}
        )
    return code


def _codes(typed: str, countries: dict[str, str]) -> list[str]:
    codes = []
    for code in typed.replace(";", " ").replace(",", " ").upper().split():
        if code not in countries:
            raise Mistake(
                _("“%(code)s” is not the code of a country (ISO 3166-1).")
                % {"code": one_line(code)[:30]}
            )
        codes.append(countries[code])
    return list(dict.fromkeys(codes))


def _countries() -> dict[str, str]:
    """The key of each country, by its codes of two and of three letters."""
    pairs = Country.objects.order_by().values_list("code", "alpha3")
    return {code: key for key, alpha3 in pairs for code in (key, alpha3)}
