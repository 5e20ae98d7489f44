"""Moving a subscriber to another address, which may be that of another subscriber."""

from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from icrtop.mail import control
from icrtop.mail.addresses import InvalidAddress, normalise
from newsletter import links
from newsletter.models.lists import MailingList
from newsletter.models.records import ErasedAddress, HistoryEntry
from newsletter.models.subscribers import Subscriber
from newsletter.services import letters
from newsletter.services.erasing import remember, welcome
from newsletter.services.history import note
from newsletter.services.uniting import left_at, unite

HOW = "link in a letter to the new address"


@transaction.atomic
def ask_to_move(subscriber: Subscriber, email: str) -> None:
    """Write to the address that a subscriber wants their letters at. Nothing is changed.

    After five letters in a day an address gets no more, and no error says so. Raises
    InvalidAddress.
    """
    if not letters.may_write_to(normalise(email)):
        return
    letters.write(
        "address",
        to=email,
        subject=gettext_lazy("Please confirm your new address"),
        language=subscriber.language,
        context={
            "address_url": links.address_url(subscriber, email),
            "masked_email": subscriber.masked_email,
        },
    )


@transaction.atomic
def move(change: links.AddressChange) -> None:
    """Have a subscriber's letters sent to the address that they have confirmed.

    If another subscriber has that address, the two become one: see `unite`. What waits for the old
    address is not sent, and the old address is told. Done twice, it is done. Raises
    `links.LinkInvalid` if the subscriber has moved elsewhere since they asked, or is gone.
    """
    normalised = normalise(change.email)
    letters.hold(normalised)
    keys = Subscriber.objects.filter(normalised=normalised) | Subscriber.objects.filter(
        pk=change.subscriber_id
    )
    held = {each.pk: each for each in keys.select_for_update().order_by("pk")}
    there = next((each for each in held.values() if each.normalised == normalised), None)
    subscriber = held.get(change.subscriber_id)
    if there and (subscriber is None or subscriber == there):
        return
    if subscriber is None or not change.is_from(subscriber):
        raise links.LinkInvalid
    old_email, old = subscriber.email, subscriber.normalised
    language = subscriber.language
    if there:
        unite(subscriber, into=there)
        subscriber = there
    else:
        subscriber.email, subscriber.normalised = change.email, normalised
        subscriber.save(update_fields=["email", "normalised"])
    note(subscriber, HistoryEntry.Kind.MOVED, HOW)
    welcome(normalised)
    # Somebody's old table still has it: it would be a second subscription of the same person.
    remember(old, ErasedAddress.Reason.MOVED)
    # Nothing waits for an address that is none, and nobody can be told there.
    with suppress(InvalidAddress):
        control.withdraw(old, reason=_("The recipient has another address now."))
        letters.write(
            "moved",
            to=old_email,
            subject=gettext_lazy("Your letters go to another address now"),
            language=language,
            context={},
        )


def what_moving_does(change: links.AddressChange) -> dict[str, Any]:
    """What the page at a new address says before and after the button.

    Raises `links.LinkInvalid` where `move` would.
    """
    subscriber = Subscriber.objects.filter(pk=change.subscriber_id).first()
    there = Subscriber.objects.filter(normalised=normalise(change.email)).first()
    if there and (subscriber is None or subscriber == there):
        return {"is_done": True, "preferences_url": links.preferences_url(there)}
    if subscriber is None or not change.is_from(subscriber):
        raise links.LinkInvalid
    on = _confirmed(subscriber)
    stays_off = left_at(there, on) if there else []
    if there:
        on = sorted({*on, *_confirmed(there)} - set(stays_off), key=lambda one: one.position)
    return {
        "email": change.email,
        "masked_email": subscriber.masked_email,
        "mailing_lists": on,
        "stays_off": stays_off,
        "is_known": there is not None,
    }


def _confirmed(subscriber: Subscriber) -> list[MailingList]:
    confirmed = subscriber.subscriptions.confirmed().select_related("mailing_list")
    return [each.mailing_list for each in confirmed]
