"""The addresses in letters: signed, so that only who got the letter can use them.

Those for leaving have no date, and are the same on every try. A letter to many can carry them as
merge fields that are signed as it is composed: `LEAVE` with the key of the subscriber, `ONE_CLICK`
with that of the subscription.
"""

from django.core import signing
from django.urls import reverse
from django.utils import translation

from icrtop.mail.composing import sign
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
    token = signing.dumps(consent.pk, salt=CONFIRM)
    return _url("confirm", token, consent.subscriber.language)


def leave_url(subscriber: Subscriber) -> str:
    """Where a subscriber sees the lists they are on, and leaves them. Does not expire."""
    return _url("unsubscribe", sign(subscriber.pk, LEAVE), subscriber.language)


def one_click_url(subscription: Subscription) -> str:
    """For the List-Unsubscribe header of a letter to a list (RFC 8058). Does not expire."""
    token = sign(subscription.pk, ONE_CLICK)
    return _url("one_click", token, subscription.subscriber.language)


def consent_of(token: str) -> Consent:
    """The consent that a link to confirm is about. Raises LinkExpired, LinkInvalid."""
    try:
        key = signing.loads(token, salt=CONFIRM, max_age=CONFIRM_SECONDS)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature as error:
        raise LinkInvalid from error
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


def _url(view: str, token: str, language: str) -> str:
    with translation.override(language):
        return absolute(reverse(f"newsletter:{view}", args=[token]))


def _key(token: str, salt: str) -> int:
    """What was signed by `sign`. Raises LinkInvalid."""
    signer = signing.Signer(salt=salt)
    try:
        # A signature with a date is made from the same secret, and would be taken for one without.
        if signer.sep in signer.unsign(token):
            raise LinkInvalid
        key: int = signer.unsign_object(token)
    except signing.BadSignature as error:
        raise LinkInvalid from error
    return key
