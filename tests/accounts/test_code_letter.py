"""The letter with a code: nothing of it helps those who see its envelope, or the outbox, only."""

import json
import re

import pytest
from django.core import serializers
from django.urls import reverse

from icrtop.mail.erasing import erase_address
from icrtop.mail.models import Delivery, Message, Priority
from tests.accounts.signing import AMA, ask, code_in, letters_to, plain_text, type_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(client, content):
    ask(client)
    return letters_to(AMA)[0]


def forms_of(code):
    return (code, code.replace(" ", ""), code.replace(" ", "&nbsp;"))


def test_the_letter_goes_through_the_outbox_before_all_bulletins(letter):
    message = Message.objects.get()
    assert message.purpose == "accounts.code"
    assert message.priority == Priority.TRANSACTIONAL
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["To"] == AMA


def test_both_parts_have_the_code(letter):
    code = code_in(letter)
    assert code in letter.get_body(("html",)).get_content()
    assert "[[" not in plain_text(letter)


def test_a_locked_phone_does_not_show_the_code(letter):
    code = code_in(letter)
    html = letter.get_body(("html",)).get_content()
    shown = " ".join(re.sub(r"<[^>]+>", " ", html.partition("<body")[2].partition(">")[2]).split())
    assert code not in letter["Subject"]
    assert shown.index(code) > 200
    assert " ".join(plain_text(letter).split()).index(code) > 150


def test_the_letter_says_nothing_that_its_asker_chose(client, content):
    client.post(
        "/account/sign-in/?next=/win-a-prize/", {"email": AMA, "name": "Click evil.example"}
    )
    message = Message.objects.get()
    assert "prize" not in message.html + message.text
    assert "evil" not in message.html + message.text


def test_no_row_holds_the_code(client, letter):
    code = code_in(letter)
    rows = serializers.serialize("json", [*Message.objects.all(), *Delivery.objects.all()])
    for stored in (rows, json.dumps(dict(client.session))):
        assert not any(one in stored for one in forms_of(code))
        # Both know what it is made of.
        assert client.session["sign_in"]["number"] in stored


def test_staff_who_read_the_outbox_do_not_see_the_code(letter, administrator):
    code = code_in(letter)
    delivery = Delivery.objects.get()
    pages = [
        administrator.get(url).text
        for url in (
            reverse("outbox:index"),
            reverse("outbox:inspect", args=[delivery.pk]),
            reverse("messages:index"),
            reverse("messages:inspect", args=[delivery.message_id]),
        )
    ]
    assert all("Your code to sign in" in page for page in pages)
    assert not any(one in page for page in pages for one in forms_of(code))
    assert not any(delivery.merge["code"] in page for page in pages)
    assert "•••• ••••" in pages[1]


def test_every_try_to_send_the_letter_gives_the_same_code(letter):
    assert code_in(letters_to(AMA)[0]) == code_in(letter)


def test_who_knows_only_the_row_types_nothing_that_works(client, letter):
    number = Delivery.objects.get().merge["code"]
    for typed in (number, number[:8], str(int(number, 16) % 10**8).zfill(8)):
        assert type_code(client, typed).status_code == 200


def test_an_erased_address_takes_its_code_along(letter):
    erase_address(AMA, Message.objects.all())
    assert Delivery.objects.get().merge == {}
