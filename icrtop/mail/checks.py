from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from icrtop.mail.addresses import InvalidAddress, deliverable
from icrtop.mail.smtp import SCHEMES


@register()
def check_mail_settings(**kwargs: Any) -> list[CheckMessage]:
    """Refuse settings under which every letter would wait for ever."""
    errors: list[CheckMessage] = []
    if urlsplit(settings.SMTP_URL).scheme not in SCHEMES:
        errors.append(
            Error(f"SMTP_URL begins with none of {', '.join(SCHEMES)}.", id="icrtop.mail.E001")
        )
    try:
        deliverable(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except InvalidAddress as error:
        errors.append(Error(f"DEFAULT_FROM_EMAIL: {error}", id="icrtop.mail.E002"))
    return errors
