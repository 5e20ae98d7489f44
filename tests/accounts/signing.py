"""What the tests of signing in have in common: asking for a code, and reading it in the letter."""

import re
from email import message_from_bytes
from email.policy import default

from icrtop.mail.composing import compose
from icrtop.mail.models import Delivery

SIGN_IN = "/account/sign-in/"
CODE = "/account/code/"
NEW_CODE = "/account/code/new/"
AMA = "ama@example.org"


def letters_to(address):
    """What leaves for an address, oldest first."""
    rows = Delivery.objects.filter(address=address).order_by("pk")
    return [message_from_bytes(compose(row), policy=default) for row in rows]


def code_in(letter):
    (code,) = re.findall(r"^\d{4} \d{4}$", plain_text(letter), re.MULTILINE)
    return code


def plain_text(letter):
    return letter.get_body(("plain",)).get_content().replace("\r\n", "\n")


def ask(client, email=AMA, then="", **extra):
    url = f"{SIGN_IN}?next={then}" if then else SIGN_IN
    return client.post(url, {"email": email}, **extra)


def type_code(client, code, **extra):
    return client.post(CODE, {"code": code}, **extra)


def sign_in(client, email=AMA, then=""):
    """The whole way: the address, the letter, the code."""
    ask(client, email, then)
    return type_code(client, code_in(letters_to(email)[-1]))


def wrong_for(code):
    """A code that is not this one."""
    return f"{(int(code.replace(' ', '')) + 1) % 10**8:08}"


def is_signed_in(client):
    return "_auth_user_id" in client.session
