from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from newsletter.bounces.mailboxes import Address, WrongMailbox


@register()
def check_bounce_mailbox(**kwargs: Any) -> list[CheckMessage]:
    """Refuse a mailbox that could not be read, or in which nothing could be found."""
    return list(_wrong_with_mailbox())


@register(Tags.compatibility, deploy=True)
def check_maildir(**kwargs: Any) -> list[CheckMessage]:
    """Warn of a folder that is not there: mistyped, not mounted, or nothing has come yet."""
    return list(_missing_maildir())


def _wrong_with_mailbox() -> Iterator[CheckMessage]:
    if not settings.BOUNCE_MAILBOX:
        return
    try:
        Address.of(settings.BOUNCE_MAILBOX)
    except WrongMailbox as error:
        yield Error(f"BOUNCE_MAILBOX: {error}", id="newsletter.E001")
        return
    if not settings.MAIL_BOUNCE_ADDRESS:
        yield Caution(
            "BOUNCE_MAILBOX is read, but without MAIL_BOUNCE_ADDRESS no report says which letter "
            "it is about.",
            id="newsletter.W001",
        )


def _missing_maildir() -> Iterator[CheckMessage]:
    try:
        address = Address.of(settings.BOUNCE_MAILBOX)
    except WrongMailbox:
        return
    if address.scheme == "maildir" and not (Path(address.path) / "new").is_dir():
        yield Caution(
            "BOUNCE_MAILBOX: there is no such Maildir.",
            hint="The first mail that is delivered makes it. Is it the mail server's folder?",
            id="newsletter.W002",
        )
