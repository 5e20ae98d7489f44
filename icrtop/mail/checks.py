from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from limits import parse_many

from icrtop.mail.addresses import InvalidAddress, deliverable, normalise
from icrtop.mail.models import Delivery
from icrtop.mail.pacing import ANY_DOMAIN
from icrtop.mail.smtp import SCHEMES
from icrtop.mail.verp import envelope_sender

MAX_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
LARGEST_KEY = 2**63 - 1


@register()
def check_mail_settings(**kwargs: Any) -> list[CheckMessage]:
    """Refuse settings under which every letter would wait for ever, or be refused."""
    return [*_check_sending(), *_check_rates(), *_check_bounce_address()]


def _check_sending() -> Iterator[Error]:
    if urlsplit(settings.SMTP_URL).scheme not in SCHEMES:
        yield _error("E001", f"SMTP_URL begins with none of {', '.join(SCHEMES)}.")
    try:
        _port = urlsplit(settings.SMTP_URL).port
    except ValueError as error:
        yield _error("E010", f"SMTP_URL: {error}")
    try:
        deliverable(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except InvalidAddress as error:
        yield _error("E002", f"DEFAULT_FROM_EMAIL: {error}")
    if settings.MAIL_CONNECTIONS < 1:
        yield _error("E003", "MAIL_CONNECTIONS is less than 1: no letter would leave.")
    if settings.MAIL_MISSED_AFTER_HOURS < 1:
        yield _error(
            "E004", "MAIL_MISSED_AFTER_HOURS is less than 1: scheduled letters would be missed."
        )


def _check_rates() -> Iterator[Error]:
    if settings.MAIL_RATE and (wrong := _wrong_with_rate(settings.MAIL_RATE)):
        yield _error("E005", f"MAIL_RATE: {wrong}")
    for domain, rate in settings.MAIL_DOMAIN_RATES.items():
        if wrong := _wrong_with_domain(domain) or _wrong_with_rate(rate):
            yield _error("E006", f"MAIL_DOMAIN_RATES, {domain!r}: {wrong}")


def _wrong_with_rate(rate: str) -> str:
    try:
        limits = parse_many(rate)
    except ValueError:
        return f"{rate!r} is no rate such as 10/second or 500/hour."
    if len(limits) > 1:
        return f"{rate!r} is more than one rate, and only the first would count."
    if limits[0].amount < 1 or limits[0].get_expiry() < 1:
        return f"{rate!r} lets no letter leave."
    return ""


def _wrong_with_domain(domain: str) -> str:
    """A limit is looked up by the domain as `normalise` writes it; any other would never count."""
    if domain == ANY_DOMAIN:
        return ""
    try:
        compared = normalise(f"x@{domain}").removeprefix("x@")
    except InvalidAddress:
        return f"It is neither a domain nor {ANY_DOMAIN}, for any domain that has no rate."
    return "" if domain == compared else f"Write the domain as {compared}."


def _check_bounce_address() -> Iterator[Error]:
    if not settings.MAIL_BOUNCE_ADDRESS:
        return
    try:
        deliverable(settings.MAIL_BOUNCE_ADDRESS)
    except InvalidAddress as error:
        yield _error("E007", f"MAIL_BOUNCE_ADDRESS: {error}")
        return
    try:
        longest = deliverable(envelope_sender(Delivery(pk=LARGEST_KEY), ""))
    except InvalidAddress:
        longest = ""
    excess = len(longest.rpartition("@")[0]) - MAX_LOCAL_PART
    if excess > 0:
        yield _error(
            "E008",
            f"MAIL_BOUNCE_ADDRESS: the part before the @ is {excess} characters too long, as the "
            "number of a letter is added to it.",
        )
    elif not longest:
        yield _error(
            "E009",
            "MAIL_BOUNCE_ADDRESS: the number of a letter cannot be added to it. Use letters and "
            "digits before the @, and a shorter address.",
        )


def _error(name: str, says: str) -> Error:
    return Error(says, id=f"icrtop.mail.{name}")
