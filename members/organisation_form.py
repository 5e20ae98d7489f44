"""The admin's form of an organisation."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm


class OrganisationForm(WagtailAdminModelForm):
    """An organisation with its terms, of which one at most may be going on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A row left as it was offered would pass for an empty one, and be dropped without a word;
        # but a Member since nobody knows when is a term like any other.
        terms = self.formsets.get("memberships")
        for form in terms.extra_forms if terms is not None and terms.is_bound else []:
            form.initial["category"] = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        terms = self.formsets.get("memberships")
        if terms is not None:
            going_on = [
                form
                for form in terms.forms
                if form.is_valid()
                and (form.has_changed() or form.instance.pk)
                and not form.cleaned_data.get("DELETE")
                and form.cleaned_data.get("ended") is None
            ]
            if len(going_on) > 1:
                raise ValidationError(
                    _("Only one term can be going on. Enter the day on which the other one ended.")
                )
        return cleaned
