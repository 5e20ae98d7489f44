"""Mails that come back, as servers around the world write them, about a letter of ours."""

import hashlib
from pathlib import Path

from icrtop.mail.composing import fill_text, values_for
from icrtop.mail.models import Delivery, State
from icrtop.mail.verp import envelope_sender
from newsletter.bounces.reading import process
from newsletter.links import LEAVE
from newsletter.list_letters import headers_of
from newsletter.models import Bounce, Subscription
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.factories.newsletter import SubscriptionFactory

FOLDER = Path(__file__).parent / "reports"
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))


def letter_to(subscription: Subscription, **fields: object) -> Delivery:
    """A letter of a list that a subscriber was sent."""
    mailing_list = subscription.mailing_list
    message = MessageFactory(
        list_id=mailing_list.slug,
        headers=headers_of(mailing_list, "en").as_headers(),
        signed={"leave": LEAVE},
    )
    return DeliveryFactory(
        message=message,
        address=subscription.subscriber.email,
        state=State.SENT,
        merge={"leave": subscription.pk},
        **fields,
    )


def letter() -> Delivery:
    """A letter to somebody new, on a list."""
    return letter_to(SubscriptionFactory(confirmed=True))


def report(name: str, delivery: Delivery, *, line_end: str = "\n", **changes: str) -> bytes:
    """The mail of this name, about this letter. Changes replace @@NAME@@ by something else."""
    fields = {
        "ADDRESS": delivery.address,
        "VERP": envelope_sender(delivery, ""),
        "UNSUBSCRIBE": unsubscribe_header(delivery),
        **changes,
    }
    text = (FOLDER / f"{name}.eml").read_text()
    for field, value in fields.items():
        text = text.replace(f"@@{field}@@", value)
    return text.replace("\n", line_end).encode()


def unsubscribe_header(delivery: Delivery) -> str:
    """The List-Unsubscribe of a letter, as it was sent."""
    header = delivery.message.headers.get("List-Unsubscribe", "")
    return fill_text(header, values_for(delivery, delivery.message.signed))


def came_back(content: bytes) -> Bounce:
    """Have the site process a mail, and return what it keeps of it."""
    process(content)
    return Bounce.objects.get(digest=hashlib.sha256(content).hexdigest())
