"""Logging in to the admin, and asking for a new password, each a limited number of times."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import auth

from icrtop.ratelimit import allow, client_address, has_room

# Failures only: an office behind one address logs in as often as it likes.
CLIENT_LIMIT = "20/hour"
# For an account that many clients try at once. High, so that few cannot keep its owner out.
ACCOUNT_LIMIT = "100/hour"
LETTERS_LIMIT = "3/hour"


class LoginForm(auth.LoginForm):
    """Wagtail's, which after too many wrong passwords no longer looks whether one is right."""

    def clean(self) -> dict[str, Any]:
        who = {
            ("login:client", CLIENT_LIMIT): client_address(self.request),
            ("login:account", ACCOUNT_LIMIT): self.cleaned_data.get("username", ""),
        }
        if not all(has_room(limit, scope, one) for (scope, limit), one in who.items()):
            raise forms.ValidationError(
                _("Too many attempts to sign in have failed. Please try again in an hour."),
                code="limited",
            )
        try:
            return super().clean()
        except forms.ValidationError:
            for (scope, limit), one in who.items():
                allow(limit, scope, one)
            raise


class PasswordResetForm(auth.PasswordResetForm):
    """Wagtail's, which fills nobody's mailbox; the answer is the same whether it writes or not."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        client = client_address(kwargs["request"])
        if allow(CLIENT_LIMIT, "password-reset:client", client) and allow(
            LETTERS_LIMIT, "password-reset:account", self.cleaned_data["email"]
        ):
            super().save(*args, **kwargs)
