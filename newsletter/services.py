"""What changes mailing lists and subscriptions: asking, confirming, leaving."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from icrtop.mail import control
from icrtop.mail.addresses import InvalidAddress, normalise
from icrtop.mail.models import Delivery
from icrtop.mail.services import queue_message
from newsletter import links
from newsletter.models.subscribers import Consent, MailingList, Subscriber, Subscription
from newsletter.wording import CONSENT, CONSENT_VERSION

logger = logging.getLogger(__name__)

# However many clients ask, and with Redis away: nobody's mailbox is filled through our form.
LETTERS_PER_DAY = 5
CONFIRM_PURPOSE = "newsletter.confirm"
KNOWN_PURPOSE = "newsletter.known"

FIRST_LISTS: tuple[dict[str, Any], ...] = (
    {
        "slug": "bulletin",
        "name": "RtoP Bulletin",
        "description": "What is new on the Responsibility to Protect, in one letter.",
    },
    {
        "slug": "country-alerts",
        "name": "Country alerts",
        "description": "When a situation changes, or a new one is of concern.",
    },
    {
        "slug": "events",
        "name": "Events",
        "description": "Invitations to meetings and debates around the world.",
    },
    {
        "slug": "focal-points",
        "name": "Members' list for focal points",
        "description": "For the focal points of the Coalition's members.",
        "is_public": False,
    },
)


@transaction.atomic
def ensure_lists() -> list[MailingList]:
    """Create the lists that a new site begins with; what staff made of them since stays."""
    return [
        MailingList.objects.get_or_create(
            slug=first["slug"], defaults={**first, "position": position}
        )[0]
        for position, first in enumerate(FIRST_LISTS, start=1)
    ]


@transaction.atomic
def ask_to_subscribe(
    *, email: str, name: str, mailing_lists: Iterable[MailingList], language: str, how: str
) -> None:
    """Note that somebody asked for lists in the name of an address, and write to that address.

    The address is on no list until `confirm`. Whoever is on all these lists gets a letter that says
    so instead, so that the form need not, and tells nobody who subscribes. After five letters in a
    day an address gets no more, and no error says so. `how` is kept with the consent. Raises
    InvalidAddress.
    """
    subscriber = _subscriber(email, name, language)
    if _letters_today(subscriber) >= LETTERS_PER_DAY:
        logger.warning("Subscriber %d has had enough letters today", subscriber.pk)
        return
    wanted = list(mailing_lists)
    confirmed = set(subscriber.subscriptions.confirmed().values_list("mailing_list_id", flat=True))
    missing = [each for each in wanted if each.pk not in confirmed]
    if not missing:
        _write_to_known(subscriber, wanted)
        return
    subscriber.subscriptions.unconfirmed().filter(mailing_list__in=missing).update(
        state=Subscription.State.PENDING, asked_at=Now()
    )
    Subscription.objects.bulk_create(
        [Subscription(subscriber=subscriber, mailing_list=each) for each in missing],
        ignore_conflicts=True,
    )
    with translation.override(subscriber.language):
        consent = Consent.objects.create(
            subscriber=subscriber,
            wording=str(CONSENT),
            wording_version=CONSENT_VERSION,
            how=how,
        )
    consent.mailing_lists.set(missing)
    _write_to_confirm(consent, missing)


@transaction.atomic
def confirm(consent: Consent) -> bool:
    """Put the subscriber on the lists that the consent is about, once.

    False if the consent was confirmed before: an old letter undoes no later unsubscribing.
    """
    first_time = Consent.objects.filter(pk=consent.pk, confirmed_at=None).update(confirmed_at=Now())
    if not first_time:
        return False
    subscriptions = Subscription.objects.filter(
        subscriber=consent.subscriber_id, mailing_list__in=consent.mailing_lists.all()
    )
    subscriptions.unconfirmed().update(
        state=Subscription.State.CONFIRMED, confirmed_at=Now(), unsubscribed_at=None
    )
    return True


@transaction.atomic
def unsubscribe(subscriber: Subscriber, mailing_list: MailingList | None = None) -> int:
    """End one subscription, or all of them; return how many were ended. Done twice, it is done.

    What waits for the subscriber from that list, or from any, is not sent.
    """
    ending = subscriber.subscriptions.ongoing()
    if mailing_list:
        ending = ending.filter(mailing_list=mailing_list)
    ended = ending.update(state=Subscription.State.UNSUBSCRIBED, unsubscribed_at=Now())
    # Nothing can be sent to an address that is none; its owner leaves the list all the same.
    with suppress(InvalidAddress):
        control.withdraw(subscriber.normalised, mailing_list.slug if mailing_list else "")
    return ended


def _subscriber(email: str, name: str, language: str) -> Subscriber:
    """The row of an address, held until the transaction ends."""
    normalised = normalise(email)
    Subscriber.objects.bulk_create(
        [Subscriber(email=email, normalised=normalised, name=name, language=language)],
        ignore_conflicts=True,
    )
    subscriber = Subscriber.objects.select_for_update().get(normalised=normalised)
    # What is known of somebody who has confirmed is not changed by whoever knows the address.
    if not subscriber.consents.exclude(confirmed_at=None).exists():
        subscriber.name, subscriber.language = name or subscriber.name, language
        subscriber.save(update_fields=["name", "language"])
    return subscriber


def _letters_today(subscriber: Subscriber) -> int:
    return Delivery.objects.filter(
        normalised=subscriber.normalised,
        message__purpose__in=(CONFIRM_PURPOSE, KNOWN_PURPOSE),
        created__gt=Now() - timedelta(days=1),
    ).count()


# Neither letter shows the name: whoever filled in the form chose it, and perhaps as a message.


def _write_to_confirm(consent: Consent, mailing_lists: list[MailingList]) -> None:
    with translation.override(consent.subscriber.language):
        queue_message(
            to=consent.subscriber.email,
            subject=_("Please confirm your subscription"),
            purpose=CONFIRM_PURPOSE,
            template="newsletter/confirm",
            context={"confirm_url": links.confirm_url(consent), "mailing_lists": mailing_lists},
        )


def _write_to_known(subscriber: Subscriber, mailing_lists: list[MailingList]) -> None:
    with translation.override(subscriber.language):
        queue_message(
            to=subscriber.email,
            subject=_("You are subscribed already"),
            purpose=KNOWN_PURPOSE,
            template="newsletter/known",
            context={"leave_url": links.leave_url(subscriber), "mailing_lists": mailing_lists},
        )
