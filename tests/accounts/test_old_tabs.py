"""A form from before somebody signed in anew: its token is an old one, and its text is not lost."""

import pytest
from django.test import Client

from tests.accounts import pages
from tests.accounts.signing import AMA, SIGN_IN, code_in, letters_to
from tests.factories.accounts import account_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.pages")]

EDIT = "/kept/edit/"
TYPED = {"title": "A title", "text": "A long text"}
HERE = {"Sec-Fetch-Site": "same-origin"}
NOTICE = "What you typed is below: check it and save."


@pytest.fixture
def browser(content):
    """A browser of which the site checks everything, signed in by a code."""
    pages.SAVED.clear()
    client = Client(enforce_csrf_checks=True)
    sign_in(client)
    return client


def token_on(client, path):
    text = client.get(path).text
    return text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def post(client, path, data, token, **headers):
    return client.post(path, {**data, "csrfmiddlewaretoken": token}, headers=headers)


def sign_in(client):
    post(client, SIGN_IN, {"email": AMA}, token_on(client, SIGN_IN))
    code = code_in(letters_to(AMA)[-1])
    post(client, "/account/code/", {"code": code}, token_on(client, "/account/code/"))
    assert "_auth_user_id" in client.session


def sign_in_anew(client):
    post(client, "/account/sign-out/", {}, token_on(client, "/account/"))
    sign_in(client)


def assert_nothing_was_taken(client, answer):
    assert answer.status_code == 403
    assert "The form was not accepted" in answer.text
    assert "kept_forms" not in client.session
    assert pages.SAVED == []


@pytest.mark.parametrize("path", [EDIT, "/kept/class/"])
def test_an_old_tab_leads_back_to_its_form_with_what_was_typed(browser, path):
    old = token_on(browser, path)
    sign_in_anew(browser)
    answer = post(browser, path, TYPED, old, **HERE)
    assert answer.status_code == 302
    assert answer.url == path
    assert pages.SAVED == []
    page = browser.get(path)
    assert NOTICE in page.text
    assert "A long text" in page.text


def test_then_it_is_saved_by_its_button(browser):
    old = token_on(browser, EDIT)
    sign_in_anew(browser)
    post(browser, EDIT, TYPED, old, **HERE)
    assert post(browser, EDIT, TYPED, token_on(browser, EDIT), **HERE).text == "saved"
    assert pages.SAVED == ["A long text"]


def test_an_old_tab_of_who_is_signed_out_leads_to_sign_in_first(browser):
    old = token_on(browser, EDIT)
    sign_in_anew(browser)
    post(browser, "/account/sign-out/", {}, token_on(browser, "/account/"))
    answer = post(browser, EDIT, TYPED, old, **HERE)
    assert browser.get(answer.url).url == f"{SIGN_IN}?next=%2Fkept%2Fedit%2F"
    sign_in(browser)
    assert "A long text" in browser.get(EDIT).text


def test_a_button_in_an_old_tab_does_nothing_but_lead_back(browser):
    old = token_on(browser, EDIT)
    sign_in_anew(browser)
    answer = post(browser, "/kept/button/", {}, old, **HERE, Referer=f"http://testserver{EDIT}one/")
    assert answer.url == f"{EDIT}one/"
    assert pages.SAVED == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://testserver"},
        {"Referer": "http://testserver/kept/edit/"},
        {},
    ],
)
def test_what_is_posted_from_elsewhere_is_not_kept(browser, headers):
    assert_nothing_was_taken(browser, post(browser, EDIT, TYPED, "a" * 64, **headers))


def test_a_browser_without_fetch_metadata_says_by_origin_where_it_posts_from(browser):
    old = token_on(browser, EDIT)
    sign_in_anew(browser)
    answer = post(browser, EDIT, TYPED, old, Origin="http://testserver")
    assert answer.url == EDIT


def test_a_browser_that_takes_no_cookies_is_told_so(content):
    client = Client(enforce_csrf_checks=True)
    answer = post(client, EDIT, TYPED, "a" * 64, **HERE)
    assert answer.status_code == 403
    assert "Allow cookies" in answer.text


def test_pages_that_take_nothing_up_answer_as_ever(browser):
    account_of(AMA)
    for path in (SIGN_IN, "/contact/", "/nowhere/"):
        assert_nothing_was_taken(browser, post(browser, path, TYPED, "a" * 64, **HERE))


def test_much_text_is_not_kept_and_nobody_says_that_it_is(browser):
    answer = post(browser, EDIT, {"text": "x" * 200_000}, "a" * 64, **HERE)
    assert answer.status_code == 413
    assert "nothing was saved" in answer.text
    assert "x" * 200_000 in answer.text
