"""Asking for lists, and confirming it."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from icrtop.mail.addresses import normalise
from newsletter import links
from newsletter.choices import Choices
from newsletter.models.lists import MailingList
from newsletter.models.records import Consent, HistoryEntry
from newsletter.models.subscribers import Subscriber, Subscription
from newsletter.services import letters
from newsletter.services.choosing import apply_choices
from newsletter.services.erasing import welcome
from newsletter.services.history import note
from newsletter.wording import CONSENT, CONSENT_VERSION


@transaction.atomic
def ask_to_subscribe(
    *, email: str, mailing_lists: Iterable[MailingList], choices: Choices, how: str
) -> None:
    """Note that somebody asked for lists in the name of an address, and write to that address.

    Nothing is changed but by `confirm`: until then what was chosen is kept with the consent alone.
    Whoever has all of it gets a letter that says so instead, so that the form need not, and tells
    nobody who subscribes. After five letters in a day an address gets no more, and no error says
    so. `how` is kept with the consent, and the wording in the language of the request. Raises
    InvalidAddress.
    """
    normalised = normalise(email)
    if not letters.may_write_to(normalised):
        return
    subscriber = _subscriber(email, normalised)
    wanted = list(mailing_lists)
    confirmed = set(subscriber.subscriptions.confirmed().values_list("mailing_list_id", flat=True))
    adds = choices.adds_to(Choices.of(subscriber))
    asked = [each for each in wanted if each.pk not in confirmed or (each.sends_alerts and adds)]
    if not asked:
        _write_to_known(subscriber, wanted)
        return
    missing = [each for each in asked if each.pk not in confirmed]
    # What was left stays so until somebody confirms.
    subscriber.subscriptions.filter(
        state=Subscription.State.PENDING, mailing_list__in=missing
    ).update(asked_at=Now())
    Subscription.objects.bulk_create(
        [Subscription(subscriber=subscriber, mailing_list=each) for each in missing],
        ignore_conflicts=True,
    )
    consent = Consent.objects.create(
        subscriber=subscriber,
        choices=choices.as_json(),
        wording=str(CONSENT),
        wording_version=CONSENT_VERSION,
        how=how,
    )
    consent.mailing_lists.set(asked)
    note(subscriber, HistoryEntry.Kind.ASKED, how, *asked)
    language = choices.language or subscriber.language
    letters.write(
        "confirm",
        to=subscriber.email,
        subject=_("Please confirm your subscription"),
        language=language,
        context={"confirm_url": links.confirm_url(consent, language), "mailing_lists": asked},
    )


@transaction.atomic
def confirm(consent: Consent) -> bool:
    """Put the subscriber on the lists that the consent is about, with what was chosen, once.

    False if the consent was confirmed before, or if all of its lists were left since it was given:
    an old letter undoes no later unsubscribing.
    """
    subscriber = (
        Subscriber.objects.select_for_update(no_key=True).filter(pk=consent.subscriber_id).first()
    )
    if subscriber is None:
        return False
    lists, choices = what_confirming_does(consent)
    unconfirmed = Consent.objects.filter(pk=consent.pk, confirmed_at=None)
    if not lists or not unconfirmed.update(confirmed_at=Now()):
        return False
    join(subscriber, lists, how=consent.how)
    if apply_choices(subscriber, choices.added_to(Choices.of(subscriber))):
        note(subscriber, HistoryEntry.Kind.CHOSE, consent.how)
    return True


def what_confirming_does(consent: Consent) -> tuple[list[MailingList], Choices]:
    """The lists that a consent would put its subscriber on, and what is then chosen."""
    left_since = Subscription.objects.filter(
        subscriber=consent.subscriber_id,
        state=Subscription.State.UNSUBSCRIBED,
        unsubscribed_at__gte=consent.given_at,
    )
    lists = list(consent.mailing_lists.exclude(pk__in=left_since.values("mailing_list")))
    choices = Choices.from_json(consent.choices)
    if not any(each.sends_alerts for each in lists):
        choices = choices.without_alerts()
    return lists, choices


def join(subscriber: Subscriber, mailing_lists: Sequence[MailingList], *, how: str) -> None:
    """Put somebody on lists who has proved that the mailbox is theirs, in the caller's transaction.

    An address that was erased is welcome again.
    """
    Subscription.objects.bulk_create(
        [Subscription(subscriber=subscriber, mailing_list=each) for each in mailing_lists],
        ignore_conflicts=True,
    )
    joining = subscriber.subscriptions.unconfirmed().filter(mailing_list__in=mailing_lists)
    new = [each.mailing_list for each in joining.select_related("mailing_list")]
    joining.update(state=Subscription.State.CONFIRMED, confirmed_at=Now(), unsubscribed_at=None)
    if new:
        note(subscriber, HistoryEntry.Kind.JOINED, how, *new)
    welcome(subscriber.normalised)


def _subscriber(email: str, normalised: str) -> Subscriber:
    """The row of an address, held until the transaction ends."""
    Subscriber.objects.bulk_create(
        [Subscriber(email=email, normalised=normalised)], ignore_conflicts=True
    )
    subscriber = Subscriber.objects.select_for_update(no_key=True).get(normalised=normalised)
    # Whoever came before may have typed it in their own way.
    if subscriber.email != email and not subscriber.consents.exclude(confirmed_at=None).exists():
        subscriber.email = email
        subscriber.save(update_fields=["email"])
    return subscriber


def _write_to_known(subscriber: Subscriber, mailing_lists: list[MailingList]) -> None:
    letters.write(
        "known",
        to=subscriber.email,
        subject=_("You are subscribed already"),
        language=subscriber.language,
        context={
            "preferences_url": links.preferences_url(subscriber),
            "mailing_lists": mailing_lists,
        },
    )
