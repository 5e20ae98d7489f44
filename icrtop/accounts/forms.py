"""Signing in by a code, or to the admin with a password, each a limited number of times."""

import unicodedata
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.forms import auth

from icrtop.accounts.adapter import CODE_LETTER
from icrtop.accounts.signing_in import DIGITS, CodeExpired, CodeSpent, CodeWrong, SignIn
from icrtop.forms import PublicForm
from icrtop.mail.addresses import normalise, validate_deliverable
from icrtop.mail.models import Delivery
from icrtop.ratelimit import allow, client_address, has_room

# Failures only: an office behind one address logs in as often as it likes.
CLIENT_LIMIT = "20/hour"
# For an account that many clients try at once. High, so that few cannot keep its owner out.
ACCOUNT_LIMIT = "100/hour"
LETTERS_LIMIT = "3/hour"

EXPIRED = _("This code has expired: a code is good for 15 minutes. Have a new one sent.")
SPENT = _("A wrong code was typed five times, so ours is no longer good. Have a new one sent.")


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


class SignInForm(PublicForm):
    """Asks for an address, to mail a code to it. What is refused is the same for every address."""

    # Higher than elsewhere: who asks in somebody else's name shall not keep them out.
    address_limit = "10/hour"
    # However many clients ask, and with Redis away.
    letters_per_day = 40

    email = forms.EmailField(
        label=_("Your e-mail address"),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address such as name@example.org."),
        },
        max_length=254,
        validators=[validate_deliverable],
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if email := cleaned.get("email"):
            letters = Delivery.objects.filter(
                normalised=normalise(email),
                message__purpose=CODE_LETTER,
                created__gt=Now() - timedelta(days=1),
            )
            if letters.count() >= self.letters_per_day:
                raise forms.ValidationError(
                    _(
                        "Too many codes were sent to this address today. Nothing was sent this "
                        "time. Please try again tomorrow, or write to us by e-mail."
                    ),
                    code="limited",
                )
        return cleaned


class CodeField(forms.CharField):
    """Digits of any script, with or without what people put between them; becomes 48217730."""

    default_error_messages = {
        "required": _("Enter the code from our letter."),
        "invalid": _("Enter the eight digits from our letter, such as 1234 5678."),
    }

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        marks = [one for one in typed if not unicodedata.category(one).startswith(("Z", "P", "C"))]
        digits = "".join(str(unicodedata.decimal(one, "x")) for one in marks)
        if digits and not (digits.isdecimal() and len(digits) == DIGITS):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return digits


class CodeForm(PublicForm):
    """Asks for the code that was mailed. Who typed it right has used it up."""

    # The right ones: an office may sign in as often as it likes.
    client_limit = "1000/hour"

    code = CodeField(
        label=_("Code"),
        help_text=_("Eight digits, such as 1234 5678. Spaces do not matter."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "spellcheck": "false",
                "class": "input-code",
            }
        ),
    )

    def __init__(self, *args: Any, sign_in: SignIn, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sign_in = sign_in

    def clean_code(self) -> str:
        """Raises CodeUsed besides what forms raise."""
        code: str = self.cleaned_data["code"]
        try:
            self.sign_in.try_code(code)
        except CodeExpired:
            raise forms.ValidationError(EXPIRED, code="expired") from None
        except CodeSpent:
            raise forms.ValidationError(SPENT, code="spent") from None
        except CodeWrong as wrong:
            raise forms.ValidationError(
                ngettext(
                    "This is not the code in our latest letter. Check it and type it again: "
                    "%(number)s try is left.",
                    "This is not the code in our latest letter. Check it and type it again: "
                    "%(number)s tries are left.",
                    wrong.tries_left,
                )
                % {"number": wrong.tries_left},
                code="wrong",
            ) from None
        return code
