"""Envelope senders that say which letter a bounce is about (variable envelope return paths).

`bounces@example.org` becomes `bounces+123-k5x2…@example.org` for delivery 123. The second part is a
keyed hash: a bounce that somebody made up matches no delivery.
"""

import base64
import hmac
import re

from django.conf import settings
from django.utils.crypto import salted_hmac

from icrtop.mail.addresses import deliverable, normalise
from icrtop.mail.models import Delivery

# Servers on the way may change capitals to small letters, so there are none.
PATTERN = re.compile(r"(?P<key>[0-9]{1,19})-(?P<mark>[a-z2-7]{16})\Z")


def envelope_sender(delivery: Delivery, sender: str) -> str:
    """Where servers report that a letter could not be delivered: to `sender` if nothing is set."""
    if not settings.MAIL_BOUNCE_ADDRESS:
        return sender
    local, _at, domain = deliverable(settings.MAIL_BOUNCE_ADDRESS).rpartition("@")
    return f"{local}+{delivery.pk}-{_mark(delivery.pk, settings.SECRET_KEY)}@{domain}"


def bounced_delivery(address: str) -> Delivery | None:
    """The delivery that a report to this address is about. None: no such one, or a forgery."""
    if not settings.MAIL_BOUNCE_ADDRESS:
        return None
    ours, _at, domain = normalise(settings.MAIL_BOUNCE_ADDRESS).rpartition("@")
    local, _at, its_domain = address.strip().lower().rpartition("@")
    prefix, _plus, detail = local.rpartition("+")
    match = PATTERN.match(detail)
    if not match or (prefix, its_domain) != (ours, domain):
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(hmac.compare_digest(_mark(int(match["key"]), key), match["mark"]) for key in keys):
        return None
    return Delivery.objects.filter(pk=int(match["key"])).first()


def _mark(key: int, secret: str) -> str:
    digest = salted_hmac("icrtop.mail.verp", str(key), secret=secret, algorithm="sha256").digest()
    return base64.b32encode(digest[:10]).decode().lower()
