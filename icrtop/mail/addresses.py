"""E-mail addresses: what may be written to, and when two of them are the same mailbox."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3: 256 octets with the angle brackets.


# What nearly every address looks like, and nothing that Django's EmailValidator would refuse.
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
USUAL_ADDRESS = re.compile(
    rf"{_ATOM}(?:\.{_ATOM})*@(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+[a-z]{{2,63}}\Z",
    re.ASCII | re.IGNORECASE,
)


class InvalidAddress(ValueError):
    """An address that no letter can be sent to; the message says why."""


# Unicode's control characters (Cc), and its separators of lines (Zl) and paragraphs (Zp).
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def has_control_characters(value: str) -> bool:
    """Whether a value could break out of the header or the SMTP command it is put into."""
    return CONTROL_CHARACTER.search(value) is not None


def deliverable(address: str) -> str:
    """The address as SMTP wants it: the local part as typed, the domain in IDNA's ASCII form.

    Takes a bare address, without a display name. Raises InvalidAddress.
    """
    address = address.strip()
    if USUAL_ADDRESS.match(address) and len(address) <= MAX_LENGTH:
        local, _at, domain = address.rpartition("@")
        return f"{local}@{domain.lower()}"
    if has_control_characters(address):
        raise InvalidAddress(gettext("The address contains control characters."))
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidAddress(gettext("This is not an e-mail address.")) from error
    local, _at, domain = address.rpartition("@")
    # EmailValidator ignores case by Unicode's rules, by which "K" (Kelvin) is a Latin letter.
    if not local.isascii():
        raise InvalidAddress(
            gettext("The part before the @ contains letters that mail servers refuse.")
        )
    if not domain.startswith("["):
        try:
            domain = domain.encode("idna").decode("ascii").lower()
        except UnicodeError as error:
            raise InvalidAddress(gettext("The part after the @ is not a domain name.")) from error
    ascii_address = f"{local}@{domain}"
    if len(ascii_address) > MAX_LENGTH:
        raise InvalidAddress(gettext("The address is too long."))
    return ascii_address


def normalise(address: str) -> str:
    """The form by which addresses are compared, never the one that is written to.

    The domain is in IDNA's ASCII form and lower case. The local part is case-folded: RFC 5321 lets
    a server tell A from a, yet none in use does, and people type their address either way. Dots and
    "+tags" are kept, because what they mean differs from server to server. Raises InvalidAddress.
    """
    local, _at, domain = deliverable(address).rpartition("@")
    return f"{local.casefold()}@{domain}"


def mailbox(address: str) -> str:
    """What a limit counts as one mailbox: without the dots and the "+tag" that many servers ignore.

    Where a server does tell them apart, a few people share a limit. Raises InvalidAddress.
    """
    local, _at, domain = normalise(address).rpartition("@")
    return f"{local.partition('+')[0].replace('.', '') or local}@{domain}"


def validate_deliverable(value: str) -> None:
    """For an EmailField: refuse what that accepts, but no letter can be sent to.

    What is no address at all is left to the field's own validator: one mistake, one error.
    """
    try:
        validate_email(value)
    except ValidationError:
        return
    try:
        deliverable(value)
    except InvalidAddress as error:
        raise ValidationError(
            _("Enter an e-mail address such as name@example.org."), code="invalid"
        ) from error
