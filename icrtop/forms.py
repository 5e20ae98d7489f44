"""The forms that anyone may send: an error summary, nothing lost, and little room for robots."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from icrtop.mail.addresses import InvalidAddress, mailbox
from icrtop.ratelimit import allow, client_address

# A name goes into letters, and robots use forms to mail addresses of websites to strangers.
no_address = RegexValidator(
    r"://|\bwww\.", _("Enter a name, without the address of a website."), inverse_match=True
)


class PublicFormRenderer(TemplatesSetting):
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class PublicForm(forms.Form):
    """Base of every public form.

    A robot that fills the hidden field is shown the same success as everybody, see `is_automated`;
    more than `client_limit` valid submissions from one client, or `address_limit` for one e-mail
    address, are refused with an error that says so.
    """

    default_renderer = PublicFormRenderer
    use_required_attribute = False
    client_limit = "20/hour"
    address_limit = "5/hour"

    # Whatever a robot writes into it is right.
    leave_this_empty = forms.Field(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @property
    def is_automated(self) -> bool:
        """Whether the hidden field was filled, which no person does."""
        return bool(self.data.get(self.add_prefix("leave_this_empty")))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        scope = type(self).__name__
        if not allow(self.client_limit, f"{scope}:client", client_address(self.request)):
            raise forms.ValidationError(
                _(
                    "This form has been sent too often from your connection. Nothing was sent this "
                    "time. Please try again in an hour, or write to us by e-mail."
                ),
                code="limited",
            )
        email = cleaned.get("email")
        if email and not allow(self.address_limit, f"{scope}:address", _mailbox(email)):
            raise forms.ValidationError(
                _(
                    "This form has been sent too often for this e-mail address. Nothing was sent "
                    "this time. Please try again in an hour, or write to us by e-mail."
                ),
                code="limited",
            )
        return cleaned


def _mailbox(email: str) -> str:
    try:
        return mailbox(email)
    except InvalidAddress:
        return email
