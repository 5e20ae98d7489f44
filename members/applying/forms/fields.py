"""Fields that take what people type, and give what an application stores: plain JSON."""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from icrtop.mail.addresses import validate_deliverable


class LineField(forms.CharField):
    """One line of text; line breaks and repeated spaces become one space."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return " ".join(value.split()) if isinstance(value, str) else value


class TextField(forms.CharField):
    """Some paragraphs of plain text."""

    def __init__(self, *, rows: int = 6, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class WebsiteField(forms.URLField):
    """An address on the web; `example.org` means https://example.org."""

    widget = forms.TextInput
    default_validators = [
        URLValidator(schemes=["http", "https"], message=_("Enter a website such as example.org."))
    ]
    default_error_messages = {"invalid": _("Enter a website such as example.org.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", max_length=200, **kwargs)


class AddressField(forms.EmailField):
    """An e-mail address that letters can be sent to."""

    default_validators = [*forms.EmailField.default_validators, validate_deliverable]
    default_error_messages = {"invalid": _("Enter an e-mail address such as name@example.org.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)


class YearField(forms.IntegerField):
    """A year up to now."""

    widget = forms.TextInput
    default_error_messages = {"invalid": _("Enter a year, such as 1998.")}
    earliest = 1700

    def clean(self, value: Any) -> Any:
        year = super().clean(value)
        if year is None:
            return ""
        if not self.earliest <= year <= timezone.localdate().year:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return year


class YesNoField(forms.ChoiceField):
    """A question that is answered by yes or no: "yes", "no", or "" where it was not answered."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        choices = [("yes", _("Yes")), ("no", _("No"))]
        super().__init__(
            choices=choices, error_messages={"invalid_choice": _("Choose yes or no.")}, **kwargs
        )
