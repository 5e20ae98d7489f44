"""From the form to the list, and what must not happen on the way."""

import re
import time
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from icrtop.mail import sending
from icrtop.mail.composing import sign
from icrtop.mail.control import suppress
from icrtop.mail.models import Delivery, Message, State, Suppression
from newsletter import links
from newsletter.models import Consent, Subscriber, Subscription
from newsletter.services.leaving import unsubscribe
from newsletter.wording import CONSENT_VERSION
from tests.factories.newsletter import ConsentFactory, SubscriberFactory, SubscriptionFactory
from tests.mail.sink import running_sink
from tests.newsletter.conftest import csrf_token, link_in, states_of, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page", "lists")]


def states(email: str = "jo@example.org") -> dict[str, str]:
    return states_of(email)


def test_double_opt_in_with_every_token_checked(strict_client, answers, settings):
    page = strict_client.get("/subscribe/")
    assert page.status_code == 200
    body = page.content.decode()
    assert "RtoP Bulletin" in body
    assert "focal points" not in body
    token = csrf_token(page)

    answers["lists"] = ["bulletin", "events"]
    sent = strict_client.post("/subscribe/", {**answers, "csrfmiddlewaretoken": token})
    assert sent.status_code == 303
    assert sent["Location"] == "/listserv/check-your-mail/"
    assert strict_client.get(sent["Location"]).status_code == 200
    assert states() == {"bulletin": "pending", "events": "pending"}
    consent = Consent.objects.get()
    assert consent.confirmed_at is None
    assert consent.wording_version == CONSENT_VERSION
    assert consent.how == "form at /subscribe/"
    # Word for word what stands above the button.
    assert consent.wording in unescape(body)
    assert unescape(body).index(consent.wording) < unescape(body).index(">Subscribe</button>")

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
    token = csrf_token(page)
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
    for link in (link_in(Delivery.objects.get()), links.leave_url(confirmed), one_click):
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
    unsubscribe(consent.subscriber, how="test")
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
    token = token_of(url)
    return {
        "cut off": url.replace(token, token[:-3]),
        "changed": url.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B")),
        "to leave": url.replace(token, sign(consent.pk, links.LEAVE)),
        "to preferences": url.replace(token, token_of(links.preferences_url(consent.subscriber))),
        "to data": url.replace(token, token_of(links.export_url(consent.subscriber))),
        "empty": url.replace(token, "x"),
        "strange": url.replace(token, "%00%ff' OR 1=1"),
        "long": url.replace(token, "x" * 5000),
    }


@pytest.mark.parametrize(
    "how",
    ["cut off", "changed", "to leave", "to preferences", "to data", "empty", "strange", "long"],
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
    client.post("/subscribe/", {**answers, "name": "Win a prize at evil.example"})
    delivery = Delivery.objects.get()
    assert delivery.name == ""
    assert "evil" not in delivery.message.text + delivery.message.html + delivery.message.subject


def test_one_mailbox_is_one_subscriber(client, answers):
    for email in ("jo@bücher.example", "JO@xn--bcher-kva.example"):
        assert client.post("/subscribe/", {**answers, "email": email}).status_code == 303
    # Until it is confirmed, the last one to type it has typed it best.
    assert Subscriber.objects.get().email == "JO@xn--bcher-kva.example"


def test_nobody_respells_the_address_of_a_confirmed_subscriber(client, answers):
    client.post("/subscribe/", answers)
    client.post(link_in(Delivery.objects.get()))
    client.post("/subscribe/", {**answers, "email": "JO@EXAMPLE.ORG", "lists": ["events"]})
    assert Subscriber.objects.get().email == "jo@example.org"
