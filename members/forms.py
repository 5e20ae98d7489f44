"""The form by which an organisation applies."""

from dataclasses import fields
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from icrtop.forms import PublicForm, no_address
from icrtop.mail.addresses import validate_deliverable
from icrtop.places.models import Country
from members.answers import Answers
from members.models.organisations import Category
from members.statements import CURRENT, Statement, wording


class LineField(forms.CharField):
    """One line of text; line breaks and repeated spaces become one space."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return " ".join(value.split()) if isinstance(value, str) else value


class WebsiteField(forms.URLField):
    """An address on the web; `example.org` means https://example.org."""

    widget = forms.TextInput
    default_validators = [
        URLValidator(schemes=["http", "https"], message=_("Enter a website such as example.org."))
    ]
    default_error_messages = {"invalid": _("Enter a website such as example.org.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", **kwargs)


def country_choices() -> list[tuple[str, Any]]:
    return [("", _("Choose a country")), *Country.objects.values_list("code", "name")]


def _endorsement(statement: Statement) -> forms.BooleanField:
    return forms.BooleanField(
        label=wording(statement, CURRENT[statement]),
        error_messages={
            "required": _(
                "Tick the box if your organisation agrees. Only organisations that do can join."
            )
        },
    )


class ApplicationForm(PublicForm):
    """What the Steering Committee needs to know first of an organisation that wants to join."""

    organisation_name = LineField(
        label=_("Name of your organisation"),
        error_messages={"required": _("Enter the name of your organisation.")},
        max_length=255,
        validators=[no_address],
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        help_text=_("Where your organisation has its seat."),
        error_messages={
            "required": _("Choose a country."),
            "invalid_choice": _("Choose a country from the list."),
        },
        choices=country_choices,
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    website = WebsiteField(
        label=_("Website"),
        help_text=_("Such as example.org."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "url", "inputmode": "url"}),
    )
    contact_name = LineField(
        label=_("Your name"),
        help_text=_("Whom we write to about this application."),
        error_messages={"required": _("Enter your name.")},
        max_length=120,
        validators=[no_address],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_(
            "We send you a confirmation, and later the decision. We use it for nothing else."
        ),
        error_messages={
            "required": _("Enter an e-mail address that we can write to."),
            "invalid": _("Enter an e-mail address such as name@example.org."),
        },
        max_length=254,
        validators=[validate_deliverable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    category = forms.ChoiceField(
        label=_("How does your organisation want to join?"),
        help_text=_(
            "A Member runs programmes on RtoP or related work. An NGO Supporter endorses the same "
            "principles and need not run any."
        ),
        error_messages={
            "required": _("Choose Member or NGO Supporter."),
            "invalid_choice": _("Choose Member or NGO Supporter."),
        },
        choices=Category.choices,
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        label=_("Why does your organisation want to join?"),
        help_text=_("What it does in this field or a related one. At most 4,000 characters."),
        error_messages={"required": _("Say why your organisation wants to join.")},
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    founding_purposes = _endorsement(Statement.FOUNDING_PURPOSES)
    common_understanding = _endorsement(Statement.COMMON_UNDERSTANDING)

    def clean_country(self) -> Country:
        try:
            return Country.objects.get(code=self.cleaned_data["country"])
        except Country.DoesNotExist:  # Removed since the choices were read.
            raise ValidationError(_("Choose a country.")) from None

    @property
    def endorsed(self) -> dict[Statement, str]:
        """The statements that were ticked, with the version of the wording that was shown."""
        return {
            statement: version
            for statement, version in CURRENT.items()
            if self.cleaned_data.get(statement.value)
        }

    @property
    def answers(self) -> Answers:
        """What was filled in, as `members.services.submit_application` takes it."""
        return Answers(**{field.name: self.cleaned_data[field.name] for field in fields(Answers)})
