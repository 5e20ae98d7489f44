"""What was typed is not lost when a session ends: it is kept, and shown again, unsaved."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from icrtop.accounts.keeping import MOST_BYTES
from tests.accounts import pages
from tests.accounts.signing import AMA, SIGN_IN, sign_in
from tests.factories.accounts import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.pages")]

EDIT = "/kept/edit/"
TYPED = {"title": "A title", "text": "Two lines\nof <text>", "ticked": ["a", "c"]}
NOTICE = "What you typed is below: check it and save."


@pytest.fixture(autouse=True)
def saved(content):
    """What the pages have saved in this test."""
    pages.SAVED.clear()
    return pages.SAVED


def assert_shows_what_was_typed(page):
    assert NOTICE in page.text
    assert 'value="A title"' in page.text
    assert "Two lines\nof &lt;text&gt;" in page.text
    assert page.text.count("checked") == 2
    assert "There is a problem" not in page.text


@pytest.mark.parametrize("path", [EDIT, "/kept/class/"])
def test_a_form_sent_without_a_session_is_there_after_signing_in(client, path, saved):
    answer = client.post(path, TYPED)
    assert answer.status_code == 302
    assert answer.url == f"{SIGN_IN}?next={path.replace('/', '%2F')}"
    back = sign_in(client, then=path)
    assert_shows_what_was_typed(client.get(back.url))
    assert saved == []


def test_it_is_shown_once(client):
    client.post(EDIT, TYPED)
    sign_in(client)
    client.get(EDIT)
    assert NOTICE not in client.get(EDIT).text
    assert "kept_forms" not in client.session


def test_what_is_wrong_with_it_is_said_when_it_is_shown(client):
    client.post(EDIT, TYPED | {"title": "Far too long a title"})
    sign_in(client)
    page = client.get(EDIT)
    assert NOTICE in page.text
    assert "Far too long a title" in page.text
    assert "There is a problem" in page.text


def test_a_page_that_needs_somebody_leads_to_sign_in_and_back(client):
    assert client.get(f"{EDIT}?a=1").url == f"{SIGN_IN}?next=%2Fkept%2Fedit%2F%3Fa%3D1"
    assert client.get("/kept/decorated/").url == f"{SIGN_IN}?next=%2Fkept%2Fdecorated%2F"
    assert "no-store" in signed_in(AMA).get(EDIT)["Cache-Control"]


def test_a_form_is_shown_on_its_own_page_only(client):
    client.post(f"{EDIT}one/", TYPED)
    sign_in(client)
    assert NOTICE not in client.get(f"{EDIT}two/").text
    assert_shows_what_was_typed(client.get(f"{EDIT}one/"))


def test_the_token_and_files_are_not_kept(client):
    upload = SimpleUploadedFile("statutes.pdf", b"%PDF-1.7 text of the statutes")
    client.post(EDIT, TYPED | {"upload": upload, "csrfmiddlewaretoken": "a" * 64})
    kept = client.session["kept_forms"][EDIT]
    assert "csrf" not in kept["typed"]
    assert "PDF" not in kept["typed"]
    sign_in(client)
    assert "Choose your files again." in client.get(EDIT).text


def test_a_button_leads_back_to_the_page_it_was_on(client, saved):
    answer = client.post(
        "/kept/button/", {"who": "1"}, headers={"Referer": f"http://testserver{EDIT}one/?a=1"}
    )
    assert answer.url == f"{SIGN_IN}?next=%2Fkept%2Fedit%2Fone%2F%3Fa%3D1"
    assert saved == []


@pytest.mark.parametrize(
    "referrer",
    [
        "https://evil.example/kept/edit/",
        "http://testserver.evil.example/kept/edit/",
        "//evil.example/kept/edit/",
        "http://testserver/contact/",
        "http://testserver/nowhere/",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_page_elsewhere_is_not_led_back_to(client, referrer):
    answer = client.post(EDIT, TYPED, headers={"Referer": referrer})
    assert answer.url == f"{SIGN_IN}?next=%2Fkept%2Fedit%2F"


def test_what_is_too_long_to_be_kept_is_not_said_to_be(client):
    answer = client.post(EDIT, {"title": "<b>", "text": "x" * MOST_BYTES})
    assert answer.status_code == 413
    assert "nothing was saved" in answer.text
    # It is there to be copied: with no session, going back leads to signing in.
    assert ">&lt;b&gt;</textarea>" in answer.text
    assert f">{'x' * MOST_BYTES}</textarea>" in answer.text
    assert "kept_forms" not in client.session


def test_of_many_forms_the_oldest_makes_room(client):
    third = MOST_BYTES // 3 + 1
    for name in ("one", "two", "three"):
        client.post(f"{EDIT}{name}/", {"text": name[0] * third})
    assert list(client.session["kept_forms"]) == [f"{EDIT}two/", f"{EDIT}three/"]


def test_a_robot_does_not_fill_the_database(content):
    for _ in range(60):
        assert Client().post(EDIT, TYPED).status_code == 302
    client = Client()
    refused = client.post(EDIT, TYPED)
    assert refused.status_code == 429
    assert not client.session.keys()


def test_a_day_later_nothing_is_kept(client):
    client.post(EDIT, TYPED)
    then = timezone.now() + timedelta(hours=23)
    with patch("django.utils.timezone.now", lambda: then):
        sign_in(client)
    later = timezone.now() + timedelta(hours=25)
    with patch("django.utils.timezone.now", lambda: later):
        assert NOTICE not in client.get(EDIT).text


def test_signing_out_forgets_what_was_kept(content):
    client = signed_in(AMA)
    client.post("/account/sign-out/")
    client.post(EDIT, TYPED)
    sign_in(client)
    client.post("/account/sign-out/")
    sign_in(client, "other@example.org")
    assert NOTICE not in client.get(EDIT).text
