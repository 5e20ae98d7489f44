"""Signing in by a code that is mailed: allauth's process, for addresses without an account too.

It is one for all: whoever asks, for whatever address, is mailed a code and asked for it, and only
who types it in learns, and needs, more. The account is made then, so that none is left behind by a
mistyped address, and nobody has one for an address that is not theirs.

Staff get in this way too, also to the admin. That is no weaker than what the admin had: whoever
reads somebody's mail can have a new password mailed. A code is guessed less easily than a password:
one in a hundred million, five tries each, ten codes in an hour for an address, and only in the
browser that asked for it.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self, cast

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import EmailAddress, Login
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from icrtop.accounts.adapter import CODE_LETTER, CODE_SALT
from icrtop.accounts.models import User
from icrtop.mail.addresses import deliverable
from icrtop.mail.composing import short_code
from icrtop.ratelimit import allow

SESSION_KEY = "sign_in"
# Of a session that nobody has signed in to: long enough to be told that the code has expired.
SESSION_SECONDS = 24 * 60 * 60
DIGITS = 8


class CodeExpired(Exception):
    """The code is older than fifteen minutes."""


class CodeUsed(Exception):
    """The code was typed in a moment ago, as by a double click, or there is a newer one."""


class CodeSpent(Exception):
    """The code was typed wrong five times."""


class CodeWrong(Exception):
    """Another code was sent. The argument is how many tries are left."""

    @property
    def tries_left(self) -> int:
        return cast(int, self.args[0])


class SignIn(AbstractCodeVerificationProcess):
    """One code: asked for, mailed, and typed in, all in one session.

    The session knows the `number` that the code is made of, as the letter does (see `short_code`).
    """

    state: dict[str, Any]

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        super().__init__(
            state=state,
            timeout=app_settings.LOGIN_BY_CODE_TIMEOUT,
            max_attempts=app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS,
        )
        self.request = request

    @classmethod
    def begin(cls, request: HttpRequest, email: str, then: str) -> Self:
        """Mail a code to an address. Any code that was sent before is good no longer.

        `then` is the path to go to afterwards. Raises InvalidAddress.
        """
        state = cls.initial_state(user=None, email=deliverable(email))
        state |= {"number": secrets.token_hex(16), "at": _now(), "then": then}
        process = cls(request, state)
        with transaction.atomic():
            process.send()
            process.persist()
        return process

    @classmethod
    def resume(cls, request: HttpRequest) -> Self | None:
        """What this session has asked for last, also if its code is good no longer."""
        state = request.session.get(SESSION_KEY)
        return cls(request, state) if state else None

    @property
    def email(self) -> str:
        return cast(str, self.state["email"])

    @property
    def then(self) -> str:
        return cast(str, self.state["then"])

    @property
    def code(self) -> str:
        return short_code(self.state["number"], CODE_SALT)

    def is_valid(self) -> bool:
        return bool(_now() - self.state["at"] <= self.timeout)

    @property
    def is_spent(self) -> bool:
        return bool(self.state["failed_attempts"] >= self.max_attempts)

    @property
    def is_usable(self) -> bool:
        return self.is_valid() and not self.is_spent

    def send(self) -> None:
        """Mail the code: to the account as it is written there, if there is one."""
        account = User.objects.filter(email__iexact=self.email).first()
        to = account.email if account else self.email
        get_adapter(self.request).send_mail(
            CODE_LETTER, to, {"number": self.state["number"], "minutes": self.timeout // 60}
        )

    def persist(self) -> None:
        if not self.request.user.is_authenticated:
            self.request.session.set_expiry(SESSION_SECONDS)
        self.request.session[SESSION_KEY] = self.state

    def abort(self) -> None:
        """What was asked for stays known, so that the page can say what is the matter."""
        self.persist()

    def try_code(self, typed: str) -> None:
        """Use up the code if it is what was typed, eight digits, or else one of its tries.

        Raises CodeExpired, CodeSpent, CodeUsed, CodeWrong.
        """
        with self._alone():
            if not self.is_valid():
                raise CodeExpired
            if self.is_spent or not self._may_be_tried():
                raise CodeSpent
            is_right = secrets.compare_digest(typed, self.code.replace(" ", ""))
            if is_right:
                del self.request.session[SESSION_KEY]
            else:
                self.record_invalid_attempt()
        if self.is_spent:
            raise CodeSpent
        if not is_right:
            raise CodeWrong(self.max_attempts - self.state["failed_attempts"])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody tries the same code meanwhile; what they tried before is counted."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                key = f"sign-in:{self.state['number']}"
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
            stored = self.request.session.load().get(SESSION_KEY)
            if not stored or stored["number"] != self.state["number"]:
                raise CodeUsed
            self.state = stored
            yield
            self.request.session.save()
        # Saved once more with the answer, it would undo what others have counted meanwhile.
        self.request.session.modified = False

    def _may_be_tried(self) -> bool:
        """Count a try outside the session too, which another request of it may save as it was."""
        return allow(f"{self.max_attempts}/hour", "sign-in:code", self.state["number"])

    def finish(self) -> HttpResponse:
        """Sign in whoever has typed the right code, with an account if there was none."""
        user = _account(self.email)
        _note_proof(user)
        record_authentication(self.request, user, method="code", email=self.email)
        login = Login(user=user, email=user.email, redirect_url=self.then)
        return cast(HttpResponse, perform_login(self.request, login))


def _account(email: str) -> User:
    """The account of an address, made if there is none: without a password, and no right."""
    user, _made = User.objects.get_or_create(
        email__iexact=email, defaults={"email": email, "password": make_password(None)}
    )
    return user


@transaction.atomic
def _note_proof(user: User) -> None:
    """Note that an account's address is that of its owner, and no other address any longer."""
    address = user.email.lower()
    proofs = EmailAddress.objects.all()
    proofs.filter(email=address).exclude(user=user).delete()
    proofs.filter(user=user).exclude(email=address).delete()
    proofs.update_or_create(user=user, email=address, defaults={"verified": True, "primary": True})


def _now() -> float:
    return timezone.now().timestamp()
