"""What the form to subscribe takes and refuses, and how often."""

import re
import socket
import threading
from collections import defaultdict
from time import monotonic

import pytest
from celery import Celery

from icrtop.mail import nudging, sending
from icrtop.mail.models import Delivery, Message
from newsletter.models import Subscriber
from newsletter.services.letters import LETTERS_PER_DAY
from tests.mail.sink import running_sink
from tests.newsletter.conftest import link_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page", "lists")]


def test_resending_is_limited_per_address_and_nothing_typed_is_lost(client, answers):
    for _ in range(3):
        assert client.post("/subscribe/", answers).status_code == 303
    refused = client.post("/subscribe/", {**answers, "email": "JO@example.org"})
    assert refused.status_code == 200
    body = refused.content.decode()
    assert "too often for this e-mail address" in body
    assert 'value="JO@example.org"' in body
    assert 'value="Jo"' in body
    assert Delivery.objects.count() == 3


def test_a_client_is_limited_too(client, answers):
    for number in range(20):
        assert client.post("/subscribe/", {**answers, "email": f"a{number}@example.org"}).url
    refused = client.post("/subscribe/", {**answers, "email": "b@example.org"})
    assert "too often from your connection" in refused.content.decode()
    other = client.post(
        "/subscribe/", {**answers, "email": "b@example.org"}, REMOTE_ADDR="192.0.2.7"
    )
    assert other.status_code == 303


def test_without_redis_a_mailbox_still_gets_five_letters_a_day_at_most(
    client, answers, monkeypatch
):
    monkeypatch.setattr("icrtop.forms.allow", lambda *args: True)
    for _ in range(7):
        assert client.post("/subscribe/", answers).status_code == 303
    assert Delivery.objects.count() == LETTERS_PER_DAY


def test_a_robot_sees_success_and_does_nothing(client, answers):
    answer = client.post("/subscribe/", {**answers, "leave_this_empty": "Robot"})
    assert answer.status_code == 303
    assert answer["Location"] == "/listserv/check-your-mail/"
    assert not Subscriber.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"email": ""}, "Enter the e-mail address that we shall write to"),
        ({"email": "jo"}, "valid email address"),
        ({"email": "jo\0@example.org"}, "Null characters"),
        ({"email": "jo@example.org\r\nBcc: x@example.org"}, "valid email address"),
        ({"email": "a" * 400 + "@example.org"}, "at most 254"),
        ({"email": "\u212a@example.org"}, "such as name@example.org"),
        ({"email": "jo@" + "é" * 62 + ".org"}, "such as name@example.org"),
        ({"name": "x" * 201}, "at most 200"),
        ({"name": "a\0b"}, "Null characters"),
        ({"name": "Win at https://evil.example"}, "without the address of a website"),
        ({"lists": ["focal-points"]}, "Select a valid choice"),
        ({"lists": ["bulletin", "nothing"]}, "Select a valid choice"),
        ({"lists": ["bulle\0tin"]}, "Select a valid choice"),
        ({"lists": ["x" * 10_000]}, "Select a valid choice"),
        ({"places": ["XX"]}, "Select a valid choice"),
        ({"places": ["999"]}, "Select a valid choice"),
        ({"places": ["S\0"]}, "Select a valid choice"),
        ({"topics": ["everything"]}, "Select a valid choice"),
        ({"frequency": "hourly"}, "Select a valid choice"),
        ({"language": "xx"}, "Select a valid choice"),
        ({"email": ["jo@example.org", "not an address"]}, "valid email address"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client, answers, wrong, says):
    answer = client.post("/subscribe/", {**answers, **wrong})
    body = answer.content.decode()
    assert answer.status_code == 200
    assert says in body
    assert "There is a problem" in body
    if "name" not in wrong:
        assert 'value="Jo"' in body
    if "lists" not in wrong:
        assert re.search(r'value="bulletin"[^>]*checked', body)
    assert not Subscriber.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "name", ["Jo\r\nBcc: other@example.org", "Jo\u2028Bcc: x", "\x1b[31mJo", "=HYPERLINK(1)"]
)
def test_a_name_cannot_break_out(client, answers, name):
    assert client.post("/subscribe/", {**answers, "name": name}).status_code == 303
    client.post(link_in(Delivery.objects.get()))
    stored = Subscriber.objects.get().name
    assert len(stored.splitlines()) == 1
    assert "\x1b" not in stored


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"%ff%fe=%00&email=%ff", "application/x-www-form-urlencoded"),
        (b"email=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
        (b"--nonsense", "multipart/form-data; boundary=other"),
        (b"--nonsense", "multipart/form-data"),
        (b'{"email": "jo@example.org"}', "application/json"),
    ],
)
def test_a_malformed_request_is_the_clients_mistake(client, body, content_type):
    answer = client.post("/subscribe/", data=body, content_type=content_type)
    assert answer.status_code in (200, 400)
    assert not Subscriber.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_with_a_frozen_broker_the_form_answers_and_the_letter_goes_later(
    client, answers, monkeypatch, settings
):
    monkeypatch.setattr("icrtop.forms.allow", lambda *args: True)
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        app = Celery("frozen", set_as_current=False)
        app.config_from_object("django.conf:settings", namespace="CELERY")
        app.conf.broker_url = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
        monkeypatch.setattr(nudging, "app", app)
        monkeypatch.setattr(nudging, "_under_way", defaultdict(threading.Lock))
        began = monotonic()
        assert client.post("/subscribe/", answers).status_code == 303
        assert monotonic() - began < 2
    with running_sink() as sink:
        settings.SMTP_URL = sink.url
        sending.send_due()
        assert sink.recipients == ["jo@example.org"]
