"""Taking an address out of the outbox for good, while what was sent can still be counted."""

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, Now
from django.utils.html import format_html
from django.utils.translation import gettext as _

from icrtop.mail.models import OPEN, UNSENT, Delivery, DeliveryQuerySet, Message, State
from icrtop.mail.moves import check_move

PREFIX, DOMAIN = "erased-", "@invalid.invalid"


@transaction.atomic
def erase_address(normalised: str, messages: QuerySet[Message], reason: str = "") -> int:
    """Take an address out of its letters of these messages; return how many letters that were.

    What waits is cancelled, and what is leaving is not tried again. Each letter keeps its state,
    under an address of its own that leads nowhere, so that the counts of a message stay right. A
    message of no list that went to nobody else is blanked, as it may carry the address, or links
    that work.
    """
    letters = Delivery.objects.filter(normalised=normalised, message__in=messages)
    _cancel(letters, reason)
    _blank(letters)
    return _forget(letters)


@transaction.atomic
def erase_messages(messages: QuerySet[Message]) -> None:
    """Take everything out of these messages, and every address out of their letters.

    What waits is cancelled. That there was a letter, when, and what became of it, stays.
    """
    keys = list(messages.values_list("pk", flat=True))
    letters = Delivery.objects.filter(message__in=keys)
    _cancel(letters)
    text = _("The text of this letter was erased.")
    Message.objects.filter(pk__in=keys).update(
        subject=_("Erased"),
        text=text,
        html=format_html("<p>{}</p>", text),
        attachments=[],
        headers={},
        signed={},
    )
    _forget(letters)


def is_erased(delivery: Delivery) -> bool:
    """Whether nobody knows any more who a letter went to."""
    return delivery.normalised == f"{PREFIX}{delivery.pk}{DOMAIN}"


def _cancel(letters: DeliveryQuerySet, reason: str = "") -> None:
    check_move(UNSENT, State.CANCELLED)
    # First of all, in whatever state: those that are on their way may come back.
    letters.filter(state__in=(*OPEN, State.UNCERTAIN)).update(withdrawn=True)
    letters.unsent().update(
        state=State.CANCELLED,
        token=None,
        lease_until=None,
        reason=reason or _("The recipient was erased."),
        changed=Now(),
    )


def _forget(letters: QuerySet[Delivery]) -> int:
    nowhere = Concat(
        Value(PREFIX), Cast(F("pk"), TextField()), Value(DOMAIN), output_field=TextField()
    )
    return letters.update(
        address=nowhere, normalised=nowhere, name="", merge={}, server_reply="", changed=Now()
    )


def _blank(letters: QuerySet[Delivery]) -> None:
    """Blank the messages of these letters that nobody else has."""
    others = Delivery.objects.filter(message=OuterRef("pk")).exclude(pk__in=letters.values("pk"))
    # A letter to a list has nothing of its readers in it, but the merge fields.
    own = Message.objects.filter(pk__in=letters.values("message"), list_id="")
    text = _("The text of this letter was erased together with its recipient.")
    # Not by `save`, which refuses: what was sent is not replaced by something else here.
    own.exclude(Exists(others)).update(
        text=text,
        html=format_html("<p>{}</p>", text),
        attachments=[],
        headers={},
        signed={},
    )
