from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from icrtop.forms import PublicForm
from icrtop.mail.addresses import validate_deliverable
from icrtop.mail.headers import one_line
from newsletter.models.subscribers import MailingList
from newsletter.wording import CONSENT


class SubscribeForm(PublicForm):
    """Asks for one or more public lists."""

    # Each submission sends a letter to an address that may be somebody else's.
    address_limit = "3/hour"

    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("We send one letter to it, with a link to confirm that it is yours."),
        max_length=254,
        error_messages={"required": _("Enter the e-mail address that we shall write to.")},
        validators=[validate_deliverable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    name = forms.CharField(
        label=_("Your name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    lists = forms.MultipleChoiceField(
        label=_("What you want to receive"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one list.")},
    )
    consent = forms.BooleanField(
        label=CONSENT,
        help_text=_("We use your address for nothing else, and pass it on to nobody."),
        error_messages={"required": _("Tick the box, so that we may write to you.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.public_lists = {each.slug: each for each in MailingList.objects.public()}
        lists: forms.MultipleChoiceField = self.fields["lists"]  # type: ignore[assignment] # above
        lists.choices = [
            (slug, f"{each.name}: {each.description}" if each.description else each.name)
            for slug, each in self.public_lists.items()
        ]

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_lists(self) -> list[MailingList]:
        return [self.public_lists[slug] for slug in self.cleaned_data["lists"]]
