"""Rich text as letters carry it: clean HTML, and plain text that reads well."""

import pytest

from newsletter.archive import excerpt, with_full_addresses
from newsletter.rich_text import WIDTH, columns, folded, letter_html, plain_text

COMMA = "\N{FULLWIDTH COMMA}"
LONG = "https://www.un.org/" + "a/very/long/address/" * 6


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ('<p data-block-key="x1">One <b>two</b></p>', "<p>One <strong>two</strong></p>"),
        ("<p>a &lt;b&gt; &amp; c</p>", "<p>a &lt;b&gt; &amp; c</p>"),
        (
            '<p><a href="https://a.example/?x=1&amp;y=2">x</a></p>',
            '<p><a href="https://a.example/?x=1&amp;y=2">x</a></p>',
        ),
        (
            '<p><a href="/contact/">x</a></p>',
            '<p><a href="http://testserver/contact/">x</a></p>',
        ),
        ('<p><a href="mailto:a@b.example">x</a></p>', '<p><a href="mailto:a@b.example">x</a></p>'),
        ("<p><a>gone</a></p>", "<p>gone</p>"),
        ('<p onclick="x()">a<script>b</script><span>c</span></p>', "<p>abc</p>"),
        ("<ul><li>a<br/>b</li></ul>", "<ul><li>a<br>b</li></ul>"),
    ],
)
def test_letters_keep_few_tags_and_only_the_address_of_links(source, html):
    assert letter_html(source) == html


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>Two &amp; three</p>", "One\n\nTwo & three"),
        ("<p>a<br/>b</p>", "a\nb"),
        ('<p>See <a href="https://a.example/">this</a>.</p>', "See this <https://a.example/>."),
        ('<p><a href="/contact/">Write</a></p>', "Write <http://testserver/contact/>"),
        ('<p><a href="https://a.example/">https://a.example/</a></p>', "https://a.example/"),
        ('<p><a href="mailto:a@b.example">a@b.example</a></p>', "a@b.example"),
        ("<p><a>gone</a></p>", "gone"),
        ("<ul><li>One</li><li>Two</li></ul><p>x</p>", "* One\n* Two\n\nx"),
        ("<ol><li>One</li><li>Two</li></ol>", "1. One\n2. Two"),
        ("<ul><li>One<ul><li>a</li></ul></li><li>Two</li></ul>", "* One\n- a\n* Two"),
        ("<ul><li></li><li>Two</li></ul>", "* Two"),
        ("<p> </p><p>x</p>", "x"),
        ("", ""),
    ],
)
def test_plain_text_says_all_that_the_html_does(source, text):
    assert plain_text(source) == text


def test_no_line_is_too_long_but_one_that_is_an_address():
    text = f"{'word ' * 60}\n\nRead it <{LONG}>, {'word ' * 40}"
    lines = folded(text).split("\n")
    assert f"<{LONG}>," in lines
    assert all(len(line) <= WIDTH for line in lines if "://" not in line)
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())


def test_lists_go_on_below_their_text_and_are_folded_once():
    text = folded(f"* {'one ' * 30}\n- {'two ' * 30}\n10. {'three ' * 20}")
    lines = text.split("\n")
    assert lines[0].startswith("* one")
    assert lines[1].startswith("  one")
    assert next(line for line in lines if "- two" in line).startswith("  - two")
    assert lines[lines.index(next(one for one in lines if "- two" in one)) + 1].startswith(
        "    two"
    )
    assert lines[-1].startswith("    three")
    assert folded(text) == text


def test_what_is_folded_already_and_the_signature_stay_as_they_are():
    text = "Short.\n\n-- \nSignature\nhttps://a.example/"
    assert folded(text) == text


def test_chinese_is_cut_anywhere_but_before_punctuation():
    text = f"保护责任{COMMA}" * 40
    lines = folded(text).split("\n")
    assert len(lines) > 3
    assert all(columns(line) <= WIDTH + 1 for line in lines)
    assert not any(line.startswith(COMMA) for line in lines)
    assert "".join(lines) == text


def test_the_excerpt_is_the_summary_or_else_the_first_words():
    assert excerpt('<div><p class="lead">What &amp; why</p><p>More</p></div>') == "What & why"
    assert excerpt("<div><h2>One</h2><p>Two &lt;b&gt;</p><p cla") == "One Two <b>"
    assert len(excerpt(f"<p>{'word ' * 200}</p>")) <= 240
    assert excerpt("") == ""


def test_readers_elsewhere_get_full_addresses():
    html = (
        '<a class="x" href="/a/">a</a><img alt="" src="/media/b.jpg"><a href="//c.example/">c</a>'
    )
    assert with_full_addresses(html) == (
        '<a class="x" href="http://testserver/a/">a</a>'
        '<img alt="" src="http://testserver/media/b.jpg"><a href="//c.example/">c</a>'
    )
    assert with_full_addresses('<a href="https://d.example/">d</a>') == (
        '<a href="https://d.example/">d</a>'
    )
