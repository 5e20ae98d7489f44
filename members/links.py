"""The signed addresses in letters to focal points: for whoever got the letter, and for a while.

A link is about one focal point at the address that they had when it was written. It says nothing
any more once they have another, or are none.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from icrtop.mail.letters import absolute
from members.models.focal_points import FocalPoint
from members.models.profiles import Reconfirmation

DAY = 24 * 60 * 60
RECONFIRM_DAYS = 90
ADDRESS_DAYS = 7

RECONFIRM = "members.reconfirm"
ADDRESS = "members.address"


class LinkExpired(Exception):
    """The link was ours, and is too old."""


class LinkInvalid(Exception):
    """The link was never ours, was cut off, or what it was about is no more."""


def reconfirm_url(question: Reconfirmation, focal_point: FocalPoint) -> str:
    """Where one focal point answers one year's question, within 90 days of the letter."""
    value = [question.pk, focal_point.pk, _mark(focal_point.normalised)]
    token = signing.dumps(value, salt=RECONFIRM)
    return absolute(reverse("organisation:reconfirm", args=[token]))


def reconfirmation_of(token: str) -> tuple[Reconfirmation, FocalPoint]:
    """The question that a link is about, and who it was sent to.

    The question may be answered by now, and its term of membership over. Raises LinkExpired,
    LinkInvalid.
    """
    key, focal_point, mark = _read(token, RECONFIRM, RECONFIRM_DAYS)
    asked = _focal_point(focal_point, mark)
    question = (
        Reconfirmation.objects.select_related("membership")
        .filter(pk=key, membership__organisation=asked.organisation_id)
        .first()
    )
    if question is None:
        raise LinkInvalid
    return question, asked


def address_url(focal_point: FocalPoint, email: str) -> str:
    """Where a focal point's new address is confirmed, within a week."""
    value = [focal_point.pk, _mark(focal_point.normalised), email]
    token = signing.dumps(value, salt=ADDRESS)
    return absolute(reverse("organisation:address", args=[token]))


def new_address_of(token: str) -> tuple[FocalPoint, str]:
    """Who asked for a new address, and which. Raises LinkExpired, LinkInvalid."""
    key, mark, email = _read(token, ADDRESS, ADDRESS_DAYS)
    return _focal_point(key, mark), email


def _focal_point(key: int, mark: str) -> FocalPoint:
    found = FocalPoint.objects.select_related("organisation").filter(pk=key).first()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if found and any(constant_time_compare(_mark(found.normalised, one), mark) for one in keys):
        return found
    raise LinkInvalid


def _read(token: str, salt: str, days: int) -> list[Any]:
    try:
        value: list[Any] = signing.loads(token, salt=salt, max_age=days * DAY)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature as error:
        raise LinkInvalid from error
    return value


def _mark(normalised: str, secret: str = "") -> str:
    """What a link remembers of an address: enough to see that it is another one by now."""
    key = secret or settings.SECRET_KEY
    return salted_hmac("members.links", normalised, key, algorithm="sha256").hexdigest()[:20]
