"""What tests of the outbox in the admin share: staff, messages with letters, and reading pages."""

import re
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from icrtop.accounts.models import User
from icrtop.mail.models import LEASED, Message, State
from tests.factories.mail import DeliveryFactory, MessageFactory


def user_with(*codenames: str) -> User:
    """Somebody who may enter the admin, and has these permissions."""
    user = User.objects.create_user(f"{uuid.uuid4().hex}@example.org")
    user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", *codenames]))
    return user


def controller() -> User:
    """Somebody who may look at messages and control them."""
    return user_with("view_message", "control_message", "view_delivery")


def address_of(message: Message, action: str) -> str:
    return reverse("messages:action", args=[message.pk, action])


def states_of(message: Message) -> list[str]:
    return sorted(message.deliveries.values_list("state", flat=True))


def logged(message: Message) -> list[tuple[str, Any]]:
    """What the audit log says was done with a message."""
    entries = ModelLogEntry.objects.filter(object_id=str(message.pk)).order_by("pk")
    return [(entry.action, entry.data) for entry in entries]


def message_with(letters: Mapping[State, int], **fields: Any) -> Message:
    """A message with so many letters in each of these states."""
    message = MessageFactory(**fields)
    for state, number in letters.items():
        lease = {}
        if state in LEASED:
            lease = {"token": uuid.uuid4(), "lease_until": timezone.now() + timedelta(minutes=5)}
        DeliveryFactory.create_batch(number, message=message, state=state, **lease)
    return message


def text_of(response: HttpResponse) -> str:
    """What people read on a page, in one line."""
    html = re.sub(r"<(script|template).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def hidden_fields(response: HttpResponse) -> dict[str, str]:
    """What the form of a page that asks sends along unseen: the numbers that it named."""
    field = r'<input type="hidden" name="(letters|messages)" value="(\d+)"'
    return dict(re.findall(field, response.content.decode()))


def confirm(client: Client, address: str, **typed: str) -> tuple[HttpResponse, HttpResponse]:
    """Open the page that asks, and press its button; return both answers."""
    asked = client.get(address)
    assert asked.status_code == 200
    return asked, client.post(address, {**hidden_fields(asked), **typed}, follow=True)
