"""Letters in every state, and what became of them."""

import uuid
from datetime import timedelta

from django.db.models.functions import Now

from icrtop.mail.models import LEASED, Delivery, Message, State
from tests.factories.mail import DeliveryFactory, MessageFactory


def letter(
    state: str = State.PENDING, message: Message | None = None, **values: object
) -> Delivery:
    """A letter in any state, held by somebody where that state needs it."""
    held = {"token": uuid.uuid4(), "lease_until": Now() + timedelta(minutes=5)}
    return DeliveryFactory(
        message=message or MessageFactory(),
        state=state,
        **(held if state in LEASED else {}),
        **values,
    )


def one_of_each(message: Message) -> dict[str, Delivery]:
    return {state: letter(state, message) for state in State}


def states(letters: dict[str, Delivery]) -> dict[str, str]:
    """The state of each letter now, by the one that it was in."""
    return {state: Delivery.objects.get(pk=each.pk).state for state, each in letters.items()}


def unchanged(**changed: State) -> dict[str, str]:
    return {state: changed.get(state.name, state) for state in State}


def reload(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)
