"""What subscribers change on the page of their preferences, and how they get there."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from icrtop.accounts.models import User
from icrtop.mail.addresses import normalise
from icrtop.mail.letters import absolute
from newsletter import links
from newsletter.choices import Choices
from newsletter.models.lists import MailingList
from newsletter.models.records import Consent, HistoryEntry
from newsletter.models.subscribers import Subscriber
from newsletter.services import letters
from newsletter.services.choosing import apply_choices
from newsletter.services.history import note
from newsletter.services.leaving import unsubscribe
from newsletter.services.subscribing import join
from newsletter.wording import CONSENT_VERSION, PREFERENCES_CONSENT

HOW = "preference page"


@transaction.atomic
def save(subscriber: Subscriber, *, mailing_lists: Iterable[MailingList], choices: Choices) -> None:
    """Put a subscriber on these lists and off all others, with these choices and no others.

    Whoever is there has come by a link to the mailbox, so nothing is left to confirm; the consent
    to what is joined is recorded in the words of the page. A list that is closed is not joined.
    """
    subscriber = Subscriber.objects.select_for_update(no_key=True).get(pk=subscriber.pk)
    confirmed = subscriber.subscriptions.confirmed().select_related("mailing_list")
    before = {each.mailing_list for each in confirmed}
    wanted = set(mailing_lists)
    for each in sorted(before - wanted, key=lambda mailing_list: mailing_list.position):
        unsubscribe(subscriber, each, how=HOW)
    joining = [each for each in wanted - before if each.is_public]
    if joining:
        consent = Consent.objects.create(
            subscriber=subscriber,
            choices=choices.as_json(),
            wording=str(PREFERENCES_CONSENT),
            wording_version=CONSENT_VERSION,
            how=HOW,
            confirmed_at=Now(),
        )
        consent.mailing_lists.set(joining)
        join(subscriber, joining, how=HOW)
    if apply_choices(subscriber, choices):
        note(subscriber, HistoryEntry.Kind.CHOSE, HOW)


@transaction.atomic
def send_link(subscriber: Subscriber, *, how: str, by: User | None = None) -> bool:
    """Mail a new link to a subscriber's preferences to their address.

    False if the address has had enough letters today, see `letters.may_write_to`.
    """
    if not letters.may_write_to(subscriber.normalised):
        return False
    letters.write(
        "preferences",
        to=subscriber.email,
        subject=_("Your subscriptions"),
        language=subscriber.language,
        context={"preferences_url": links.preferences_url(subscriber)},
    )
    note(subscriber, HistoryEntry.Kind.LINK, how, by=by)
    return True


@transaction.atomic
def send_link_to(email: str, *, how: str) -> None:
    """Mail a link to the preferences of an address, or that there are none.

    Somebody gets a letter either way, so that neither the answer nor its time tells who subscribes.
    Raises InvalidAddress.
    """
    normalised = normalise(email)
    subscriber = Subscriber.objects.filter(normalised=normalised).first()
    if subscriber:
        send_link(subscriber, how=how)
    elif letters.may_write_to(normalised):
        letters.write(
            "unknown",
            to=email,
            subject=_("Your subscriptions"),
            language=get_language() or "",
            context={"subscribe_url": absolute("/subscribe")},
        )
