"""The address in every letter about a registration: signed, so that only its reader can use it.

It has no date: it leads somewhere until what is known of the person is removed.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation

from events.models import Registration
from icrtop.mail.composing import sign
from icrtop.mail.letters import absolute

MANAGE = "events.registration"


class LinkInvalid(Exception):
    """The link was never ours, or was cut off."""


class LinkToNothing(Exception):
    """The link was ours, and what it was about is removed."""


def manage_link(registration: Registration) -> str:
    """The full address at which a registration is seen, and can be cancelled."""
    return address(token_of(registration), registration.language)


def token_of(registration: Registration) -> str:
    return sign(str(registration.uid), MANAGE)


def address(token: str, language: str) -> str:
    """The full address of the page for a token, which may be a merge field."""
    mark = "token"
    known = dict(settings.LANGUAGES)
    with translation.override(language if language in known else settings.LANGUAGE_CODE):
        path = reverse("events:registration", args=[mark])
    return absolute(f"{path.removesuffix(f'{mark}/')}{token}/")


def registration_of(token: str) -> Registration:
    """The registration that a link is about, with its event. Raises LinkInvalid, LinkToNothing."""
    try:
        uid = uuid.UUID(signing.Signer(salt=MANAGE).unsign_object(token))
    except (signing.BadSignature, ValueError, TypeError, AttributeError) as error:
        raise LinkInvalid from error
    registration = Registration.objects.select_related("event").filter(uid=uid).first()
    if registration is None or registration.removed_at:
        raise LinkToNothing
    return registration
