"""Reading a file of subscribers: comma-separated values as spreadsheets write them (RFC 4180)."""

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from icrtop.mail.headers import one_line

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 500_000

SEPARATORS = (",", ";", "\t")
# What a column may be called, in any case; each is read once.
COLUMNS = {
    "email": ("email", "e-mail", "mail", "email address", "e-mail address"),
    "name": ("name", "full name"),
    "language": ("language", "lang"),
    "countries": ("countries", "country"),
}
_NAMES = {name: column for column, names in COLUMNS.items() for name in names}


class UnreadableFile(ValueError):
    """A file of which nothing can be imported; the message says what to change."""


@dataclass(frozen=True)
class Layout:
    """How a file is written, and what its columns hold. An empty column is not read."""

    encoding: str
    separator: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row of the file: its first line, how many bytes are read, and its cells by column.

    Where `mistake` is not empty, the row could not be taken apart.
    """

    line: int
    read: int
    cells: dict[str, str] = field(default_factory=dict)
    mistake: str = ""


def check_file(content: bytes) -> Layout:
    """Look at the whole file, so that staff hear at once of what makes it useless.

    Raises UnreadableFile.
    """
    layout = layout_of(content)
    number = 0
    for number, _row in enumerate(rows_of(content, layout), start=1):
        if number > MOST_ROWS:
            raise UnreadableFile(
                _("The file has more than %(most)s rows. Please split it.")
                % {"most": f"{MOST_ROWS:,}"}
            )
    if not number:
        raise UnreadableFile(_("Below the names of the columns, the file has no rows."))
    return layout


def layout_of(content: bytes) -> Layout:
    """How a file is encoded and separated, by its first row. Raises UnreadableFile."""
    if not content.strip():
        raise UnreadableFile(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            _("The file has more than %(most)d MB. Please split it.")
            % {"most": MOST_BYTES // 1024 // 1024}
        )
    if b"\0" in content:
        raise UnreadableFile(
            _("This is not a text file. Please save the table as “CSV UTF-8” and choose that file.")
        )
    encoding = _encoding(content)
    headers = {each: _header(content, encoding, each) for each in SEPARATORS}
    if not any(headers.values()):
        raise UnreadableFile(
            _("The names of the columns cannot be read. Is a quotation mark not closed?")
        )
    # The separator by which most columns are known; one column alone needs none.
    separator = max(SEPARATORS, key=lambda each: len(_known(headers[each])))
    header = headers[separator]
    known = _known(header)
    for column in known:
        if known.count(column) > 1:
            raise UnreadableFile(
                _("Two columns stand for “%(column)s”. Please keep one.") % {"column": column}
            )
    if "email" not in known:
        raise UnreadableFile(_without_address(max(headers.values(), key=len)))
    return Layout(
        encoding=encoding,
        separator=separator,
        columns=tuple(_column(cell) for cell in header),
        ignored=tuple(one_line(cell)[:50] for cell in header if cell.strip() and not _column(cell)),
    )


def rows_of(content: bytes, layout: Layout) -> Iterator[Row]:
    """The rows below the header, empty ones left out. Raises UnreadableFile."""
    raw, lines = _lines(content, layout.encoding)
    reader = csv.reader(lines, delimiter=layout.separator, strict=True)
    header_seen = False
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            mistake = _what_is_wrong(error, line, reader.line_num)
            if not header_seen:
                raise UnreadableFile(mistake) from error
            yield Row(line, raw.tell(), mistake=mistake)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header_seen:
            yield _row(cells, layout, line, raw.tell())
        header_seen = True


def _row(cells: list[str], layout: Layout, line: int, read: int) -> Row:
    if any(cell.strip() for cell in cells[len(layout.columns) :]):
        mistake = _("There are more cells than names of columns. Is a quotation mark missing?")
        return Row(line, read, mistake=mistake)
    pairs = zip(layout.columns, cells, strict=False)
    return Row(line, read, {column: cell for column, cell in pairs if column})


def _lines(content: bytes, encoding: str) -> tuple[io.BytesIO, io.TextIOWrapper]:
    raw = io.BytesIO(content)
    # Without translating line ends: the reader knows them all, and cells may have some.
    return raw, io.TextIOWrapper(raw, encoding, newline="")


def _what_is_wrong(error: csv.Error, first: int, last: int) -> str:
    """A mistake of this row, or of the file: from a quotation mark on, rows are not told apart."""
    if "unexpected end of data" in str(error):
        raise UnreadableFile(
            _("A quotation mark that is opened in line %(line)d is never closed.") % {"line": first}
        ) from error
    if "field larger than field limit" in str(error):
        raise UnreadableFile(
            _(
                "A cell in line %(line)d has more than %(most)s characters. Is a quotation mark "
                "not closed?"
            )
            % {"line": first, "most": f"{csv.field_size_limit():,}"}
        ) from error
    if last > first:
        return _(
            "A quotation mark is not closed, or has something behind it that belongs to no cell: "
            "lines %(first)d to %(last)d are not told apart."
        ) % {"first": first, "last": last}
    return _("A closing quotation mark has something behind it that belongs to no cell.")


def _encoding(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise UnreadableFile(
        _("The letters of this file cannot be read. Please save the table as “CSV UTF-8”.")
    )


def _header(content: bytes, encoding: str, separator: str) -> list[str]:
    _raw, lines = _lines(content, encoding)
    reader = csv.reader(itertools.islice(lines, 1000), delimiter=separator, strict=True)
    try:
        return next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []


def _column(cell: str) -> str:
    return _NAMES.get(" ".join(cell.casefold().replace("_", " ").split()), "")


def _known(header: list[str]) -> list[str]:
    return [column for cell in header if (column := _column(cell))]


def _without_address(header: list[str]) -> str:
    found = ", ".join(f"“{one_line(cell)[:30]}”" for cell in header[:6] if cell.strip())
    if any("@" in cell for cell in header):
        return _(
            "The first row holds an address. It must hold the names of the columns, of which "
            "“email” must be one."
        )
    return _("No column is called “email”. The first row says: %(found)s.") % {"found": found}
