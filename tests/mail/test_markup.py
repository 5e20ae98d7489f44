"""Which HTML is refused, and what is said about it."""

import re

import pytest

from icrtop.mail.headers import InvalidMessage
from icrtop.mail.letters import render_letter
from icrtop.mail.markup import check_html

WHOLE = """<!doctype html>
<html><head><meta charset="utf-8"><title>News</title><style>p > a { color: red }</style></head>
<body><table><tr><td><p>Hello<br>there<img src="x"><hr></td></tr></table></body></html>"""


@pytest.mark.parametrize(
    "html",
    [
        WHOLE,
        "",
        "no tags at all",
        "<p>one</p>\n<p>two</p>",
        "<p>one<p>two",
        "<ul><li>one<li>two</ul>",
        "<table><tr><td>one<td>two<tr><td>three</table>",
        "<table><thead><tr><th>a<tbody><tr><td>b</table>",
        "<dl><dt>a<dd>b</dl>",
        "<p>a <b>b <i>c</i></b></p>",
        "<br><br/><br />",
        "<img src='a>b' alt=\"<b>\">",
        "<a\n  href=x\n>y</a>",
        "<P>capitals</p>",
        "a < b, b > c & d &nbsp; &lt;b&gt;",
        "<!-- <b> --><p>x</p>",
        "<!--[if mso]><table><tr><td><![endif]-->x<!--[if mso]></td></tr></table><![endif]-->",
        "<![if !mso]>x<![endif]>",
        "<o:p></o:p>",
        "<svg><path d='x'/><g><circle r='1'/></g></svg>",
        "<p>x</p >",
        "<style>@media (max-width: 600px) { a > b { color: red } }</style>",
        '<p>[[name]]</p><a href="[[url]]">x</a>',
    ],
)
def test_html_whose_tags_fit_together_is_accepted(html):
    check_html(html)


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<b>x", "never closes the <b> of line 1"),
        ("<p>\n<div>\n<b>x</b>", "never closes the <div> of line 2"),
        ("<table><tr><td>x", "never closes the <table> of line 1"),
        ("<style>p{}", "never closes the <style> of line 1"),
        ("x\n<script>y", "never closes the <script> of line 2"),
        ("</b>", "</b> in line 1"),
        ("<p></p>\n\n</p>", "</p> in line 3"),
        ("<b>\n<i>x</b></i>", "</b> in line 2"),
        ("<p>x<div>y</p></div>", "</p> in line 1"),
        ("<ul><li>x</ol></ul>", "</ol> in line 1"),
        ("<DIV>x</SPAN>", "</span> in line 1"),
        ("one\n<a href='x'", "ends inside a tag, in line 2"),
        ('one\n\n<p title="two>three</p>', "ends inside a tag, in line 3"),
        ("<p>x</p", "ends inside a tag, in line 1"),
        ("<!-- x", "ends inside a tag, in line 1"),
        ("x\n<", "ends inside a tag, in line 2"),
        # Mail programs take it for the beginning of one, and what follows for its content.
        ("<p>x</p>\n<div/>", "<div> of line 2"),
    ],
)
def test_html_whose_tags_do_not_fit_together_is_refused_with_the_line_and_the_tag(html, says):
    with pytest.raises(InvalidMessage) as refusal:
        check_html(html)
    assert says in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_what_closes_the_wrong_tag_is_told_which_one_is_open():
    with pytest.raises(InvalidMessage, match=re.escape("<i>")):
        check_html("<b>\n<i>x</b></i>")


def test_a_very_deep_or_long_letter_is_no_trouble():
    check_html("<div>" * 5000 + "x" + "</div>" * 5000)
    check_html("<p>x</p>\n" * 50_000)
    with pytest.raises(InvalidMessage, match="of line 1"):
        check_html("<div>" * 5000 + "x" + "</div>" * 4999)


def test_our_own_letters_are_accepted():
    check_html(render_letter("base", {}).html)
