"""Erasing what is held about an address, and knowing it again without keeping it."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac

from icrtop.accounts.models import User
from icrtop.mail.erasing import erase_address
from icrtop.mail.models import Message, Suppression
from newsletter.bounces import counting as bounces
from newsletter.models.imports import ImportRow
from newsletter.models.records import ErasedAddress
from newsletter.models.subscribers import Subscriber
from newsletter.services import letters
from newsletter.services.leaving import unsubscribe

REASONS: dict[str, ErasedAddress.Reason] = {
    Suppression.Reason.BOUNCED: ErasedAddress.Reason.BOUNCED,
    Suppression.Reason.COMPLAINED: ErasedAddress.Reason.COMPLAINED,
}


@transaction.atomic
def erase(subscriber: Subscriber, *, how: str, by: User | None = None) -> None:
    """Erase a subscriber, and their address wherever the listserv has it. Done twice, it is done.

    What stays: the history as numbers, letters in the outbox without their recipient, and a keyed
    hash of the address, by which it is known again if somebody wants to import it. An application
    to join the Coalition, and its letters, are no part of the listserv. `how` goes into the
    history.
    """
    # The address before the row, as everybody does who holds both.
    letters.hold(subscriber.normalised)
    held = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if held is None:
        return
    unsubscribe(held, how=how, by=by)
    forget_address(held.normalised)
    held.delete()


def forget_address(normalised: str) -> None:
    """Put the hash of an address in place of it, wherever the listserv has it beside subscribers.

    In the caller's transaction.
    """
    letters.hold(normalised)
    suppressions = Suppression.objects.filter(normalised=normalised)
    reasons = [REASONS.get(each.reason) for each in suppressions]
    suppressions.delete()
    remember(normalised, next(filter(None, reasons), ErasedAddress.Reason.ASKED))
    ImportRow.objects.filter(normalised=normalised).delete()
    bounces.forget(normalised)
    erase_address(normalised, messages_of_the_listserv())


def remember(normalised: str, reason: ErasedAddress.Reason) -> None:
    """Keep the hash of an address, so that it is not imported. The first reason stays."""
    if not is_erased(normalised):
        ErasedAddress.objects.create(digest=digest(normalised), reason=reason)


def welcome(normalised: str) -> None:
    """Forget that an address was erased: its owner has come back by themselves."""
    ErasedAddress.objects.filter(digest__in=digests(normalised)).delete()


def messages_of_the_listserv() -> QuerySet[Message]:
    """Letters to lists, and what the listserv writes to single subscribers."""
    return Message.objects.filter(Q(purpose__startswith="newsletter.") | ~Q(list_id=""))


def digest(normalised: str) -> str:
    """The keyed hash by which an erased address is known again: 64 hexadecimal digits."""
    return digests(normalised)[0]


def digests(normalised: str) -> list[str]:
    """The hashes that an address may stand under: by the secret key first, then by older ones."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [
        salted_hmac("newsletter.erased", normalised, key, algorithm="sha256").hexdigest()
        for key in keys
    ]


def is_erased(normalised: str) -> bool:
    """Whether an address was erased, and its owner has not come back since by themselves."""
    return ErasedAddress.objects.filter(digest__in=digests(normalised)).exists()
