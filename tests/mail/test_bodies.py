"""What a letter says, as it is sent and as it arrives."""

import pytest

from icrtop.mail import sending
from icrtop.mail.services import Recipient, queue_message
from tests.mail.letters import delivery, part, read, written

TEXTS = {
    "short": "Hello",
    "empty lines": "\n\nHello\n\n\nWorld\n\n",
    "a long line": "x" * 5000,
    "a long line of words": "word " * 1000,
    "a long line of non-ASCII": "Grüße " * 800,
    "dots": ".\n..\n...\n.hidden\n. \n.\n",
    "trailing spaces": "a \nb\t\nc  \n \n\t\nd ",
    "equals signs": "a=b\n=\n==3D\n=20\n3=",
    "a mailbox's separator": "From here\n>From there\nFrom: nobody",
    "a signature": "Hello\n\n-- \nICRtoP\n",
    "like a boundary": "--\n--=_\n--=_0123--\n",
    "headers": "\nContent-Type: text/html\n\nBcc: other@example.org",
    "control characters": "a\x0bb\x0cc\x1bd\x7fe\x85f\u2028g",
    "Arabic": "المسؤولية عن الحماية\n" * 40,
    "Chinese": "保护的责任" * 500,
    "French": "Responsabilité de protéger, où qu'elle s'exerce\n" * 40,
    "symbols": "🕊 " * 300,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_arrives_as_it_was_written(text):
    letter = delivery(message__text=text, message__html=f"<pre>{text}</pre>")
    # Line ends at the very end are nothing that a reader could see.
    assert part(letter).rstrip("\n") == text.rstrip("\n")
    assert part(letter, "html").rstrip("\n") == f"<pre>{text}</pre>"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_also_where_its_lines_have_merge_fields(text):
    lines = [f"[[a]]{line}[[b]]" for line in text.split("\n")]
    letter = delivery(
        message__text="\n".join(lines), merge={"a": "[[b]] ", "b": text.replace("\n", " ")}
    )
    expected = "\n".join(
        line.replace("[[b]]", text.replace("\n", " ")).replace("[[a]]", "[[b]] ") for line in lines
    )
    assert part(letter).rstrip("\n") == expected.rstrip("\n")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_line_of_a_body_is_longer_than_76(text):
    letter = delivery(message__text=f"{text}\n[[value]]", merge={"value": text})
    body = written(letter).partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n")) <= 76


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_every_kind_of_line_end_is_one(line_end):
    text = line_end.join(["one", "two", "", "three [[value]]", "four"])
    letter = delivery(message__text=text, merge={"value": f"a{line_end}b"})
    assert part(letter).rstrip("\n") == "one\ntwo\n\nthree a\nb\nfour"


def test_a_mixture_of_line_ends():
    letter = delivery(message__text="a\r\nb\rc\nd\r\r\ne\n\rf")
    assert part(letter).rstrip("\n") == "a\nb\nc\nd\n\ne\n\nf"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TEXTS["Arabic"], "base64"),
        (TEXTS["Chinese"], "base64"),
        (TEXTS["French"], "quoted-printable"),
        (TEXTS["short"], "quoted-printable"),
        (TEXTS["a long line"], "quoted-printable"),
    ],
)
def test_base64_where_quoted_printable_would_take_more(text, encoding):
    letter = read(delivery(message__text=text, message__html=f"<p>{text}</p>"))
    for each in letter.iter_parts():
        assert each["Content-Transfer-Encoding"] == encoding
        assert each.get_content_charset() == "utf-8"


def test_plain_english_can_be_read_as_it_is_sent():
    content = written(delivery(message__text="Dear reader,\nthis is news.\n"))
    assert b"\r\nDear reader,\r\nthis is news.\r\n" in content


@pytest.mark.parametrize("language", ["Arabic", "Chinese", "French", "short"])
def test_values_of_any_script_in_a_letter_of_any_other(language):
    for value in TEXTS.values():
        value = value.replace("\n", " ")
        letter = delivery(message__text=f"{TEXTS[language]}[[value]]", merge={"value": value})
        assert part(letter).rstrip("\n") == f"{TEXTS[language]}{value}"


def test_values_are_escaped_in_html_and_not_in_text():
    value = "<script>alert(1)</script> & \"x\" 'y' [[value]]"
    letter = delivery(
        message__html='<a href="[[value]]">[[value]]</a>',
        message__text="[[value]]",
        merge={"value": value},
    )
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot; &#x27;y&#x27; [[value]]"
    assert part(letter, "html").rstrip("\n") == f'<a href="{escaped}">{escaped}</a>'
    assert part(letter).rstrip("\n") == value


def test_what_looks_like_a_field_stays_in_a_letter_without_values():
    letter = delivery(message__text="See [[name]]", message__subject="[[name]]", merge={})
    assert part(letter).rstrip("\n") == "See [[name]]"
    assert read(letter)["Subject"] == "[[name]]"


def test_numbers_and_truth_are_written_out():
    letter = delivery(message__text="[[a]] [[b]] [[c]]", merge={"a": 7, "b": 1.5, "c": True})
    assert part(letter).rstrip("\n") == "7 1.5 True"


@pytest.mark.django_db
def test_letters_come_through_a_mail_server_as_they_were_written(sink):
    for text in TEXTS.values():
        queue_message(
            to=Recipient("jo@example.org", merge={"value": text}),
            subject="Hello",
            purpose="test",
            html="<pre>[[value]]</pre>",
            text=f"{text}\n[[value]]",
        )
    sending.send_due()
    arrived = [
        received.letter.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip("\n")
        for received in sink.letters
    ]
    assert sorted(arrived) == sorted(f"{text}\n{text}".rstrip("\n") for text in TEXTS.values())
