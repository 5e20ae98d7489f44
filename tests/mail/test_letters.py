"""Letters from templates: two forms, one language, styles that mail programs understand."""

import pytest
from django.template import TemplateDoesNotExist
from django.utils import translation

from icrtop.mail.letters import absolute, inline_css, render_letter, tidy_text


def test_a_path_becomes_an_address_of_this_site(settings):
    settings.BASE_URL = "https://icrtop.example"
    assert absolute("/contact/") == "https://icrtop.example/contact/"
    assert absolute("contact/") == "https://icrtop.example/contact/"
    assert absolute("https://other.example/x") == "https://other.example/x"


def test_both_forms_know_the_site_and_the_language(settings):
    settings.WAGTAIL_SITE_NAME = "R & P"
    settings.BASE_URL = "https://icrtop.example"
    letter = render_letter("base", {}, "fr")
    assert "R &amp; P" in letter.html
    assert "R & P\nhttps://icrtop.example/" in letter.text
    assert 'lang="fr"' in letter.html
    assert 'dir="ltr"' in letter.html


def test_a_language_that_is_written_from_right_to_left_says_so():
    letter = render_letter("base", {}, "ar")
    assert 'lang="ar"' in letter.html
    assert 'dir="rtl"' in letter.html


def test_without_a_language_it_is_that_of_the_request_and_nothing_else_changes():
    with translation.override("fr"):
        assert 'lang="fr"' in render_letter("base", {}).html
        assert 'lang="en"' in render_letter("base", {}, "en").html
        assert translation.get_language() == "fr"


def test_values_are_escaped_in_html_and_not_in_text():
    letter = render_letter("base", {"site_name": "<b>\"'&"})
    assert "&lt;b&gt;&quot;&#x27;&amp;" in letter.html or "&lt;b&gt;\"'&amp;" in letter.html
    assert letter.text.startswith("<b>\"'&\n")


def test_a_template_that_is_not_there_is_an_error():
    with pytest.raises(TemplateDoesNotExist):
        render_letter("no-such-letter", {})


def test_styles_are_on_the_elements_and_those_for_dark_screens_stay():
    html = inline_css(
        "<html><head><style>.a { color: red } @media (prefers-color-scheme: dark) "
        "{ .a { color: blue !important } }</style></head>"
        '<body><p class="a">x</p></body></html>'
    )
    assert 'style="color: red' in html
    assert "@media (prefers-color-scheme: dark)" in html


def test_nothing_is_fetched_from_the_network(monkeypatch):
    """The tests' own guard refuses a connection to another machine; this one is to none at all."""
    html = inline_css(
        '<html><head><link rel="stylesheet" href="http://127.0.0.1:1/x.css"></head>'
        "<body><p>x</p></body></html>"
    )
    assert "<p>x</p>" in html


@pytest.mark.parametrize(
    ("rendered", "tidy"),
    [
        ("Hello", "Hello\n"),
        ("\n\n  Hello\n\n\n\n\n   there  \n\n", "Hello\n\nthere\n"),
        ("Hello\n--\nICRtoP", "Hello\n-- \nICRtoP\n"),
        ("Hello\n  --   \nICRtoP", "Hello\n-- \nICRtoP\n"),
        ("a -- b\n---\n--x", "a -- b\n---\n--x\n"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree\n"),
        ("", "\n"),
    ],
)
def test_what_template_tags_leave_behind_is_removed(rendered, tidy):
    assert tidy_text(rendered) == tidy
