"""The closed list for the focal points of members: they are offered it, and leave it as they leave.

Whoever is at it has signed in with an address that a code was mailed to, so nothing is left to
confirm.
"""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from icrtop.mail.addresses import normalise
from members.leaving import focal_point_left
from members.models import FocalPoint
from newsletter.choices import Choices
from newsletter.models.lists import MailingList
from newsletter.models.records import Consent
from newsletter.models.subscribers import Subscriber, Subscription
from newsletter.services import letters
from newsletter.services.leaving import unsubscribe
from newsletter.services.subscribing import join
from newsletter.wording import CONSENT_VERSION, MEMBERS_LIST_CONSENT

SLUG = "focal-points"
HOW = "offered to a member's focal point, signed in"
HOW_LEFT = "by themselves, signed in"
HOW_OVER = "no longer a focal point of a member"


class NotOffered(Exception):
    """The list is for focal points of members, and this address is none's."""


def the_list() -> MailingList | None:
    """The list, unless staff have given it another short name."""
    return MailingList.objects.filter(slug=SLUG).first()


def may_join(address: str) -> bool:
    """Whether a verified, normalised address is a focal point's of a member."""
    return FocalPoint.objects.of_members().of(address).exists()


def is_on(address: str) -> bool:
    on = Subscription.objects.confirmed().filter(mailing_list__slug=SLUG)
    return on.filter(subscriber__normalised=address).exists()


@transaction.atomic
def take_offer(email: str) -> None:
    """Put the holder of a verified address on the list, with their consent. Done twice, it is done.

    Raises NotOffered, InvalidAddress.
    """
    normalised = normalise(email)
    mailing_list = the_list()
    if mailing_list is None or not may_join(normalised):
        raise NotOffered
    letters.hold(normalised)
    Subscriber.objects.get_or_create(normalised=normalised, defaults={"email": email})
    subscriber = Subscriber.objects.select_for_update(no_key=True).get(normalised=normalised)
    if is_on(normalised):
        return
    consent = Consent.objects.create(
        subscriber=subscriber,
        choices=Choices.of(subscriber).as_json(),
        wording=str(MEMBERS_LIST_CONSENT),
        wording_version=CONSENT_VERSION,
        how=HOW,
        confirmed_at=Now(),
    )
    consent.mailing_lists.set([mailing_list])
    join(subscriber, [mailing_list], how=HOW)


def leave(address: str, how: str = HOW_LEFT) -> None:
    """Take a normalised address off the list. Done twice, it is done."""
    subscriber = Subscriber.objects.filter(normalised=address).first()
    mailing_list = the_list()
    if subscriber and mailing_list:
        unsubscribe(subscriber, mailing_list, how=how)


def connect() -> None:
    """Listen for those who stop being focal points of a member."""
    focal_point_left.connect(_left, dispatch_uid="focal points leave the members' list")


def _left(address: str, **kwargs: Any) -> None:
    leave(address, HOW_OVER)
