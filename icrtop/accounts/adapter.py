"""What allauth asks of this site: mail through the outbox, and nothing said in passing."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from icrtop.accounts.backends import CODE_BACKEND
from icrtop.accounts.models import User
from icrtop.mail.composing import CODE
from icrtop.mail.services import Recipient, queue_message

CODE_SALT = f"{CODE}accounts.sign-in"
CODE_LETTER = "accounts.code"


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the letter with a code into the outbox; there is no other one of allauth's.

        The subject does not show the code: a locked phone shows subjects, perhaps to whoever took
        it away and asked for the code. The rows hold the `number` that the code is made of as the
        letter leaves, so that no one who reads the outbox can sign in with it.
        """
        if template_prefix != CODE_LETTER:
            raise NotImplementedError(f"There is no letter {template_prefix}.")
        queue_message(
            to=Recipient(email, merge={"code": context["number"]}),
            signed={"code": CODE_SALT},
            subject=_("Your code to sign in"),
            purpose=CODE_LETTER,
            template="accounts/code",
            context={"minutes": context["minutes"]},
        )

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The pages themselves say what happened."""

    def login(self, request: HttpRequest, user: User) -> None:
        user.backend = CODE_BACKEND
        super().login(request, user)
        request.session.set_expiry(None)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by signing in."""
        return False

    def is_safe_url(self, url: str) -> bool:
        return url_has_allowed_host_and_scheme(
            url, {self.request.get_host()}, require_https=self.request.is_secure()
        )

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return render(request, "account/closed.html", status=403)
