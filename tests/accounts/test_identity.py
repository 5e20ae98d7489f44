"""Whose address is whose: proved by a code in this session, and by nothing else."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group
from django.test import Client

from icrtop.accounts.identity import verified_address
from tests.accounts.signing import (
    AMA,
    SIGN_IN,
    ask,
    code_in,
    is_signed_in,
    letters_to,
    sign_in,
    type_code,
)
from tests.factories.accounts import account_of, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.pages")]

WHO = "/kept/who/"
PASSWORD = "a long password"
User = get_user_model()


@pytest.fixture
def editor_account(content):
    """Somebody of staff, with a password, who may sign in to the admin."""
    user = User.objects.create_user("editor@example.org", PASSWORD)
    user.groups.add(Group.objects.get(name="Editors"))
    return user


def by_password(user):
    client = Client()
    client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert is_signed_in(client)
    return client


def test_who_has_signed_in_by_a_code_has_an_address(client, content):
    sign_in(client, "Ama@example.org")
    assert client.get(WHO).text == "ama@example.org"


def test_visitors_have_none(client):
    assert client.get(WHO).text == "nobody"
    assert verified_address(AnonymousUser()) is None


def test_an_account_alone_has_none():
    assert verified_address(account_of(AMA)) is None


def test_an_address_that_is_not_verified_counts_for_nothing():
    client = signed_in(AMA)
    assert client.get(WHO).text == AMA
    EmailAddress.objects.update(verified=False)
    assert client.get(WHO).text == "nobody"


def test_a_password_proves_no_address(editor_account):
    client = by_password(editor_account)
    assert client.get(WHO).text == "nobody"
    assert client.get("/account/").url == f"{SIGN_IN}?next=%2Faccount%2F"


def test_whoever_sets_a_password_for_an_account_is_not_its_owner(content):
    owner = Client()
    sign_in(owner)
    user = User.objects.get()
    user.set_password(PASSWORD)
    user.save()
    assert by_password(user).get(WHO).text == "nobody"
    assert owner.get(WHO).text == "nobody"


def test_whoever_gives_their_account_another_address_does_not_become_its_owner(editor_account):
    editor = Client()
    sign_in(editor, editor_account.email)
    assert editor.get(WHO).text == "editor@example.org"
    editor_account.email = AMA
    editor_account.save()
    # Neither at once, nor when the owner of that address signs in.
    assert editor.get(WHO).text == "nobody"
    owner = Client()
    sign_in(owner)
    assert owner.get(WHO).text == AMA
    assert editor.get(WHO).text == "nobody"
    # Nor with the password, which is still theirs, nor by the address that they had before.
    editor_account.refresh_from_db()
    assert by_password(editor_account).get(WHO).text == "nobody"
    again = Client()
    sign_in(again, "editor@example.org")
    assert again.get(WHO).text == "editor@example.org"
    assert again.session["_auth_user_id"] != str(editor_account.pk)


def test_an_account_is_known_by_one_address_only(content):
    user = account_of("old@example.org")
    User.objects.filter(pk=user.pk).update(email="new@example.org")
    client = Client()
    sign_in(client, "new@example.org")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert list(EmailAddress.objects.values_list("email", "verified")) == [
        ("new@example.org", True)
    ]


def test_an_address_that_moved_to_another_account_is_proved_there(content):
    old = account_of(AMA)
    User.objects.filter(pk=old.pk).update(email="renamed@example.org")
    client = Client()
    sign_in(client)
    assert client.get(WHO).text == AMA
    assert client.session["_auth_user_id"] != str(old.pk)


def test_staff_sign_in_to_the_admin_by_a_code(client, editor_account):
    page = client.get("/admin/login/?next=/admin/reports/")
    assert f'href="{SIGN_IN}?next=%2Fadmin%2Freports%2F"' in page.text
    assert f'href="{SIGN_IN}?next=%2Fadmin%2F"' in client.get("/admin/login/").text
    assert sign_in(client, editor_account.email, then="/admin/").url == "/admin/"
    assert client.get("/admin/").status_code == 200
    editor_account.refresh_from_db()
    assert editor_account.check_password(PASSWORD)


def test_an_account_made_by_a_code_does_not_open_the_admin(client, content):
    sign_in(client)
    assert client.get("/admin/").status_code == 302


def test_an_account_made_by_a_code_has_no_password_to_guess_or_reset(client, content):
    sign_in(client)
    visitor = Client()
    for password in ("", "!", PASSWORD):
        visitor.post("/admin/login/", {"username": AMA, "password": password})
    assert not is_signed_in(visitor)
    visitor.post("/admin/password_reset/", {"email": AMA})
    assert len(letters_to(AMA)) == 1


def test_who_is_in_the_admin_by_a_password_proves_the_address_without_leaving_it(editor_account):
    client = by_password(editor_account)
    page = client.get(SIGN_IN)
    assert "signed in to the administration as editor@example.org" in page.text
    assert 'value="editor@example.org"' in page.text
    ask(client, editor_account.email, then="/kept/who/")
    assert client.get("/admin/").status_code == 200
    answer = type_code(client, code_in(letters_to(editor_account.email)[0]))
    assert client.get(answer.url).text == "editor@example.org"
    assert client.get("/admin/").status_code == 200


def test_who_signs_in_as_somebody_else_leaves_nothing_of_the_first(editor_account):
    client = by_password(editor_account)
    session = client.session
    session["secret"] = "of the editor"
    session.save()
    sign_in(client)
    assert client.get(WHO).text == AMA
    assert "secret" not in client.session
    assert client.get("/admin/").status_code == 302


def test_a_session_lasts_two_weeks_and_one_of_a_visitor_a_day(client, content):
    ask(client)
    assert client.session.get_expiry_age() == 24 * 60 * 60
    type_code(client, code_in(letters_to(AMA)[0]))
    assert client.session.get_expiry_age() == 14 * 24 * 60 * 60
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def test_a_code_letter_to_staff_goes_to_the_address_of_the_account(client, editor_account):
    ask(client, "EDITOR@example.org")
    assert len(letters_to("editor@example.org")) == 1
    assert letters_to("EDITOR@example.org") == []
