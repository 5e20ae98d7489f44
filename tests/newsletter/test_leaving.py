"""Out in one click, by a person or by a mail program."""

import pytest
from django.test import Client

from newsletter import links
from newsletter.models import Subscription
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
