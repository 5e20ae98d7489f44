from django import forms
from django.utils.translation import gettext_lazy as _

from icrtop.forms import PublicForm
from icrtop.mail.addresses import validate_deliverable


class ContactForm(PublicForm):
    """A letter to the secretariat."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        error_messages={"required": _("Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("So that we can answer. We use it for nothing else."),
        max_length=254,
        error_messages={"required": _("Enter your e-mail address, so that we can answer.")},
        validators=[validate_deliverable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    message = forms.CharField(
        label=_("Your message"),
        max_length=5000,
        error_messages={"required": _("Write your message.")},
        widget=forms.Textarea(attrs={"rows": 8}),
    )
