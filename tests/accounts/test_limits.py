"""How often codes are sent, whoever asks, for whomever."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from icrtop.accounts.forms import SignInForm
from icrtop.breaker import redis_breaker
from icrtop.mail.models import Delivery
from tests.accounts.signing import (
    AMA,
    CODE,
    NEW_CODE,
    ask,
    code_in,
    is_signed_in,
    letters_to,
    sign_in,
    type_code,
    wrong_for,
)
from tests.factories.accounts import account_of

pytestmark = pytest.mark.django_db

TOO_OFTEN_HERE = "too often from your connection"
TOO_OFTEN_THERE = "too often for this e-mail address"


def test_an_address_is_sent_ten_codes_in_an_hour_whoever_asks(content):
    for number in range(10):
        assert ask(Client(), REMOTE_ADDR=f"192.0.2.{number}").url == CODE
    refused = ask(Client(), REMOTE_ADDR="192.0.2.99")
    assert refused.status_code == 200
    assert TOO_OFTEN_THERE in refused.text
    assert len(letters_to(AMA)) == 10
    assert ask(Client(), "other@example.org", REMOTE_ADDR="192.0.2.99").url == CODE


def test_another_spelling_is_the_same_address(content):
    for number in range(10):
        ask(Client(), f"A.M.A+{number}@Example.org", REMOTE_ADDR=f"192.0.2.{number}")
    assert TOO_OFTEN_THERE in ask(Client(), REMOTE_ADDR="192.0.2.99").text


def test_a_client_asks_twenty_times_in_an_hour_for_whomever(content):
    for number in range(20):
        assert ask(Client(), f"someone{number}@example.org").url == CODE
    refused = ask(Client(), "one.more@example.org")
    assert TOO_OFTEN_HERE in refused.text
    assert letters_to("one.more@example.org") == []


def test_the_limit_is_the_same_for_those_who_have_an_account(content):
    account_of(AMA)
    for number in range(10):
        for email in (AMA, "unknown@example.org"):
            assert ask(Client(), email, REMOTE_ADDR=f"192.0.2.{number}").url == CODE
    pages = [
        ask(Client(), email, REMOTE_ADDR="192.0.2.99") for email in (AMA, "unknown@example.org")
    ]
    assert [TOO_OFTEN_THERE in page.text for page in pages] == [True, True]


def test_the_button_for_a_new_code_is_limited_too_and_says_so(client, content):
    ask(client)
    code = code_in(letters_to(AMA)[0])
    for _ in range(9):
        assert client.post(NEW_CODE).url == f"{CODE}?new"
        code = code_in(letters_to(AMA)[-1])
    refused = client.post(NEW_CODE)
    assert TOO_OFTEN_THERE in refused.text
    assert len(letters_to(AMA)) == 10
    # The latest one is still good.
    assert type_code(client, code).status_code == 302


def test_without_redis_codes_are_sent_and_taken(client, content):
    redis_breaker.trip()
    sign_in(client)
    assert is_signed_in(client)


def test_without_redis_a_code_has_five_tries(client, content):
    redis_breaker.trip()
    ask(client)
    code = code_in(letters_to(AMA)[0])
    for _ in range(5):
        type_code(client, wrong_for(code))
    type_code(client, code)
    assert not is_signed_in(client)


def test_without_redis_nobodys_mailbox_is_filled(content):
    redis_breaker.trip()
    with patch.object(SignInForm, "letters_per_day", 3):
        for _ in range(3):
            assert ask(Client()).url == CODE
        assert "Too many codes were sent to this address today" in ask(Client()).text
        assert len(letters_to(AMA)) == 3
        Delivery.objects.update(created=timezone.now() - timedelta(days=1, minutes=1))
        assert ask(Client()).url == CODE


def test_a_session_that_is_put_back_gives_no_more_tries(client, content):
    ask(client)
    code = code_in(letters_to(AMA)[0])
    untried = dict(client.session["sign_in"])
    for _ in range(5):
        type_code(client, wrong_for(code))
    session = client.session
    session["sign_in"] = untried
    session.save()
    assert "typed five times" in type_code(client, code).text
    assert not is_signed_in(client)


def test_what_is_refused_makes_no_account(content):
    for number in range(11):
        ask(Client(), REMOTE_ADDR=f"192.0.2.{number}")
    assert not get_user_model().objects.exists()
