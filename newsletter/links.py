"""The addresses in letters: signed, so that only who got the letter can use them."""

from django.core import signing
from django.urls import reverse
from django.utils import translation

from icrtop.mail.letters import absolute
from newsletter.models.subscribers import Consent, Subscriber, Subscription

CONFIRM_SECONDS = 7 * 24 * 60 * 60

CONFIRM = "newsletter.confirm"
LEAVE = "newsletter.leave"
ONE_CLICK = "newsletter.one-click"


class LinkExpired(Exception):
    """The link was ours, and is too old."""


class LinkInvalid(Exception):
    """The link was never ours, was cut off, or what it was about is gone."""


def confirm_url(consent: Consent) -> str:
    """Where a subscription is confirmed, within a week."""
    return _url("confirm", CONFIRM, consent.pk, consent.subscriber.language)


def leave_url(subscriber: Subscriber) -> str:
    """Where a subscriber sees the lists they are on, and leaves them. Does not expire."""
    return _url("unsubscribe", LEAVE, subscriber.pk, subscriber.language)


def one_click_url(subscription: Subscription) -> str:
    """For the List-Unsubscribe header of a letter to a list (RFC 8058). Does not expire."""
    return _url("one_click", ONE_CLICK, subscription.pk, subscription.subscriber.language)


def consent_of(token: str) -> Consent:
    """The consent that a link to confirm is about. Raises LinkExpired, LinkInvalid."""
    key = _key(token, CONFIRM, CONFIRM_SECONDS)
    consent = Consent.objects.select_related("subscriber").filter(pk=key).first()
    if consent is None:
        raise LinkInvalid
    return consent


def subscriber_of(token: str) -> Subscriber:
    """The subscriber that a link to leave is about. Raises LinkInvalid."""
    subscriber = Subscriber.objects.filter(pk=_key(token, LEAVE)).first()
    if subscriber is None:
        raise LinkInvalid
    return subscriber


def subscription_of(token: str) -> Subscription:
    """The subscription that a one-click link is about. Raises LinkInvalid."""
    subscription = (
        Subscription.objects.select_related("subscriber").filter(pk=_key(token, ONE_CLICK)).first()
    )
    if subscription is None:
        raise LinkInvalid
    return subscription


def _url(view: str, purpose: str, key: int, language: str) -> str:
    token = signing.dumps(key, salt=purpose)
    with translation.override(language):
        return absolute(reverse(f"newsletter:{view}", args=[token]))


def _key(token: str, purpose: str, max_age: int | None = None) -> int:
    try:
        key: int = signing.loads(token, salt=purpose, max_age=max_age)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature as error:
        raise LinkInvalid from error
    return key
