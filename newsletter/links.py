"""The addresses in letters: signed, so that only who got the letter can use them.

Those for leaving have no date: a letter can be left however old it is. A letter to many carries
them as merge fields that are signed as it is composed: `LEAVE` with the key of the subscription,
`PREFERENCES` with the key of the subscriber and the day (its ordinal) on which the letter was
queued, since that link expires.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac

from icrtop.mail.composing import sender_address, sign
from icrtop.mail.letters import absolute
from newsletter.languages import interface_language
from newsletter.models.records import Consent, HistoryEntry
from newsletter.models.subscribers import Subscriber, Subscription

DAY = 24 * 60 * 60
CONFIRM_SECONDS = ADDRESS_SECONDS = 7 * DAY
EXPORT_SECONDS = DAY
PREFERENCES_DAYS = 90

CONFIRM = "newsletter.confirm"
ADDRESS = "newsletter.address"
EXPORT = "newsletter.export"
LEAVE = "newsletter.leave"
PREFERENCES = "newsletter.preferences"
# What a token in a letter that is only a test is about: nobody.
NOBODY = 0


class LinkExpired(Exception):
    """The link was ours, and is too old."""


class PreferencesExpired(LinkExpired):
    """It led to preferences: whoever it is about can be mailed a new one."""


class LinkInvalid(Exception):
    """The link was never ours, was cut off, or what it was about is gone."""


class LinkToNothing(LinkInvalid):
    """The link was ours, and what it was about was erased, or is part of something else now."""


class LinkOfTest(Exception):
    """The link stood in a letter that was only a test, and is about nobody."""


@dataclass(frozen=True)
class AddressChange:
    """What somebody at a new address was asked to confirm."""

    subscriber_id: int
    mark: str
    email: str

    def is_from(self, subscriber: Subscriber) -> bool:
        """Whether the subscriber still has the address that they had when they asked."""
        return _is_marked(subscriber, self.mark)


def confirm_url(consent: Consent, language: str = "") -> str:
    """Where a subscription is confirmed, within a week."""
    token = signing.dumps([consent.pk, _mark(consent.subscriber.normalised)], salt=CONFIRM)
    return address("confirm", token, language or consent.subscriber.language)


def address_url(subscriber: Subscriber, email: str) -> str:
    """Where a subscriber's new address is confirmed, within a week."""
    token = signing.dumps([subscriber.pk, _mark(subscriber.normalised), email], salt=ADDRESS)
    return address("address", token, subscriber.language)


def export_url(subscriber: Subscriber) -> str:
    """Where everything that is held about a subscriber is fetched, within a day."""
    token = signing.dumps([subscriber.pk, _mark(subscriber.normalised)], salt=EXPORT)
    return address("export", token, subscriber.language)


def preferences_url(subscriber: Subscriber) -> str:
    """Where a subscriber sees and changes what is known of them, for 90 days."""
    token = sign([subscriber.pk, timezone.localdate().toordinal()], PREFERENCES)
    return address("preferences", token, subscriber.language)


def leave_url(subscription: Subscription) -> str:
    """Where a list is left by a button. Does not expire."""
    token = sign(subscription.pk, LEAVE)
    return address("unsubscribe", token, subscription.subscriber.language)


def one_click_url(subscription: Subscription) -> str:
    """For the List-Unsubscribe header of a letter to a list (RFC 8058). Does not expire."""
    token = sign(subscription.pk, LEAVE)
    return address("one_click", token, subscription.subscriber.language)


def leave_by_mail(token: str) -> str:
    """For List-Unsubscribe: a letter to this address leaves the list, too (RFC 2369, 3.2)."""
    to = settings.MAIL_BOUNCE_ADDRESS or sender_address(settings.DEFAULT_FROM_EMAIL)
    return f"mailto:{to}?subject=unsubscribe%20{token}"


def archive_url(language: str) -> str:
    """Where the bulletins that were sent can be read."""
    with translation.override(interface_language(language)):
        return absolute("/listserv/")


def address(view: str, token: str, language: str) -> str:
    """The full address of one of our views for a token, which may be a merge field."""
    mark = "token"
    with translation.override(interface_language(language)):
        path = reverse(f"newsletter:{view}", args=[mark])
    return absolute(f"{path.removesuffix(f'{mark}/')}{token}/")


def consent_of(token: str) -> Consent:
    """The consent that a link to confirm is about. Raises LinkExpired, LinkInvalid."""
    key, mark = _dated(token, CONFIRM, CONFIRM_SECONDS)
    consent = Consent.objects.select_related("subscriber").filter(pk=key).first()
    if consent is None or not _is_marked(consent.subscriber, mark):
        raise LinkInvalid
    return consent


def address_change_of(token: str) -> AddressChange:
    """What a link to confirm a new address is about. Raises LinkExpired, LinkInvalid."""
    return AddressChange(*_dated(token, ADDRESS, ADDRESS_SECONDS))


def exported_by(token: str) -> Subscriber:
    """The subscriber that a link to an export is about. Raises LinkExpired, LinkInvalid."""
    key, mark = _dated(token, EXPORT, EXPORT_SECONDS)
    subscriber = Subscriber.objects.filter(pk=key).first()
    if subscriber is None or not _is_marked(subscriber, mark):
        raise LinkInvalid
    return subscriber


def subscriber_of(token: str) -> Subscriber:
    """The subscriber that a link to preferences is about.

    It expires, and so it does when the subscriber moves to another address: the letters at the old
    one may be somebody else's. Raises PreferencesExpired, LinkInvalid, LinkOfTest.
    """
    subscriber, day = _subscriber_and_day(token)
    if timezone.localdate() - day > timedelta(days=PREFERENCES_DAYS):
        raise PreferencesExpired
    moved = subscriber.history.filter(kind=HistoryEntry.Kind.MOVED).order_by("-at").first()
    if moved and day < timezone.localdate(moved.at):
        raise PreferencesExpired
    return subscriber


def subscription_of(token: str) -> Subscription:
    """The subscription that a link to leave is about. Raises LinkInvalid, LinkOfTest."""
    key = _value(token, LEAVE)
    if not isinstance(key, int):
        raise LinkInvalid
    if key == NOBODY:
        raise LinkOfTest
    subscriptions = Subscription.objects.select_related("subscriber", "mailing_list")
    subscription = (
        subscriptions.filter(pk=key).first() or subscriptions.filter(former__key=key).first()
    )
    if subscription is None:
        raise LinkToNothing
    return subscription


def owner_of(token: str) -> Subscriber:
    """Whom a link to preferences, however old, or to leave is about: to be sent a new one.

    Raises LinkInvalid, LinkOfTest.
    """
    try:
        return subscription_of(token).subscriber
    except LinkToNothing:
        raise
    except LinkInvalid:
        return _subscriber_and_day(token)[0]


def _subscriber_and_day(token: str) -> tuple[Subscriber, date]:
    key, day = _value(token, PREFERENCES)
    if key == NOBODY:
        raise LinkOfTest
    subscriber = Subscriber.objects.filter(pk=key).first()
    if subscriber is None:
        raise LinkToNothing
    return subscriber, date.fromordinal(day)


def _dated(token: str, salt: str, seconds: int) -> Any:
    """What was signed with a date. Raises LinkExpired, LinkInvalid."""
    try:
        return signing.loads(token, salt=salt, max_age=seconds)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature as error:
        raise LinkInvalid from error


def _value(token: str, salt: str) -> Any:
    """What was signed by `sign`. Raises LinkInvalid."""
    signer = signing.Signer(salt=salt)
    try:
        # A signature with a date is made from the same secret, and would be taken for one without.
        if signer.sep in signer.unsign(token):
            raise LinkInvalid
        return signer.unsign_object(token)
    except signing.BadSignature as error:
        raise LinkInvalid from error


def _mark(normalised: str, secret: str = "") -> str:
    """What a link remembers of an address: enough to see that it is another one by now."""
    secret = secret or settings.SECRET_KEY
    return salted_hmac("newsletter.links", normalised, secret, algorithm="sha256").hexdigest()[:20]


def _is_marked(subscriber: Subscriber, mark: str) -> bool:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(_mark(subscriber.normalised, key), mark) for key in keys)
