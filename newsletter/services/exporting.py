"""Everything that the listserv holds about an address, for its owner (GDPR, article 15)."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from icrtop.mail.models import Delivery, Suppression
from newsletter import links
from newsletter.bounces.counting import held_about
from newsletter.choices import Choices
from newsletter.models.imports import ImportRow
from newsletter.models.subscribers import Subscriber
from newsletter.services import letters


@transaction.atomic
def send_link(subscriber: Subscriber) -> None:
    """Mail a subscriber a link to the export, good for one day.

    After five letters in a day an address gets no more, and no error says so.
    """
    if not letters.may_write_to(subscriber.normalised):
        return
    letters.write(
        "export",
        to=subscriber.email,
        subject=_("Everything that we hold about you"),
        language=subscriber.language,
        context={"export_url": links.export_url(subscriber)},
    )


def everything_about(subscriber: Subscriber) -> dict[str, Any]:
    """What the listserv holds about a subscriber and their address, ready for JSON.

    Names are kept as the fields have them, and moments in UTC.
    """
    address = subscriber.normalised
    return {
        "site": settings.BASE_URL,
        "exported": timezone.now(),
        "subscriber": {
            "email": subscriber.email,
            "address_for_comparison": address,
            "first_asked": subscriber.created,
            "choices": Choices.of(subscriber).as_json(),
        },
        "subscriptions": [
            {
                "list": each.mailing_list.name,
                "state": each.state,
                "asked": each.asked_at,
                "confirmed": each.confirmed_at,
                "unsubscribed": each.unsubscribed_at,
            }
            for each in subscriber.subscriptions.select_related("mailing_list")
        ],
        "consents": [
            {
                "wording": each.wording,
                "wording_version": each.wording_version,
                "lists": [mailing_list.name for mailing_list in each.mailing_lists.all()],
                "choices": each.choices,
                "how": each.how,
                "given": each.given_at,
                "confirmed": each.confirmed_at,
            }
            for each in subscriber.consents.prefetch_related("mailing_lists")
        ],
        "history": [
            {
                "what": each.kind,
                "list": each.mailing_list.name if each.mailing_list else None,
                "how": each.how,
                "by_staff": each.by_id is not None,
                "when": each.at,
            }
            for each in subscriber.history.select_related("mailing_list")
        ],
        "letters": [
            {
                "subject": each.message.subject,
                "purpose": each.message.purpose,
                "list": each.message.list_id,
                "address": each.address,
                "name": each.name,
                "queued": each.created,
                "state": each.state,
                "state_since": each.changed,
                "reason": each.reason,
                "mail_server_said": each.server_reply,
            }
            for each in Delivery.objects.filter(normalised=address)
            .select_related("message")
            .defer("message__html", "message__text")
        ],
        "suppressions": list(
            Suppression.objects.filter(normalised=address).values("reason", "note", "created")
        ),
        "bounces": list(
            held_about(address).values("kind", "status", "detail", "excerpt", "received_at")
        ),
        "uploads_waiting_for_staff": list(
            ImportRow.objects.filter(normalised=address).values(
                "email", "name", "language", "countries"
            )
        ),
    }
