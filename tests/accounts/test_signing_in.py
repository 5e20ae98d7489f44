"""One door for everybody: an address, a letter, a code."""

from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from tests.accounts.signing import (
    AMA,
    CODE,
    SIGN_IN,
    ask,
    code_in,
    is_signed_in,
    letters_to,
    plain_text,
    sign_in,
    type_code,
    wrong_for,
)
from tests.factories.accounts import account_of, signed_in

pytestmark = pytest.mark.django_db
User = get_user_model()


def test_a_stranger_signs_in_and_has_an_account(client, content):
    assert ask(client).url == CODE
    assert AMA in client.get(CODE).text
    answer = type_code(client, code_in(letters_to(AMA)[0]))
    assert answer.status_code == 302
    assert answer.url == "/account/"
    assert AMA in client.get("/account/").text
    user = User.objects.get()
    assert not user.has_usable_password()
    assert not user.is_staff
    assert EmailAddress.objects.get(user=user, verified=True, primary=True).email == AMA


def test_whoever_has_an_account_signs_in_to_it(client, content):
    user = account_of("Ama@Example.org")
    ask(client, "AMA@example.org")
    type_code(client, code_in(letters_to("Ama@example.org")[0]))
    assert client.session["_auth_user_id"] == str(user.pk)
    assert User.objects.count() == 1


def test_an_address_that_was_never_proved_leaves_no_account(client, content):
    ask(client)
    type_code(client, wrong_for(code_in(letters_to(AMA)[0])))
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()


def test_somebody_elses_address_lets_nobody_in(client, content):
    account_of(AMA)
    ask(client)
    code = code_in(letters_to(AMA)[0])
    thief = Client()
    ask(thief)
    assert "is not the code in our latest letter" in type_code(thief, code).text
    assert not is_signed_in(thief)


def test_a_code_opens_one_session_once(client, content):
    ask(client)
    code = code_in(letters_to(AMA)[0])
    before = client.session.session_key
    type_code(client, code)
    assert client.session.session_key != before
    client.post("/account/sign-out/")
    assert type_code(client, code).url == f"{SIGN_IN}?lost"
    assert not is_signed_in(client)


def test_a_double_click_does_not_say_that_something_is_wrong(client, content):
    ask(client, then="/contact/")
    code = code_in(letters_to(AMA)[0])
    sessionless = Client()
    sessionless.cookies.load(client.cookies.output(header=""))
    second = {}

    def type_twice(self, typed, real=None):
        # The first click is answered while the second waits for its turn.
        if not second:
            second["is"] = True
            type_code(sessionless, code)
        return original(self, typed)

    from icrtop.accounts.signing_in import SignIn

    original = SignIn.try_code
    with patch.object(SignIn, "try_code", type_twice):
        answer = type_code(client, code)
    assert is_signed_in(sessionless)
    assert answer.status_code == 302
    assert sessionless.get(answer.url).url == "/contact/"


def test_the_answer_is_the_same_for_every_address(content):
    account_of("known@example.org")
    account_of("closed@example.org", is_active=False)
    account_of("staff@example.org", is_staff=True)
    answers = set()
    for who in ("known", "unknown", "closed", "staff"):
        email = f"{who}@example.org"
        client = Client()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            asked = ask(client, email)
        page = client.get(CODE)
        letter = letters_to(email)[0]
        answers.add(
            (
                asked.status_code,
                asked.url,
                tuple(sorted(asked.headers)),
                tuple(sorted(asked.cookies)),
                len(queries),
                page.text.replace(email, "").replace(token_in(page), ""),
                letter["Subject"],
                plain_text(letter).replace(code_in(letter), ""),
            )
        )
    assert len(answers) == 1


def token_in(page):
    return page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def test_a_closed_account_says_so_to_its_owner_alone(client, content):
    account_of(AMA, is_active=False)
    answer = sign_in(client)
    assert answer.status_code == 403
    assert "This account is closed" in answer.text
    assert not is_signed_in(client)


def test_an_account_that_is_closed_is_out_at_once(client, content):
    sign_in(client)
    User.objects.update(is_active=False)
    assert client.get("/account/").url.startswith(SIGN_IN)


@pytest.mark.parametrize(
    ("then", "where"),
    [
        ("/contact/", "/contact/"),
        ("/contact/%3Fa%3D1%26b%3D2", "/contact/?a=1&b=2"),
        ("https://evil.example/", "/account/"),
        ("//evil.example/", "/account/"),
        ("/\\evil.example/", "/account/"),
        ("javascript:alert(1)", "/account/"),
        ("http://testserver/contact/", "http://testserver/contact/"),
    ],
)
def test_one_gets_to_where_one_wanted_and_nowhere_else(client, content, then, where):
    assert sign_in(client, then=then).url == where
    assert client.get(f"{SIGN_IN}?next={then}").url == where


def test_where_one_wanted_to_go_survives_a_new_code_and_another_address(client, content):
    ask(client, then="/contact/")
    client.post("/account/code/new/")
    page = client.get(CODE)
    assert f'href="{SIGN_IN}?next=%2Fcontact%2F"' in page.text
    other = client.get(f"{SIGN_IN}?next=%2Fcontact%2F")
    assert f'value="{AMA}"' in other.text
    assert sign_in(client, "other@example.org", then="/contact/").url == "/contact/"


def test_without_a_code_on_its_way_the_page_leads_to_the_beginning(client, content):
    assert client.get(CODE).url == f"{SIGN_IN}?lost"
    assert client.post("/account/code/new/").url == f"{SIGN_IN}?lost"
    assert "ask for one here" in client.get(f"{SIGN_IN}?lost").text


def test_signing_out_ends_the_session(content):
    client = signed_in(AMA)
    assert client.get("/account/sign-out/").status_code == 405
    assert client.post("/account/sign-out/").url == "/account/signed-out/"
    assert "You are signed out" in client.get("/account/signed-out/").text
    assert client.get("/account/").url == f"{SIGN_IN}?next=%2Faccount%2F"


def test_pages_of_an_account_are_kept_by_nobody(content):
    client = signed_in(AMA)
    for path, browser in (
        ("/account/", client),
        (SIGN_IN, Client()),
        ("/account/signed-out/", Client()),
    ):
        page = browser.get(path)
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]
        assert '<meta name="robots" content="noindex">' in page.text


def test_robots_are_told_to_stay_away(client, content):
    assert "Disallow: /account/\n" in client.get("/robots.txt").text


def test_a_robot_that_fills_every_field_sends_nothing(client, content):
    answer = client.post(SIGN_IN, {"email": AMA, "leave_this_empty": "x"})
    assert answer.url == CODE
    assert letters_to(AMA) == []


def test_the_field_for_the_code_is_known_to_phones(client, content):
    ask(client)
    page = client.get(CODE).text
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_change_password",
        "account_set_password",
        "account_email",
        "account_request_login_code",
    ],
)
def test_allauth_has_no_door_of_its_own(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("path", ["login", "signup", "password/reset", "password/change", "email"])
def test_there_is_nothing_where_allauth_usually_is(client, content, path):
    for where in (f"/account/{path}/", f"/accounts/{path}/"):
        assert client.get(where).status_code == 404
