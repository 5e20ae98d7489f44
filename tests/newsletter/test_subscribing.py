"""From the form to the list, and what must not happen on the way."""

import re
import socket
import threading
import time
from time import monotonic

import pytest
from celery import Celery
from django.test import Client
from django.urls import reverse

from icrtop.mail import nudging, sending
from icrtop.mail.control import suppress
from icrtop.mail.models import Delivery, Message, State, Suppression
from newsletter import links, services
from newsletter.models import Consent, Subscriber, Subscription
from tests.factories.newsletter import ConsentFactory, SubscriberFactory, SubscriptionFactory
from tests.mail.sink import running_sink
from tests.newsletter.conftest import link_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page", "lists")]


def states(email: str = "jo@example.org") -> dict[str, str]:
    return dict(
        Subscription.objects.filter(subscriber__email=email).values_list(
            "mailing_list__slug", "state"
        )
    )


def test_double_opt_in_with_every_token_checked(strict_client, answers, settings):
    page = strict_client.get("/subscribe/")
    assert page.status_code == 200
    body = page.content.decode()
    assert "RtoP Bulletin" in body
    assert "focal points" not in body
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', body)[1]

    answers["lists"] = ["bulletin", "events"]
    sent = strict_client.post("/subscribe/", {**answers, "csrfmiddlewaretoken": token})
    assert sent.status_code == 303
    assert sent["Location"] == "/listserv/check-your-mail/"
    assert strict_client.get(sent["Location"]).status_code == 200
    assert states() == {"bulletin": "pending", "events": "pending"}
    consent = Consent.objects.get()
    assert consent.confirmed_at is None
    assert consent.wording_version == "1"
    assert consent.how == "form at /subscribe/"
    assert "in every letter" in consent.wording

    with running_sink() as sink:
        settings.SMTP_URL = sink.url
        sending.send_due()
        (letter,) = [received.letter for received in sink.letters]
    assert letter["To"] == "jo@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in letter.iter_parts())
    (link,) = re.findall(r"http://testserver(/listserv/confirm/\S+)", text)
    assert link in html
    assert "* RtoP Bulletin" in text

    page = strict_client.get(link)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "Events" in page.content.decode()
    assert states() == {"bulletin": "pending", "events": "pending"}
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[1]
    assert strict_client.post(link).status_code == 403
    assert states() == {"bulletin": "pending", "events": "pending"}

    done = strict_client.post(link, {"csrfmiddlewaretoken": token})
    assert done.status_code == 303
    assert "You are subscribed" in strict_client.get(done["Location"]).content.decode()
    assert states() == {"bulletin": "confirmed", "events": "confirmed"}
    assert Consent.objects.get().confirmed_at is not None


def test_both_printed_addresses_answer(client, answers):
    assert client.get("/subscribe").status_code == 200
    assert client.post("/subscribe", answers).status_code == 303
    assert Subscriber.objects.count() == 1


def test_a_form_without_its_token_is_refused(strict_client, answers):
    assert strict_client.post("/subscribe/", answers).status_code == 403
    assert not Subscriber.objects.exists()
    assert not Message.objects.exists()


def test_the_page_takes_few_queries(client, django_assert_max_num_queries):
    client.get("/subscribe/")  # The first request of a new site writes its settings.
    with django_assert_max_num_queries(10):
        client.get("/subscribe/")


def test_no_cookie_before_the_form(client):
    client.get(reverse("newsletter:check_mail"))
    assert not client.cookies


@pytest.mark.parametrize("method", ["get", "head"])
def test_following_a_link_changes_nothing(client, answers, method):
    client.post("/subscribe/", answers)
    subscriber = Subscriber.objects.get()
    confirmed = SubscriptionFactory(subscriber=subscriber, confirmed=True)
    before = states(), Consent.objects.values().get()
    one_click = links.one_click_url(confirmed)
    for link in (link_in(Delivery.objects.get()), links.leave_url(subscriber), one_click):
        assert getattr(client, method)(link).status_code in (200, 303)
    assert (states(), Consent.objects.values().get()) == before


def test_a_second_press_changes_nothing_and_says_the_same(client, lists):
    consent = ConsentFactory(mailing_lists=[lists["bulletin"]])
    SubscriptionFactory(subscriber=consent.subscriber, mailing_list=lists["bulletin"])
    link = links.confirm_url(consent)
    first = client.post(link)
    when = Consent.objects.get().confirmed_at
    second = client.post(link)
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert Consent.objects.get().confirmed_at == when
    assert "This link has been used" in client.get(link).content.decode()


def test_an_old_letter_undoes_no_later_unsubscribing(client, lists):
    consent = ConsentFactory(mailing_lists=[lists["bulletin"]])
    subscription = SubscriptionFactory(
        subscriber=consent.subscriber, mailing_list=lists["bulletin"]
    )
    link = links.confirm_url(consent)
    client.post(link)
    services.unsubscribe(consent.subscriber)
    client.post(link)
    subscription.refresh_from_db()
    assert subscription.state == Subscription.State.UNSUBSCRIBED


def test_a_link_confirms_only_what_its_letter_asked_for(client, answers):
    client.post("/subscribe/", answers)
    bulletin = link_in(Delivery.objects.get())
    client.post("/subscribe/", {**answers, "lists": ["events"]})
    client.post(bulletin)
    assert states() == {"bulletin": "confirmed", "events": "pending"}


def test_a_link_is_good_for_a_week(client, monkeypatch):
    consent = ConsentFactory()
    link = links.confirm_url(consent)
    age = 0
    clock = time.time
    monkeypatch.setattr("django.core.signing.time.time", lambda: clock() + age)
    age = links.CONFIRM_SECONDS - 60
    assert client.get(link).status_code == 200
    age = links.CONFIRM_SECONDS + 60
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410
        assert "Subscribe again" in answer.content.decode()
    assert Consent.objects.get().confirmed_at is None


def forged(consent: Consent) -> dict[str, str]:
    url = links.confirm_url(consent)
    token = url.split("/")[-2]
    return {
        "cut off": url.replace(token, token[:-3]),
        "changed": url.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B")),
        "of another purpose": url.replace(
            token, links.leave_url(consent.subscriber).split("/")[-2]
        ),
        "empty": url.replace(token, "x"),
        "strange": url.replace(token, "%00%ff' OR 1=1"),
        "long": url.replace(token, "x" * 5000),
    }


@pytest.mark.parametrize(
    "how", ["cut off", "changed", "of another purpose", "empty", "strange", "long"]
)
def test_a_forged_link_does_nothing_and_says_what_to_do(client, how):
    consent = ConsentFactory()
    link = forged(consent)[how]
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
    assert Consent.objects.get().confirmed_at is None


def test_a_link_to_what_is_gone_says_what_to_do(client):
    consent = ConsentFactory()
    link = links.confirm_url(consent)
    consent.subscriber.delete()
    assert client.post(link).status_code == 404


def test_the_same_answer_for_known_and_unknown_addresses(answers, lists):
    known = SubscriberFactory(email="known@example.org")
    SubscriptionFactory(subscriber=known, mailing_list=lists["bulletin"], confirmed=True)
    suppress("bounced@example.org", Suppression.Reason.BOUNCED)

    def submit(email):
        client = Client()
        answer = client.post("/subscribe/", {**answers, "email": email})
        page = client.get(answer["Location"])
        headers = {name: answer[name] for name in answer.headers}
        return answer.status_code, headers, answer.content, page.content

    unknown = submit("unknown@example.org")
    assert submit("KNOWN@example.org") == unknown
    assert submit("unknown@example.org") == unknown
    assert submit("bounced@example.org") == unknown

    letter = Message.objects.get(deliveries__normalised="known@example.org")
    assert letter.subject == "You are subscribed already"
    assert states("known@example.org") == {"bulletin": "confirmed"}
    assert Delivery.objects.get(normalised="bounced@example.org").state == State.SUPPRESSED


def test_a_known_address_that_asks_for_more_confirms_only_that(client, answers, lists):
    known = SubscriberFactory(email="jo@example.org")
    SubscriptionFactory(subscriber=known, mailing_list=lists["bulletin"], confirmed=True)
    client.post("/subscribe/", {**answers, "lists": ["bulletin", "events"]})
    assert states() == {"bulletin": "confirmed", "events": "pending"}
    assert "RtoP Bulletin" not in Message.objects.get().text
    client.post(link_in(Delivery.objects.get()))
    assert states() == {"bulletin": "confirmed", "events": "confirmed"}


def test_nobody_renames_a_confirmed_subscriber(client, answers):
    client.post("/subscribe/", answers)
    client.post(link_in(Delivery.objects.get()))
    client.post("/subscribe/", {**answers, "name": "Somebody else", "lists": ["events"]})
    assert Subscriber.objects.get().name == "Jo"


def test_a_letter_carries_nothing_that_the_sender_of_the_form_typed(client, answers):
    client.post("/subscribe/", {**answers, "name": "Win a prize at https://evil.example"})
    delivery = Delivery.objects.get()
    assert delivery.name == ""
    assert "evil" not in delivery.message.text + delivery.message.html + delivery.message.subject


def test_one_mailbox_is_one_subscriber(client, answers):
    for email in ("jo@bücher.example", "JO@xn--bcher-kva.example"):
        assert client.post("/subscribe/", {**answers, "email": email}).status_code == 303
    assert Subscriber.objects.get().email == "jo@bücher.example"


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
    assert Delivery.objects.count() == services.LETTERS_PER_DAY


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
        ({"lists": []}, "Choose at least one list"),
        ({"lists": ["focal-points"]}, "Select a valid choice"),
        ({"lists": ["bulletin", "nothing"]}, "Select a valid choice"),
        ({"lists": ["bulle\0tin"]}, "Select a valid choice"),
        ({"lists": ["x" * 10_000]}, "Select a valid choice"),
        ({"consent": ""}, "Tick the box"),
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
        monkeypatch.setattr(nudging, "_under_way", threading.Lock())
        began = monotonic()
        assert client.post("/subscribe/", answers).status_code == 303
        assert monotonic() - began < 2
    with running_sink() as sink:
        settings.SMTP_URL = sink.url
        sending.send_due()
        assert sink.recipients == ["jo@example.org"]
