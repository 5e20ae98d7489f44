"""The single letters of the listserv: each answers something that somebody did on the website."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models.functions import Now
from django.utils import translation

from icrtop.mail.models import Delivery
from icrtop.mail.services import queue_message
from newsletter.languages import interface_language

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)

# However many clients ask, and with Redis away: nobody's mailbox is filled through our forms.
LETTERS_PER_DAY = 5
# What anybody can have sent to an address, or whoever holds a letter that was passed on.
ON_REQUEST = ("confirm", "known", "preferences", "unknown", "address", "export")


def may_write_to(normalised: str) -> bool:
    """Whether an address has had fewer than five letters on request within a day.

    Until the transaction ends, whoever else asks about the address waits here.
    """
    hold(normalised)
    letters = Delivery.objects.filter(
        normalised=normalised,
        message__purpose__in=[f"newsletter.{template}" for template in ON_REQUEST],
        created__gt=Now() - timedelta(days=1),
    )
    if letters.count() < LETTERS_PER_DAY:
        return True
    logger.warning("An address has had %d letters on request today", LETTERS_PER_DAY)
    return False


def hold(normalised: str) -> None:
    """Keep an address to this transaction, also where it has no row that could be locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"newsletter:{normalised}"]
        )


def write(
    template: str, *, to: str, subject: "StrOrPromise", language: str, context: dict[str, Any]
) -> None:
    """Put a letter of templates/mail/newsletter into the outbox, in the reader's language.

    None of them shows a name: whoever filled in the form chose it, and perhaps as a message.
    """
    with translation.override(interface_language(language)):
        queue_message(
            to=to,
            subject=str(subject),
            purpose=f"newsletter.{template}",
            template=f"newsletter/{template}",
            context=context,
        )
