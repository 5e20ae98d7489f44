"""What a file is, whatever it is called."""

import io
import struct
import tracemalloc
import zipfile

import pytest

from members.documents import word
from members.documents.checking import MOST_BYTES, check
from members.documents.refusing import Refused
from tests.factories.documents import docx, pdf, picture, png_that_says_it_is


def why_not(content):
    """The reason for which a file is refused."""
    with pytest.raises(Refused) as refused:
        check(io.BytesIO(content))
    return str(refused.value.why)


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (pdf(), "pdf"),
        (picture("JPEG"), "jpg"),
        (picture("PNG"), "png"),
        (docx(), "docx"),
        (pdf("about /Encrypt and passwords"), "pdf"),
        (picture("JPEG") + b"a depth map of a telephone" * 100, "jpg"),
        (docx({"word/theme/theme1.xml": "<a>" * 20_000}), "docx"),
    ],
)
def test_documents_and_pictures_are_taken_for_what_they_are(content, extension):
    stream = io.BytesIO(content)
    assert check(stream).extension == extension
    assert stream.tell() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"MZ\x90\0" + b"\0" * 500, "program for Windows"),
        (b"\x7fELF" + b"\0" * 500, "program"),
        (b"#!/bin/sh\nrm -rf /", "program"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><script>alert(1)</script>", "web page"),
        ("<svg/>".encode("utf-16"), "SVG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "password"),
        (b"{\\rtf1 Statutes}", "RTF"),
        (b"GIF89a" + b"\0" * 50, "GIF"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"Rar!\x1a\x07\0", "archive"),
        (b"plain words", "PDF"),
        (b"\n\n%PDF-1.4 not at the beginning", "PDF"),
    ],
)
def test_what_is_no_document_is_refused_with_what_it_is_and_what_to_do(content, words):
    assert words in why_not(content)


def test_a_file_above_ten_megabytes_is_refused():
    assert "10 MB" in why_not(pdf() + b"\n" * MOST_BYTES)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pdf()[:200], "damaged"),
        (b"%PDF-1.4\n%%EOF\n", "damaged"),
        (b"%PDF-9", "damaged"),
        (b"%PDF-1.4\nstartxref\n0\n%%EOF\n", "no pages"),
        (pdf(trailer=b"/Encrypt 5 0 R"), "protected"),
        (pdf(trailer=b"/Encrypt << /Filter /Standard >>"), "protected"),
        (pdf() + b"<html>" * 1000, "hidden"),
        (pdf() + docx(), "hidden"),
    ],
)
def test_a_pdf_that_is_not_whole_or_not_alone_is_refused(content, words):
    assert words in why_not(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (picture("JPEG", (400, 300))[:-2000], "damaged"),
        (picture("JPEG")[:100], "damaged"),
        (b"\xff\xd8\xff\xe0 not a picture", "damaged"),
        (picture("PNG")[:-20], "damaged"),
        (picture("PNG").replace(b"IDAT", b"IDAX"), "damaged"),
        (png_that_says_it_is(50_000, 50_000), "pixels"),
        (png_that_says_it_is(9_000, 9_000), "pixels"),
        (picture("PNG") + docx(), "hidden"),
        (picture("JPEG") + docx(), "hidden"),
        (picture("JPEG")[:20] + b"%PDF-1.4" + picture("JPEG")[20:], "hidden"),
    ],
)
def test_a_picture_that_is_not_whole_or_not_alone_or_a_bomb_is_refused(content, words):
    assert words in why_not(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (docx({"word/vbaProject.bin": b"\0"}), "macros"),
        (docx(more_types="application/vnd.ms-word.document.macroEnabled.main+xml"), "macros"),
        (docx({"word/activeX/activeX1.bin": b"\0"}), "macros"),
        (docx({"word/embeddings/oleObject1.bin": b"\0"}), "inside"),
        (docx({"word/media/setup.exe": b"\0"}), "inside"),
        (docx({"word/media/image1.png": b"MZ\x90\0 a program"}), "inside"),
        (docx({"word/media/image1.png": docx()}), "inside"),
        (docx(packing=zipfile.ZIP_BZIP2), "damaged"),
        (docx(packing=zipfile.ZIP_LZMA), "damaged"),
        (docx()[:-30], "damaged"),
        (docx() + b"more behind it", "hidden"),
        (b"PK\x03\x04", "damaged"),
        (docx({f"word/{number}.xml": "" for number in range(2100)}), "unpacks"),
    ],
)
def test_a_word_document_with_more_in_it_than_words_is_refused(content, words):
    assert words in why_not(content)


def test_a_zip_archive_is_no_word_document():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("statutes.pdf", pdf())
    assert "ZIP archive" in why_not(stream.getvalue())


def test_an_archive_behind_something_else_is_refused():
    content = docx()
    # Every offset in it is wrong now, and Python's zipfile would make up for it.
    assert "hidden" in why_not(b"PK\x03\x04 something else" + content)


def test_an_encrypted_part_is_refused():
    content = bytearray(docx())
    at = content.rfind(b"PK\x01\x02")  # The last part's entry in the directory.
    content[at + 8] |= 1
    assert "encrypted" in why_not(bytes(content))


def test_a_bomb_is_refused_before_it_has_unpacked():
    bomb = docx({"word/document2.xml": b"\0" * 300_000_000})
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    assert "unpacks" in why_not(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_many_parts_that_are_harmless_alone_are_a_bomb_together(monkeypatch):
    monkeypatch.setattr(word, "MOST_UNPACKED_BYTES", 3_000_000)
    parts = {f"word/{number}.xml": b"a" * 900_000 for number in range(4)}
    assert "unpacks" in why_not(docx(parts))


def test_a_header_that_lies_about_the_size_helps_no_bomb():
    bomb = bytearray(docx({"word/document2.xml": b"\0" * 20_000_000}))
    told = struct.pack("<L", 20_000_000)
    while (at := bomb.find(told)) >= 0:
        bomb[at : at + 4] = struct.pack("<L", 100)
    assert "damaged" in why_not(bytes(bomb))


def test_parts_that_share_their_bytes_are_refused():
    """A directory that names the same bytes many times: small, and huge when it is unpacked."""
    content = docx({"word/a.xml": "a" * 1000, "word/b.xml": "a" * 1000})
    directory = content.find(b"PK\x01\x02")
    entry_b = content.rfind(b"PK\x01\x02")
    entry_a = content.rfind(b"PK\x01\x02", directory, entry_b)
    same = bytearray(content)
    same[entry_b + 42 : entry_b + 46] = content[entry_a + 42 : entry_a + 46]
    assert "damaged" in why_not(bytes(same))
