"""The headers of a letter, whatever people have typed into the fields that they are made of."""

import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from icrtop.mail.composing import Blueprint
from icrtop.mail.headers import InvalidMessage, check_headers, one_line
from tests.mail.letters import (
    WRITTEN,
    delivery,
    header,
    header_lines,
    mailbox,
    part,
    read,
    shown,
    written,
)

STRANGE_NAMES = [
    "Jo Blow",
    'Jo "the Boss" Blow',
    "Blow, Jo",
    "Jo \\ Blow",
    "ends in a backslash\\",
    '"',
    "Jo <other@example.org>",
    "other@example.org",
    "Jo (a comment)",
    "Jo; Kim: Lee",
    "J. O. Blow",
    "Jo Müller",
    "Müller, Jo",
    'Jo "Ü" Blow',
    "Łukasz Żółć",
    "محمد بن عبد الله",
    "王小明",
    "🕊 Jo 🕊",
    "e\u0301 combined",
    "\u202eoJ ot morf",
    "Jo\u00a0Blow",
    "A" * 200,
    "Jo " * 66 + "Jo",
    "é" * 200,
    "é " * 99 + "é",
    "中" * 200,
    '"' * 200,
    "=?utf-8?q?Jo?=",
    "=?utf-8?b?Sm8=?= Blow",
    "=?utf-8?q?Jo?= Müller",
    "=?",
    "[[name]]",
]


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_a_display_name_reads_as_it_was_typed_and_hides_no_address(name):
    letter = delivery(address="jo@example.org", name=name)
    assert mailbox(written(letter), "To") == (one_line(name), "jo@example.org")
    assert [each.addr_spec for each in read(letter)["To"].addresses] == ["jo@example.org"]


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_so_does_the_name_of_the_sender(name):
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    letter = delivery(message__sender=f'"{quoted}" <info@icrtop.example>')
    shown_name, address = mailbox(written(letter), "From")
    assert (one_line(shown_name), address) == (one_line(name), "info@icrtop.example")
    assert [each.addr_spec for each in read(letter)["From"].addresses] == ["info@icrtop.example"]


@pytest.mark.parametrize("text", [*STRANGE_NAMES, "a" * 200, "ü" * 200, "x <y> z", "Ü <é> Ü <é>"])
def test_a_subject_reads_as_it_was_typed(text):
    fixed = delivery(message__subject=text)
    assert shown(written(fixed), "Subject") == one_line(text)
    merged = delivery(message__subject="Re: [[what]].", merge={"what": text})
    assert shown(written(merged), "Subject") == one_line(f"Re: {text}.")


LONGEST = f"{'l' * 64}@{'d' * 61}.{'d' * 61}.{'d' * 61}.org"


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("Jo.Blow+news@example.org", "Jo.Blow+news@example.org"),
        ('"Jo..Blow"@example.org', '"Jo..Blow"@example.org'),
        ('"jo@home"@example.org', '"jo@home"@example.org'),
        ("jo@bücher.example", "jo@xn--bcher-kva.example"),
        ("jo@مثال.إختبار", "jo@xn--mgbh0fb.xn--kgbechtv"),
        ("jo@[192.0.2.1]", "jo@[192.0.2.1]"),
        (LONGEST, LONGEST),
        ("o'brien/!#$%&*=?^_`{|}~@example.org", "o'brien/!#$%&*=?^_`{|}~@example.org"),
    ],
)
def test_every_kind_of_address_that_can_be_written_to(address, sent_to):
    for name in ("", "Jo", "Jo Müller"):
        letter = delivery(address=address, normalised=address.lower(), name=name)
        to = header(written(letter), "To").decode()
        assert to.endswith(f" <{sent_to}>") if name else to == sent_to


@pytest.mark.parametrize(
    "address",
    [
        *("", "jo", "jö@example.org", "jo@example.org\r\nBcc: other@example.org"),
        *("Jo <jo@example.org>", "jo@example.org, kim@example.org", "jo\u2028@example.org"),
        *("jo@" + "é" * 62 + ".org", "l" * 400 + "@example.org", "jo\0@example.org"),
    ],
)
def test_an_address_that_no_letter_can_carry_is_refused_with_a_reason(address):
    letter = delivery(address=address)
    with pytest.raises(ValueError, match=r"\.$"):
        Blueprint(letter.message).letter(letter)


@pytest.mark.parametrize(
    "sender", ["The Coalition", "", "info", "info@icrtop.example\r\nBcc: x@example.org", "ö@x.org"]
)
def test_a_sender_that_cannot_be_one_is_refused_with_a_reason(sender):
    with pytest.raises(ValueError, match=r"\.$"):
        Blueprint(delivery(message__sender=sender).message)


BREAKS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\0", "\r\n\r\n", "\n "]


@pytest.mark.parametrize("line_break", BREAKS)
def test_no_value_can_add_a_header(line_break):
    """Also of what came into the tables past the checks."""
    evil = f"x{line_break}Bcc: other@example.org{line_break}"
    letter = delivery(
        name=evil,
        merge={"value": evil, "key": evil},
        message__subject=f"{evil} [[value]]",
        message__headers={"X-Note": evil, "X-Merged": "[[value]]", "Reply-To": evil},
        message__signed={"key": "test"},
        message__text="[[key]]",
    )
    content = written(letter)
    names = [line.partition(b":")[0] for line in header_lines(content) if line[:1] != b" "]
    assert sorted(names) == sorted(
        [
            *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version"),
            *(b"Content-Type", b"X-Note", b"X-Merged", b"Reply-To"),
        ]
    )


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("a \x01 b", "a b"),
        (" \x02 a\x03\t\x04\x05 ", "a"),
        ("\x01\x02 \x03 \x04", ""),
        ("a\x1c\x1d\x1e\x1fb", "a b"),
        ("a\0b", "ab"),
        ("a\u3000\u00a0b\x85", "a b"),
    ],
)
def test_a_header_has_single_spaces_only(typed, line):
    assert one_line(typed) == line


def test_the_address_to_unsubscribe_at_stays_in_one_piece():
    web = "https://icrtop.example/leave/" + "x" * 270 + "/"
    headers = {
        "List-Unsubscribe": "<"
        + web.replace("x" * 270, "[[token]]")
        + ">, <mailto:leave@x.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    merged = delivery(message__headers=headers, merge={"token": "x" * 270})
    fixed = delivery(message__headers={"List-Unsubscribe": f"<{web}>, <mailto:leave@x.example>"})
    for content in (written(merged), written(fixed)):
        assert header(content, "List-Unsubscribe").decode() == f"<{web}>, <mailto:leave@x.example>"
        assert any(f"<{web}>," in line.decode() for line in header_lines(content))


@pytest.mark.parametrize(
    "name", ["Bulletin", "Ré", "Responsibility to protect, every week " * 3, "é" * 100]
)
def test_the_name_of_a_list_may_be_of_any_kind_its_address_stays(name):
    content = written(delivery(message__headers={"List-Id": f"{name} <bulletin.icrtop.example>"}))
    assert header(content, "List-Id").endswith(b" <bulletin.icrtop.example>")


def test_a_header_that_no_server_need_take_is_refused():
    """998 characters without a space to cut the line at."""
    letter = delivery(
        message__headers={"List-Unsubscribe": "<https://[[x]]>"}, merge={"x": "x" * 998}
    )
    with pytest.raises(ValueError, match=r"\.$"):
        Blueprint(letter.message).letter(letter)


def test_a_long_word_in_a_subject_is_no_reason_to_refuse_it():
    letter = delivery(message__subject="[[x]]", merge={"x": "x" * 2000})
    assert shown(written(letter), "Subject") == "x" * 2000


def test_lines_with_encoded_words_are_no_longer_than_mail_programs_must_take():
    """RFC 2047, 2: 76 characters, with the header's name."""
    letter = delivery(name="é" * 100, message__subject="é" * 100, message__sender="é <a@b.example>")
    for line in header_lines(written(letter)):
        assert b"=?" not in line or len(line) <= 76, line


def test_the_usual_headers():
    letter = read(delivery(message__sender="ICRtoP <info@icrtop.example>"))
    assert letter["From"] == "ICRtoP <info@icrtop.example>"
    assert parsedate_to_datetime(letter["Date"]) == WRITTEN
    assert letter["Date"].endswith("+0000")
    assert letter["MIME-Version"] == "1.0"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in letter.iter_parts()] == ["text/plain", "text/html"]


def test_the_date_is_the_one_that_the_letter_was_scheduled_for():
    scheduled = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
    letter = read(delivery(message__scheduled_for=scheduled))
    assert parsedate_to_datetime(letter["Date"]) == scheduled


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Bcc", "x@example.org"), ("BCC", "x@example.org"), ("To", "x"), ("from", "x")),
        *(("Subject", "x"), ("Message-Id", "x"), ("Content-Type", "x"), ("CONTENT-X", "x")),
        *(("Return-Path", "x"), ("Mime-Version", "2"), ("Date", "x"), ("Sender", "x")),
        *(("", "x"), ("X Note", "x"), ("X-Note:", "x"), ("X-Ü", "x"), ("X\r\nBcc", "x")),
        *(("X" * 77, "x"), ("1X", "x")),
        *(("X-Note", f"a{line_break}b") for line_break in BREAKS),
    ],
)
def test_a_header_that_is_not_the_callers_to_set_is_refused_by_name(name, value):
    with pytest.raises(InvalidMessage, match=re.escape(repr(name))):
        check_headers({name: value})


def random_text(source: random.Random, length: int) -> str:
    """Characters of every kind, and those that mean something in a header or in HTML."""
    kinds = [
        lambda: source.choice(" \t\r\n\"\\<>()[],;:@=?_.-&'%"),
        lambda: chr(source.randrange(0x20, 0x7F)),
        lambda: chr(source.randrange(0x01, 0x20)),
        lambda: chr(source.randrange(0xA0, 0x800)),
        lambda: chr(source.randrange(0x4E00, 0x9FFF)),
        lambda: chr(source.randrange(0x1F300, 0x1FAFF)),
        lambda: source.choice("\u200b\u200f\u202e\u2028\u2029\ufeff\u0301\x85\x7f"),
        lambda: " " + source.choice(["word", "слово", "كلمة"]) + " ",
    ]
    few = source.sample(kinds, source.randrange(1, len(kinds)))
    return "".join(source.choice(few)() for _ in range(length))


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_values_the_letter_is_well_formed_and_reads_as_typed(seed):
    source = random.Random(seed)  # noqa: S311 no secret
    name, subject, value, note, text = (
        random_text(source, source.choice([1, 10, 60, 80, 200])) for _ in range(5)
    )
    subject, note, text = (each.replace("[[", "[") for each in (subject, note, text))
    letter = delivery(
        name=name,
        merge={"value": value},
        message__subject=f"{subject}: [[value]]",
        message__headers={"X-Note": note},
        message__text=f"{text}[[value]]",
    )
    content = written(letter)
    assert mailbox(content, "To")[0] == one_line(name)
    assert shown(content, "Subject") == one_line(f"{subject}: {value}")
    assert shown(content, "X-Note") == one_line(note)
    typed = f"{text}{value}".replace("\r\n", "\n").replace("\r", "\n")
    assert part(letter).rstrip("\n") == typed.rstrip("\n")
