"""What is the same on every try of a letter, and what is each recipient's own."""

import re

import pytest

from icrtop.mail.composing import Blueprint, merge_fields, sign
from tests.mail.letters import delivery, header, read, written


def test_every_try_gives_the_same_bytes():
    letter = delivery(
        name="Jo Müller",
        merge={"name": "Jo", "key": 7},
        message__subject="For [[name]]",
        message__text="Dear [[name]], leave by [[key]]",
        message__signed={"key": "test"},
    )
    assert written(letter) == written(letter)


@pytest.mark.django_db
def test_also_in_another_process_that_reads_the_letter_from_the_database():
    from icrtop.mail.models import Delivery
    from icrtop.mail.services import Recipient, queue_message

    message = queue_message(
        to=Recipient("Jo@bücher.example", "Jo", {"name": "é", "key": "7"}),
        subject="For [[name]]",
        purpose="test",
        html="<p>[[key]]</p>",
        text="[[key]]",
        signed={"key": "test"},
    )
    first, second = (
        Delivery.objects.select_related("message").get(message=message) for _ in range(2)
    )
    assert written(first) == written(second)


def test_a_message_id_is_stable_and_shows_neither_the_message_nor_the_address():
    one = delivery(address="jo@example.org")
    other = delivery(one.message, address="kim@example.org")
    again = delivery(address="jo@example.org")
    ids = [header(written(each), "Message-ID").decode() for each in (one, other, again)]
    assert len(set(ids)) == 3
    assert header(written(one), "Message-ID").decode() == ids[0]
    for each in ids:
        assert re.fullmatch(r"<[0-9a-f]{32}@icrtop\.example>", each)


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("info@icrtop.example", "icrtop.example"),
        ("Ñ <info@Bücher.example>", "xn--bcher-kva.example"),
        ("info@icrtop.example (The office)", "icrtop.example"),
    ],
)
def test_a_message_id_is_an_address_of_the_senders_domain(sender, domain):
    found = header(written(delivery(message__sender=sender)), "Message-ID").decode()
    assert re.fullmatch(r"<[0-9a-f]{32}@(.+)>", found)[1] == domain


def test_a_signed_field_carries_a_signature_and_not_the_value():
    letter = delivery(
        merge={"key": 7, "name": "Jo"},
        message__signed={"key": "a"},
        message__text="[[key]] [[name]]",
    )
    text = read(letter).get_body(("plain",)).get_content()
    assert text == f"{sign(7, 'a')} Jo"
    assert sign(7, "a") == sign(7, "a")
    assert len({sign(7, "a"), sign(8, "a"), sign("7", "a"), sign(7, "b")}) == 4


def test_a_field_without_a_value_fails_alone():
    letter = delivery(merge={"name": "Jo"}, message__text="[[name]] [[other]]")
    with pytest.raises((KeyError, ValueError), match="other"):
        Blueprint(letter.message).letter(letter)
    other = delivery(letter.message, merge={"name": "Kim", "other": "x"})
    assert b"Kim x" in written(other)


def test_the_fields_of_a_letter_are_found_in_all_its_parts():
    letter = delivery(
        message__subject="[[a]]",
        message__html="[[b]] [[Not_this]] [[b]]",
        message__text="[[c]] [[ d ]] [e]",
        message__headers={"List-Unsubscribe": "<https://x.example/[[f_g]]>"},
    )
    assert merge_fields(letter.message) == {"a", "b", "c", "f_g"}
