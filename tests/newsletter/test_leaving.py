"""Out in one click, by a person or by a mail program."""

import re
import time
import uuid
from datetime import timedelta

import pytest
from django.core import signing
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client

from icrtop.mail.audiences import Audience
from icrtop.mail.composing import compose
from icrtop.mail.models import Delivery, State
from icrtop.mail.services import queue_message
from newsletter import links, services
from newsletter.models import Subscription
from tests.factories.mail import DeliveryFactory
from tests.factories.newsletter import SubscriberFactory, SubscriptionFactory

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


def test_leaving_one_list_by_its_button(client, subscriber):
    link = links.leave_url(subscriber)
    page = client.get(link).content.decode()
    assert 'value="one"' in page
    answer = client.post(link, {"list": "one"})
    assert answer.status_code == 303
    assert client.get(answer["Location"]).status_code == 200
    assert states(subscriber) == {"one": "unsubscribed", "two": "confirmed", "three": "pending"}
    assert 'value="one"' not in client.get(link).content.decode()
    # Pressed twice, it is done all the same.
    assert client.post(link, {"list": "one"}).status_code == 303


def test_leaving_every_list(client, subscriber):
    link = links.leave_url(subscriber)
    assert client.post(link, {"list": "every list"}).status_code == 303
    assert set(states(subscriber).values()) == {"unsubscribed"}
    assert "none of our lists" in client.get(link).content.decode()


@pytest.mark.parametrize("answers", [{}, {"list": ""}, {"list": "four"}, {"list": "on\0e"}])
def test_a_button_that_does_not_exist_changes_nothing(client, subscriber, answers):
    before = states(subscriber)
    answer = client.post(links.leave_url(subscriber), answers)
    assert answer.status_code == 400
    assert 'value="one"' in answer.content.decode()
    assert states(subscriber) == before


def test_the_button_is_held_to_its_csrf_token(strict_client, subscriber):
    answer = strict_client.post(links.leave_url(subscriber), {"list": "one"})
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


def test_an_older_program_opens_the_one_click_address_as_a_page(client, subscriber):
    link = links.one_click_url(subscriber.subscriptions.get(mailing_list__slug="one"))
    answer = client.get(link, follow=True)
    assert answer.status_code == 200
    assert 'value="one"' in answer.content.decode()
    assert states(subscriber)["one"] == "confirmed"


def test_links_of_one_kind_do_not_open_the_other(subscriber):
    subscription = Subscription.objects.filter(state="confirmed").first()
    leave, one_click = links.leave_url(subscriber), links.one_click_url(subscription)
    leave_token, one_click_token = leave.split("/")[-2], one_click.split("/")[-2]
    client = Client()
    assert client.post(leave.replace(leave_token, one_click_token)).status_code == 404
    assert (
        client.post(one_click.replace(one_click_token, leave_token), ONE_CLICK).status_code == 404
    )


def token_of(url: str) -> str:
    return url.split("/")[-2]


@pytest.mark.parametrize("view", ["leave", "one_click"])
def test_a_link_to_leave_is_the_same_on_every_try_and_never_expires(
    client, monkeypatch, subscriber, view
):
    subscription = subscriber.subscriptions.first()

    def link():
        if view == "leave":
            return links.leave_url(subscriber)
        return links.one_click_url(subscription)

    first = link()
    years_later = time.time() + 20 * 365 * 24 * 60 * 60
    monkeypatch.setattr("django.core.signing.time.time", lambda: years_later)
    assert link() == first
    assert client.get(first, follow=True).status_code == 200


def test_a_link_signed_with_a_date_or_compressed_or_for_nobody_is_refused(client, subscriber):
    link = links.leave_url(subscriber)
    signer = signing.Signer(salt=links.LEAVE)
    refused = [
        signing.dumps(subscriber.pk, salt=links.LEAVE),
        signing.TimestampSigner(salt=links.LEAVE).sign(str(subscriber.pk)),
        signing.Signer(salt=links.CONFIRM).sign_object(subscriber.pk),
        signer.sign_object(2**70),
        signer.sign_object(-1),
    ]
    for token in refused:
        for answer in (
            client.get(link.replace(token_of(link), token)),
            client.post(link.replace(token_of(link), token), {"list": "every list"}),
        ):
            assert answer.status_code == 404, token
    assert "unsubscribed" not in states(subscriber).values()


def test_links_survive_a_new_secret_key_while_the_old_one_is_known(client, settings, subscriber):
    link = links.leave_url(subscriber)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert client.get(link).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(link).status_code == 404


def test_a_letter_to_many_carries_links_of_each_reader_own(client, subscriber):
    other = SubscriptionFactory(mailing_list__slug="other", confirmed=True).subscriber
    leave = links.leave_url(subscriber)
    one_click = links.one_click_url(subscriber.subscriptions.first())
    message = queue_message(
        to=Audience(
            Subscription.objects.confirmed().filter(mailing_list__slug__in=["one", "other"]),
            address="subscriber__email",
            normalised="subscriber__normalised",
            merge={"leave": "subscriber_id", "one_click": F("pk")},
        ),
        subject="Bulletin",
        purpose="test",
        html="<p>Hello</p>",
        text=f"Leave: {leave.replace(token_of(leave), '[[leave]]')}",
        headers={
            "List-Unsubscribe": f"<{one_click.replace(token_of(one_click), '[[one_click]]')}>"
        },
        signed={"leave": links.LEAVE, "one_click": links.ONE_CLICK},
    )
    for reader in (subscriber, other):
        letter = compose(message.deliveries.get(address=reader.email)).decode()
        subscription = reader.subscriptions.get(mailing_list__slug__in=["one", "other"])
        assert links.leave_url(reader) in letter.replace("=\r\n", "").replace("=3D", "=")
        (header,) = re.findall(r"^List-Unsubscribe:\s+<(\S+)>", letter, flags=re.MULTILINE)
        assert header == links.one_click_url(subscription)
        assert client.post(header, ONE_CLICK).status_code == 200
        assert states(reader)[subscription.mailing_list.slug] == "unsubscribed"


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


def test_leaving_a_list_withdraws_what_waits_from_it_and_nothing_else(client, subscriber, waiting):
    somebody = DeliveryFactory(message=waiting["one"].message)
    client.post(links.leave_url(subscriber), {"list": "one"})
    assert states_of(waiting) == {"one": "cancelled", "two": "pending", "": "pending"}
    assert Delivery.objects.get(pk=somebody.pk).state == State.PENDING
    assert "unsubscribed" in Delivery.objects.get(pk=waiting["one"].pk).reason


def test_leaving_every_list_withdraws_all_but_letters_of_no_list(client, subscriber, waiting):
    client.post(links.leave_url(subscriber), {"list": "every list"})
    assert states_of(waiting) == {"one": "cancelled", "two": "cancelled", "": "pending"}


def test_one_click_withdraws_what_waits(client, subscriber, waiting):
    client.post(
        links.one_click_url(subscriber.subscriptions.get(mailing_list__slug="one")), ONE_CLICK
    )
    assert states_of(waiting) == {"one": "cancelled", "two": "pending", "": "pending"}


def test_leaving_again_withdraws_what_was_queued_since(subscriber, waiting):
    assert services.unsubscribe(subscriber) == 3
    later = DeliveryFactory(message__list_id="one", address=subscriber.email)
    assert services.unsubscribe(subscriber) == 0
    assert Delivery.objects.get(pk=later.pk).state == State.CANCELLED


def test_leaving_takes_a_letter_from_the_worker_that_holds_it(subscriber):
    held = DeliveryFactory(
        message__list_id="one",
        address=subscriber.email,
        state=State.CLAIMED,
        token=uuid.uuid4(),
        lease_until=Now() + timedelta(minutes=5),
    )
    services.unsubscribe(subscriber)
    held.refresh_from_db()
    assert (held.state, held.token, held.lease_until) == (State.CANCELLED, None, None)


def test_who_has_an_address_that_is_none_can_leave_all_the_same():
    subscription = SubscriptionFactory(
        subscriber__email="jo", subscriber__normalised="jo", confirmed=True
    )
    assert services.unsubscribe(subscription.subscriber) == 1
