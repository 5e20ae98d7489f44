"""Codes: how they are typed, how long they are good, how often they may be tried."""

import threading
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from wagtail.models import Locale, Page, Site

from icrtop.accounts.forms import EXPIRED, SPENT
from icrtop.breaker import redis_breaker
from icrtop.mail.composing import short_code
from tests.accounts.signing import (
    AMA,
    CODE,
    NEW_CODE,
    SIGN_IN,
    ask,
    code_in,
    is_signed_in,
    letters_to,
    type_code,
    wrong_for,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(client, content):
    """The code that the client's session waits for."""
    ask(client)
    return code_in(letters_to(AMA)[0])


def later(**how_much):
    then = timezone.now() + timedelta(**how_much)
    return patch("django.utils.timezone.now", lambda: then)


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code.replace(" ", ""),
        lambda code: f"  {code}\t",
        lambda code: "-".join(code.replace(" ", "")),
        lambda code: f"“{code}.”",
        lambda code: f"\u200f{code}\u00a0",
        lambda code: "".join(chr(0x660 + int(one)) for one in code.replace(" ", "")),
        lambda code: "".join(chr(0xFF10 + int(one)) for one in code.replace(" ", "")),
    ],
    ids=["bare", "spaces", "dashes", "quoted", "marks", "arabic", "fullwidth"],
)
def test_a_code_is_understood_however_it_is_typed(client, code, typed):
    assert type_code(client, typed(code)).status_code == 302
    assert is_signed_in(client)


@pytest.mark.parametrize("typed", ["", "1234", "123456789", "abcdefgh", "٤٨²¹7730", "4821x7730"])
def test_what_is_no_code_costs_no_try(client, code, typed):
    for _ in range(6):
        answer = type_code(client, typed)
        assert answer.status_code == 200
        assert "There is a problem" in answer.text
    assert type_code(client, code).status_code == 302


def test_a_wrong_code_says_how_many_tries_are_left(client, code):
    wrong = wrong_for(code)
    for left in (4, 3, 2):
        assert f"{left} tries are left" in type_code(client, wrong).text
    assert "1 try is left" in type_code(client, wrong).text
    assert type_code(client, code).status_code == 302


def test_after_five_wrong_codes_the_right_one_is_good_no_longer(client, code):
    for _ in range(4):
        type_code(client, wrong_for(code))
    fifth = type_code(client, wrong_for(code))
    assert str(SPENT) in fifth.text
    sixth = type_code(client, code)
    assert str(SPENT) in sixth.text
    assert 'name="code"' not in sixth.text
    assert NEW_CODE in sixth.text
    assert str(SPENT) in client.get(CODE).text
    assert not is_signed_in(client)


def test_a_new_code_has_tries_of_its_own(client, code):
    for _ in range(5):
        type_code(client, wrong_for(code))
    assert client.post(NEW_CODE).url == f"{CODE}?new"
    assert "The one before it is no longer good" in client.get(f"{CODE}?new").text
    new = code_in(letters_to(AMA)[-1])
    assert new != code
    assert type_code(client, new).status_code == 302


def test_only_the_latest_code_is_good(client, code):
    client.post(NEW_CODE)
    assert "not the code in our latest letter" in type_code(client, code).text


def test_a_code_is_good_for_fifteen_minutes(client, code):
    with later(minutes=14, seconds=50):
        assert type_code(client, code).status_code == 302


def test_a_code_that_has_expired_says_so_and_offers_another(client, code):
    with later(minutes=15, seconds=10):
        for answer in (type_code(client, code), client.get(CODE)):
            assert answer.status_code == 200
            assert str(EXPIRED) in answer.text
            assert 'name="code"' not in answer.text
            assert NEW_CODE in answer.text
        assert not is_signed_in(client)
        client.post(NEW_CODE)
        assert type_code(client, code_in(letters_to(AMA)[-1])).status_code == 302


def test_a_day_later_the_page_leads_to_the_beginning(client, code):
    with later(hours=25):
        assert type_code(client, code).url == f"{SIGN_IN}?lost"


def test_codes_are_eight_digits_that_follow_from_nothing_in_a_row():
    codes = [short_code(f"{number}", "code:test") for number in range(300)]
    assert all(len(one) == 9 and one.replace(" ", "").isdecimal() for one in codes)
    assert len(set(codes)) == 300
    assert short_code("1", "code:test") != short_code("1", "code:other")
    # Leading zeros are part of a code.
    assert any(one.startswith("0") for one in codes)


@pytest.fixture
def site(transactional_db):
    """A site to show pages of: the tests before may have left an empty database."""
    locale, _made = Locale.objects.get_or_create(language_code="en")
    root = Page.get_first_root_node() or Page.add_root(
        instance=Page(title="Root", slug="root", locale=locale)
    )
    Site.objects.get_or_create(
        is_default_site=True, defaults={"hostname": "testserver", "root_page": root}
    )


@pytest.mark.parametrize("redis_is", ["there", "away"])
def test_guesses_at_the_same_moment_are_all_counted(site, redis_is):
    if redis_is == "away":
        redis_breaker.trip()
    client = Client()
    ask(client)
    code = code_in(letters_to(AMA)[0])
    answers = []
    gate = threading.Barrier(8)

    def guess():
        browser = Client()
        browser.cookies.load(client.cookies.output(header=""))
        gate.wait()
        answers.append(type_code(browser, wrong_for(code)).text)
        close_old_connections()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("left" in answer for answer in answers) == 4
    assert sum(str(SPENT) in answer for answer in answers) == 4
    assert str(SPENT) in type_code(client, code).text
