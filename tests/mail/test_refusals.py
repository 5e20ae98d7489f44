"""Letters that are refused when they are queued, with words that staff can act on."""

import pytest
from django.db import transaction

from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.models import Delivery, Message
from icrtop.mail.services import Recipient
from tests.mail.queueing import BULLETIN, queue

pytestmark = pytest.mark.django_db


REFUSED = [
    ({"subject": "  \r\n "}, "no subject"),
    ({"subject": "\0"}, "no subject"),
    ({"subject": "x" * 201}, "longer than 200 characters"),
    ({"text": " \n"}, "both an HTML and a plain-text part"),
    ({"html": ""}, "both an HTML and a plain-text part"),
    ({"html": "", "text": ""}, "both an HTML and a plain-text part"),
    ({"text": "a\0b"}, "NUL"),
    ({"html": "<p>a\0b</p>"}, "NUL"),
    ({"html": "<p>one</p>\n<p>two\n<a>three</p>"}, "</p> in line 3"),
    ({"html": "<div>\n<p>one</p>"}, "never closes the <div> of line 1"),
    ({"html": "<p>one</p>\n<a href="}, "ends inside a tag, in line 2"),
    ({"headers": {"X-Note": "a\r\nBcc: other@example.org"}}, "'X-Note' contains a line break"),
    ({"headers": {"X-Note": "a\0"}}, "'X-Note'"),
    ({"headers": {"X-Note: a\r\nBcc": "other@example.org"}}, "cannot be set"),
    ({"headers": {"Bcc": "other@example.org"}}, "'Bcc' cannot be set"),
    ({"headers": {"Content-Type": "text/html"}}, "'Content-Type' cannot be set"),
    ({"sender": "a@b.example\r\nBcc: other@example.org"}, "sender contains a line break"),
    ({"sender": "The Coalition"}, "sender"),
    ({"sender": "Jö <jö@example.org>"}, "sender"),
    ({"to": []}, "no recipient"),
    ({"to": iter(())}, "no recipient"),
    (
        {"text": "Dear [[name]]", "to": Recipient("jo@example.org", merge={"url": "x"})},
        "merge field name has no value for jo@example.org",
    ),
    (
        {"subject": "[[name]]", "to": Recipient("jo@example.org", merge={"name": None})},
        "merge field name has no value for jo@example.org",
    ),
    (
        {
            "text": "[[name]]",
            "to": [
                Recipient("jo@example.org", merge={"name": "Jo"}),
                Recipient("kim@example.org"),
            ],
        },
        "merge field name has no value for kim@example.org",
    ),
    (
        {"mailing_list": BULLETIN, "to": Recipient("jo@example.org", merge={"name": "Jo"})},
        "merge field leave has no value for jo@example.org",
    ),
    ({"text": "a\ud800b"}, "cannot be written"),
    ({"subject": "a\ud800b"}, "cannot be written"),
    ({"to": Recipient("jo@example.org", merge={"name": "a\0b"}), "text": "[[name]]"}, "NUL"),
]


@pytest.mark.parametrize(("wrong", "says"), REFUSED)
def test_a_letter_that_cannot_be_sent_is_refused_with_a_reason_and_nothing_is_written(wrong, says):
    with pytest.raises(InvalidMessage) as refusal:
        queue(**wrong)
    assert says in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()


def test_a_refusal_does_not_spoil_the_callers_transaction():
    with transaction.atomic():
        for wrong, _says in REFUSED[:10]:
            with pytest.raises(InvalidMessage):
                queue(**wrong)
        queue()
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", ["jo@example.org\r\nX: y", "", "jo", "jö@example.org", "Jo <jo@example.org>"]
)
def test_a_wrong_address_is_refused_and_nobody_gets_the_letter(wrong):
    with pytest.raises(InvalidAddress, match=r"\.$"):
        queue(to=["kim@example.org", wrong])
    assert not Message.objects.exists()
