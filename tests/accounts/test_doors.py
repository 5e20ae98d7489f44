"""Where passwords are tried: a limited number of times, whoever tries, whosever they are."""

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse
from wagtail.models import PageViewRestriction

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
RIGHT = {"username": "someone@example.org", "password": "a long password"}
TOO_MANY = "Too many attempts to sign in"


@pytest.fixture
def someone(content):
    return get_user_model().objects.create_superuser(RIGHT["username"], RIGHT["password"])


def fail(client, number, **where):
    for tried in range(number):
        answer = client.post(LOGIN, {**RIGHT, "password": f"wrong {tried}"}, **where)
        assert answer.status_code == 200
        assert TOO_MANY not in answer.text


def test_guessing_ends_even_when_the_guess_is_right(client, someone):
    fail(client, 20)
    refused = client.post(LOGIN, RIGHT)
    assert refused.status_code == 200
    assert TOO_MANY in refused.text
    assert "_auth_user_id" not in client.session


def test_who_sends_another_header_is_the_same_client(client, someone):
    for number in range(20):
        client.post(
            LOGIN, {**RIGHT, "password": "x"}, headers={"X-Forwarded-For": f"9.9.9.{number}"}
        )
    refused = client.post(LOGIN, RIGHT, headers={"X-Forwarded-For": "9.9.9.99"})
    assert TOO_MANY in refused.text


def test_others_sign_in_meanwhile(client, someone):
    fail(client, 20)
    assert client.post(LOGIN, RIGHT, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_signing_in_rightly_is_not_counted(client, someone):
    for _ in range(22):
        assert client.post(LOGIN, RIGHT).status_code == 302
        client.logout()


def test_one_account_is_not_guessed_from_many_addresses(client, someone):
    for number in range(5):
        fail(client, 20, REMOTE_ADDR=f"192.0.2.{number}")
    refused = client.post(
        LOGIN, RIGHT | {"username": "SomeOne@example.org"}, REMOTE_ADDR="192.0.2.9"
    )
    assert TOO_MANY in refused.text


def test_there_is_no_second_door(client, content):
    answer = client.get("/_util/login/?next=/contact/")
    assert answer.status_code == 302
    assert answer.url == f"{LOGIN}?next=/contact/"


def test_new_passwords_are_sent_thrice_and_the_answer_stays_the_same(client, someone):
    answers = {
        client.post("/admin/password_reset/", {"email": email}).url
        for email in ["nobody@example.org", *[RIGHT["username"]] * 5]
    }
    assert len(answers) == 1
    assert len(mail.outbox) == 3


def test_the_password_of_a_page_is_not_guessed(client, home):
    page = home.get_children().get(slug="contact")
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type=PageViewRestriction.PASSWORD, password="open"
    )
    url = reverse("wagtailcore_authenticate_with_password", args=[restriction.pk, page.pk])
    for _ in range(20):
        guess = client.post(url, {"password": "wrong", "return_url": "/contact/"})
        assert guess.status_code == 200
    refused = client.post(url, {"password": "open", "return_url": "/contact/"})
    assert refused.status_code == 429
    assert "Too many attempts" in refused.text
    other = client.post(
        url, {"password": "open", "return_url": "/contact/"}, REMOTE_ADDR="192.0.2.7"
    )
    assert other.url == "/contact/"
