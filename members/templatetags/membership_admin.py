"""What templates of the admin need to show forms of membership again in words."""

from typing import Any

from django import forms, template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()


@register.simple_tag
def said(field: forms.BoundField) -> str:
    """What was chosen or typed in a field of a bound form, as people read it."""
    value: Any = field.form.cleaned_data.get(field.name) if field.form.is_valid() else field.value()
    if isinstance(field.field, forms.MultipleChoiceField):
        choices: Any = field.field.choices
        labels = {str(key): str(label) for key, label in choices}
        return "\n".join(labels.get(str(one), str(one)) for one in value or [])
    if isinstance(field.field, forms.DateTimeField) and hasattr(value, "tzinfo"):
        return date_format(timezone.localtime(value), "j F Y, H:i e")
    if isinstance(field.field, forms.DateField) and hasattr(value, "isoformat"):
        return date_format(value, "j F Y")
    return str(value or "")
