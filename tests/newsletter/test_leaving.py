"""Out in one click, by a person or by a mail program."""

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client

from icrtop.mail.composing import compose, sign
from icrtop.mail.models import Delivery, State
from newsletter import links
from newsletter.list_letters import letter_context, queue_for_list
from newsletter.models import Subscription
from newsletter.services.leaving import unsubscribe
from tests.factories.mail import DeliveryFactory
from tests.factories.newsletter import SubscriberFactory, SubscriptionFactory
from tests.newsletter.conftest import token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page")]

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def subscriber():
    """On two lists, and having asked for a third."""
    subscriber = SubscriberFactory()
    SubscriptionFactory(subscriber=subscriber, mailing_list__slug="one", confirmed=True)
    SubscriptionFactory(subscriber=subscriber, mailing_list__slug="two", confirmed=True)
    SubscriptionFactory(subscriber=subscriber, mailing_list__slug="three")
    return subscriber


def states(subscriber) -> dict[str, str]:
    return dict(subscriber.subscriptions.values_list("mailing_list__slug", "state"))


@pytest.fixture
def first(subscriber) -> Subscription:
    """The subscription that the letter at hand came by."""
    return subscriber.subscriptions.get(mailing_list__slug="one")


def main_of(answer) -> str:
    return unescape(answer.content.decode().partition("<main")[2].partition("</main>")[0])


def test_leaving_one_list_by_its_button(client, subscriber, first):
    link = links.leave_url(first)
    page = main_of(client.get(link))
    assert f"Leave {first.mailing_list}" in page
    assert "you stay on" in page
    answer = client.post(link, {"list": ""})
    assert answer.status_code == 303
    assert states(subscriber) == {"one": "unsubscribed", "two": "confirmed", "three": "pending"}
    page = main_of(client.get(answer["Location"]))
    assert page.count("<button") == 1
    assert "Leave everything" in page
    assert "Go to your preferences" in page
    # Pressed twice, it is done all the same.
    assert client.post(link, {"list": ""}).status_code == 303


def test_leaving_every_list(client, subscriber, first):
    link = links.leave_url(first)
    answer = client.post(link, {"everything": ""})
    assert answer.status_code == 303
    assert set(states(subscriber).values()) == {"unsubscribed"}
    page = main_of(client.get(answer["Location"]))
    assert "none of our lists" in page
    assert "<button" not in page


def test_who_is_on_one_list_only_is_not_asked_which(client):
    link = links.leave_url(SubscriptionFactory(confirmed=True))
    assert main_of(client.get(link)).count("<button") == 1


def test_the_page_names_nobody_to_whom_a_letter_was_passed_on(client, subscriber, first):
    page = client.get(links.leave_url(first)).text
    assert subscriber.email not in page
    assert subscriber.masked_email in page
    assert links.preferences_url(subscriber).split("/")[-2] not in page


def test_what_was_not_confirmed_is_withdrawn_and_not_left(subscriber):
    unsubscribe(subscriber, how="test")
    history = subscriber.history.order_by("pk").values_list("mailing_list__slug", "kind")
    assert set(history) == {("one", "left"), ("two", "left"), ("three", "withdrew")}
    unsubscribe(subscriber, how="test")
    assert subscriber.history.count() == 3


def test_the_button_is_held_to_its_csrf_token(strict_client, subscriber, first):
    answer = strict_client.post(links.leave_url(first), {"list": ""})
    assert answer.status_code == 403
    assert states(subscriber)["one"] == "confirmed"


def test_a_mail_programs_one_click_needs_no_cookie_and_may_come_twice(strict_client, subscriber):
    link = links.one_click_url(subscriber.subscriptions.get(mailing_list__slug="one"))
    for _ in range(2):
        answer = strict_client.post(link, ONE_CLICK)
        assert answer.status_code == 200
        assert not answer.cookies
    assert states(subscriber) == {"one": "unsubscribed", "two": "confirmed", "three": "pending"}


def test_one_click_as_a_multipart_form(strict_client, subscriber):
    link = links.one_click_url(subscriber.subscriptions.get(mailing_list__slug="one"))
    body = (
        b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
        b"One-Click\r\n--b--\r\n"
    )
    answer = strict_client.post(link, body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 200
    assert states(subscriber)["one"] == "unsubscribed"


def test_any_other_post_is_no_one_click(client, subscriber):
    link = links.one_click_url(subscriber.subscriptions.get(mailing_list__slug="one"))
    assert client.post(link).status_code == 400
    assert states(subscriber)["one"] == "confirmed"


@pytest.mark.parametrize("method", ["get", "head"])
def test_an_older_program_opens_the_one_click_address_as_a_page(client, subscriber, first, method):
    answer = getattr(client, method)(links.one_click_url(first), follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[0][0] == urlsplit(links.leave_url(first)).path
    assert states(subscriber)["one"] == "confirmed"


@pytest.mark.parametrize("view", ["unsubscribe", "one_click"])
def test_a_link_to_leave_is_the_same_on_every_try_and_never_expires(
    client, monkeypatch, first, view
):
    def link():
        return links.leave_url(first) if view == "unsubscribe" else links.one_click_url(first)

    before = link()
    years_later = time.time() + 20 * 365 * 24 * 60 * 60
    monkeypatch.setattr("django.core.signing.time.time", lambda: years_later)
    assert link() == before
    assert client.get(before, follow=True).status_code == 200


@pytest.mark.parametrize("view", ["unsubscribe", "one_click"])
def test_a_link_of_another_kind_or_signed_in_another_way_is_refused(
    client, subscriber, first, view
):
    link = links.leave_url(first) if view == "unsubscribe" else links.one_click_url(first)
    refused = [
        signing.dumps(first.pk, salt=links.LEAVE),
        signing.TimestampSigner(salt=links.LEAVE).sign(str(first.pk)),
        signing.Signer(salt=links.CONFIRM).sign_object(first.pk),
        sign(first.pk, links.PREFERENCES),
        sign(None, links.LEAVE),
        sign([first.pk, 1], links.LEAVE),
        token_of(links.preferences_url(subscriber)),
        token_of(links.export_url(subscriber)),
        token_of(link)[:-1],
        f"{token_of(link)}x",
        "%00",
        "x" * 5000,
    ]
    for token in refused:
        answer = client.post(link.replace(token_of(link), token), ONE_CLICK)
        assert answer.status_code == 404, token
        answer = client.get(link.replace(token_of(link), token), follow=True)
        assert answer.status_code == 404, token
    assert "unsubscribed" not in states(subscriber).values()


def test_the_link_of_a_test_letter_leaves_nothing_and_says_so(client, subscriber):
    for view in ("unsubscribe", "one_click"):
        link = links.address(view, sign(links.NOBODY, links.LEAVE), "en")
        page = client.get(link, follow=True)
        assert page.status_code == 200
        assert "This was a test letter" in page.text
        assert client.post(link, ONE_CLICK).status_code == 200
    assert "unsubscribed" not in states(subscriber).values()


@pytest.mark.parametrize("key", [2**31, 2**70, -1])
def test_the_link_of_somebody_who_is_no_more_finds_nobody(client, subscriber, key):
    token = sign(key, links.LEAVE)
    page = client.get(links.address("unsubscribe", token, "en"))
    assert page.status_code == 410
    assert "There is nothing here any more" in page.text
    # For a mail program it is done: nobody is on a list by it.
    one_click = links.address("one_click", token, "en")
    assert client.post(one_click, ONE_CLICK).status_code == 200
    assert "unsubscribed" not in states(subscriber).values()


def test_links_survive_a_new_secret_key_while_the_old_one_is_known(client, settings, subscriber):
    link = links.leave_url(subscriber.subscriptions.first())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert client.get(link).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(link).status_code == 404


def test_a_letter_to_many_carries_links_of_each_reader_own(client, subscriber, first):
    other = SubscriptionFactory(mailing_list=first.mailing_list, confirmed=True).subscriber
    context = letter_context(first.mailing_list, "en")
    message = queue_for_list(
        first.mailing_list,
        first.mailing_list.subscriptions.confirmed(),
        subject="Bulletin",
        html="<p>Hello</p>",
        text=f"{context['leave_url']}\n{context['preferences_url']}",
        purpose="newsletter.bulletin",
        language="en",
        key="bulletin-1",
    )
    for reader in (subscriber, other):
        subscription = reader.subscriptions.get(mailing_list=first.mailing_list)
        letter = compose(message.deliveries.get(address=reader.email)).decode()
        text = letter.replace("=\r\n", "").replace("=3D", "=")
        assert links.leave_url(subscription) in text
        assert links.preferences_url(reader) in text
        (header,) = re.findall(r"^List-Unsubscribe:\s+<(\S+)>", letter, flags=re.MULTILINE)
        assert header == links.one_click_url(subscription)
        assert client.get(links.preferences_url(reader)).status_code == 200
        assert client.post(header, ONE_CLICK).status_code == 200
        assert states(reader)["one"] == "unsubscribed"


@pytest.fixture
def waiting(subscriber) -> dict[str, Delivery]:
    """What is on its way to the subscriber, by where it comes from."""
    return {
        list_id: DeliveryFactory(
            message__list_id=list_id,
            address=subscriber.email.upper(),
            normalised=subscriber.normalised,
        )
        for list_id in ("one", "two", "")
    }


def states_of(waiting: dict[str, Delivery]) -> dict[str, str]:
    return {
        list_id: Delivery.objects.get(pk=delivery.pk).state for list_id, delivery in waiting.items()
    }


def test_leaving_a_list_withdraws_what_waits_from_it_and_nothing_else(client, first, waiting):
    somebody = DeliveryFactory(message=waiting["one"].message)
    client.post(links.leave_url(first), {"list": ""})
    assert states_of(waiting) == {"one": "cancelled", "two": "pending", "": "pending"}
    assert Delivery.objects.get(pk=somebody.pk).state == State.PENDING
    assert "unsubscribed" in Delivery.objects.get(pk=waiting["one"].pk).reason


def test_leaving_every_list_withdraws_all_but_letters_of_no_list(client, first, waiting):
    client.post(links.leave_url(first), {"everything": ""})
    assert states_of(waiting) == {"one": "cancelled", "two": "cancelled", "": "pending"}


def test_one_click_withdraws_what_waits(client, subscriber, waiting):
    client.post(
        links.one_click_url(subscriber.subscriptions.get(mailing_list__slug="one")), ONE_CLICK
    )
    assert states_of(waiting) == {"one": "cancelled", "two": "pending", "": "pending"}


def test_leaving_again_withdraws_what_was_queued_since(subscriber, waiting):
    assert unsubscribe(subscriber, how="test") == 3
    later = DeliveryFactory(message__list_id="one", address=subscriber.email)
    assert unsubscribe(subscriber, how="test") == 0
    assert Delivery.objects.get(pk=later.pk).state == State.CANCELLED


def test_leaving_takes_a_letter_from_the_worker_that_holds_it(subscriber):
    held = DeliveryFactory(
        message__list_id="one",
        address=subscriber.email,
        state=State.CLAIMED,
        token=uuid.uuid4(),
        lease_until=Now() + timedelta(minutes=5),
    )
    unsubscribe(subscriber, how="test")
    held.refresh_from_db()
    assert (held.state, held.token, held.lease_until) == (State.CANCELLED, None, None)


def test_who_has_an_address_that_is_none_can_leave_all_the_same():
    subscription = SubscriptionFactory(
        subscriber__email="jo", subscriber__normalised="jo", confirmed=True
    )
    assert unsubscribe(subscription.subscriber, how="test") == 1


def somebody_waits() -> bool:
    """Whether another transaction waits for a lock that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_leave_once(subscriber, first):
    def click() -> int:
        try:
            return Client().post(links.one_click_url(first), ONE_CLICK).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            unsubscribe(subscriber, first.mailing_list, how="the first click")
            second = threads.submit(click)
            while not somebody_waits():
                assert not second.done()
        assert second.result() == 200
    assert list(subscriber.history.values_list("how", flat=True)) == ["the first click"]
