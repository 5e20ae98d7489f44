"""Letters to everybody whom a query finds, and what was counted."""

from icrtop.mail.audiences import Audience
from icrtop.mail.models import Message
from icrtop.mail.services import queue_message
from newsletter.models import Subscriber


def queue(audience: Audience, **changes: object) -> Message:
    letter = {"subject": "News", "purpose": "test", "html": "<p>News</p>", "text": "News"}
    return queue_message(**{"to": audience, **letter, **changes})


def everybody(**changes: object) -> Audience:
    return Audience(**{"queryset": Subscriber.objects.all(), **changes})


def addresses(message: Message) -> list[str]:
    return sorted(message.deliveries.values_list("address", flat=True))


def counts(message: Message) -> tuple[int, int, int]:
    """As they are in the database, after making sure that nobody is lost."""
    message = Message.objects.get(pk=message.pk)
    numbers = message.candidates, message.duplicates, message.unusable
    assert message.candidates == sum(numbers[1:]) + message.deliveries.count()
    return numbers
