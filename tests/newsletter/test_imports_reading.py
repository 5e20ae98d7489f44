"""What files of subscribers may look like, and what is said of those that cannot be read."""

import csv

import pytest

from newsletter.imports.reading import MOST_BYTES, UnreadableFile, check_file, layout_of, rows_of

HEADER = "email,name\r\n"


def read(content: bytes) -> list[tuple[int, dict[str, str], str]]:
    return [(row.line, row.cells, row.mistake) for row in rows_of(content, check_file(content))]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_of_all_spreadsheets_are_read(separator, end):
    rows = [["email", "name"], ["jo@example.org", "Jo"], ["kim@example.org", "Kim"]]
    content = end.join(separator.join(cells) for cells in rows).encode()
    assert read(content) == [
        (2, {"email": "jo@example.org", "name": "Jo"}, ""),
        (3, {"email": "kim@example.org", "name": "Kim"}, ""),
    ]


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252")],
)
def test_letters_with_accents_are_read_in_each_encoding(encoding, read_as):
    content = (HEADER + 'jo@example.org,"Zoë Müller, “Zo”"\r\n').encode(encoding)
    assert layout_of(content).encoding == read_as
    assert read(content) == [(2, {"email": "jo@example.org", "name": "Zoë Müller, “Zo”"}, "")]


def test_columns_are_known_by_several_names_in_any_order():
    layout = layout_of(b"Phone;  COUNTRY ;Full_Name;E-Mail Address;Lang;Phone\r\n1;;;;;\r\n")
    assert layout.columns == ("", "countries", "name", "email", "language", "")
    assert layout.ignored == ("Phone", "Phone")


def test_one_column_needs_no_separator():
    assert read(b"email\njo@example.org\n") == [(2, {"email": "jo@example.org"}, "")]


def test_cells_with_separators_quotes_and_line_ends_stay_whole():
    content = (HEADER + 'jo@example.org,"Jo ""the\r\nboss"", Dr"\r\nkim@example.org,K\r\n').encode()
    assert read(content) == [
        (2, {"email": "jo@example.org", "name": 'Jo "the\r\nboss", Dr'}, ""),
        (4, {"email": "kim@example.org", "name": "K"}, ""),
    ]


def test_empty_rows_are_no_rows_but_count_as_lines():
    content = b"\r\n,\r\nemail,name\r\n\r\n , \r\njo@example.org,Jo\r\n\r\n"
    assert read(content) == [(6, {"email": "jo@example.org", "name": "Jo"}, "")]


def test_a_short_row_has_empty_cells_at_its_end():
    assert read(b"email,name\njo@example.org\n") == [(2, {"email": "jo@example.org"}, "")]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("jo@example.org,Jo,more", "more cells than names"),
        ('jo@example.org,"Jo" Doe', "closing quotation mark"),
    ],
)
def test_a_row_that_cannot_be_taken_apart_spoils_no_other(row, says):
    content = f"{HEADER}a@example.org,A\r\n{row}\r\nb@example.org,B\r\n".encode()
    first, second, third = read(content)
    assert (first[1]["email"], third[1]["email"]) == ("a@example.org", "b@example.org")
    assert second[0] == 3
    assert says in second[2]


def test_rows_that_a_forgotten_quotation_mark_runs_together_are_named():
    content = (HEADER + 'a@example.org,"A\r\nb@example.org,"B"\r\nc@example.org,C\r\n').encode()
    first, second = read(content)
    assert "lines 2 to 3" in first[2]
    assert second[:2] == (4, {"email": "c@example.org", "name": "C"})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "names of the columns cannot be read"),
        (b"email,name\r\n", "no rows"),
        (b"email,name\r\n,\r\n", "no rows"),
        (b"jo@example.org,Jo\r\nkim@example.org,Kim\r\n", "must hold the names of the columns"),
        (b"address,name\r\njo@example.org,Jo\r\n", "“address”, “name”"),
        (b"email,Mail\r\na@example.org,b@example.org\r\n", "Two columns stand for “email”"),
        (b"email,name\r\njo@example.org,J\0o\r\n", "not a text file"),
        ("email,name\r\njo@example.org,Jo\r\n".encode("utf-16"), "not a text file"),
        (b"PK\x03\x04\x14\x00\x06\x00", "not a text file"),
        (b"email,name\r\njo@example.org,J\x81\xff\r\n", "cannot be read"),
        (b'email,name\r\na@example.org,A\r\nb@example.org,"B\r\n', "opened in line 3"),
        (b'"email,name\r\na@example.org,A\r\n', "quotation mark not closed"),
        (b"email,name\r\na@example.org," + b"x" * 10_000_000, "line 2 has more than 131,072"),
        (b"x" * 10_000_000, "names of the columns cannot be read"),
        (b"email\r\n" + b"," * 3_000_000 + b"\r\n", "no rows"),
        (b"email\r\n" + b"a@example.org\r\n" * 500_001, "more than 500,000 rows"),
        (b"email\r\n" + b"\r\n" * (MOST_BYTES // 2), "more than 20 MB"),
    ],
    ids=range(19),
)
def test_a_file_that_is_of_no_use_is_refused_with_what_to_change(content, says):
    with pytest.raises(UnreadableFile) as refused:
        check_file(content)
    assert says in str(refused.value)
    assert str(refused.value).isprintable()


def test_reading_leaves_the_limits_of_others_alone():
    before = csv.field_size_limit()
    check_file(b"email\r\na@example.org\r\n")
    assert csv.field_size_limit() == before
