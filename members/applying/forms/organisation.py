"""What the organisation is, how it is governed, and what it does."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from icrtop.forms import no_address
from icrtop.places.models import Country
from members.applying.forms.base import Answers, SectionForm
from members.applying.forms.fields import (
    AddressField,
    LineField,
    TextField,
    WebsiteField,
    YearField,
    YesNoField,
)
from members.models.organisations import Sector


def country_choices() -> list[tuple[str, object]]:
    return [("", _("Choose a country")), *Country.objects.values_list("code", "name")]


def sector_choices() -> list[tuple[str, str]]:
    return list(Sector.objects.values_list("slug", "name"))


class AboutForm(SectionForm):
    organisation_name = LineField(
        label=_("Name of your organisation"),
        help_text=_("In full, as it is registered."),
        max_length=255,
        validators=[no_address],
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    acronym = LineField(label=_("Acronym"), max_length=40, validators=[no_address])
    country = forms.ChoiceField(
        label=_("Country"),
        help_text=_("Where your organisation has its seat."),
        error_messages={"invalid_choice": _("Choose a country from the list.")},
        choices=country_choices,
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    city = LineField(
        label=_("City"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    website = WebsiteField(
        label=_("Website"),
        help_text=_("Such as example.org."),
        widget=forms.TextInput(attrs={"autocomplete": "url", "inputmode": "url", "dir": "ltr"}),
    )
    founded = YearField(
        label=_("Year in which it was founded"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "field-short"}),
    )
    general_email = AddressField(
        label=_("General e-mail address"),
        help_text=_("Of the organisation. It is not shown to the public."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
    )
    sectors = forms.MultipleChoiceField(
        label=_("Sectors"),
        help_text=_("Tick all that apply."),
        error_messages={"invalid_choice": _("Choose sectors from the list.")},
        choices=sector_choices,
        widget=forms.CheckboxSelectMultiple,
    )
    about = TextField(
        label=_("Short description"),
        help_text=_(
            "For the directory, if you join: who you are and what you do, in a few sentences that "
            "anyone can understand. At most 1,000 characters."
        ),
        max_length=1000,
    )

    always_needed = ("organisation_name", "country", "general_email", "about")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Sector.objects.exists():
            del self.fields["sectors"]

    @classmethod
    def shown(cls, answers: Answers) -> list[str]:
        without = () if answers.get("sectors") or Sector.objects.exists() else ("sectors",)
        return [name for name in cls.base_fields if name not in without]


class RegistrationForm(SectionForm):
    registered = YesNoField(
        label=_("Is your organisation registered?"),
        help_text=_("As a legal entity, with a court, a ministry or a registry."),
    )
    registration_number = LineField(label=_("Registration number"), max_length=100)
    registered_in = LineField(
        label=_("Where it is registered"),
        help_text=_("The country, and the court or authority that keeps the registry."),
        max_length=200,
    )
    legal_form = LineField(
        label=_("Legal form"),
        help_text=_("Such as association, foundation or company limited by guarantee."),
        max_length=200,
    )
    non_profit = YesNoField(label=_("Is it a non-profit organisation?"))
    private_sector = YesNoField(
        label=_("Is it part of a body of the private sector?"),
        help_text=_("Such as the foundation of a company. Only its not-for-profit part can join."),
    )
    private_sector_part = LineField(
        label=_("If so: which not-for-profit part applies?"), max_length=200
    )
    government_controlled = YesNoField(
        label=_("Is it controlled by a government?"),
        help_text=_(
            "For example, a government appoints those who lead it. Organisations that are cannot "
            "join. Money from a government alone is no control: tell us of it below."
        ),
    )
    governance = TextField(
        label=_("How is it governed, and by whom?"),
        help_text=_("Its board or assembly, who chooses them, and who leads the daily work."),
        max_length=3000,
    )
    funding = TextField(
        label=_("Where does its money come from?"),
        help_text=_("The main sources, in words. No amounts are needed."),
        max_length=3000,
        rows=4,
    )

    always_needed = (
        "registered",
        "non_profit",
        "private_sector",
        "government_controlled",
        "governance",
        "funding",
    )
    sometimes_needed = (
        "registration_number",
        "registered_in",
        "legal_form",
        "private_sector_part",
    )
    headings = (
        (
            _("Registration"),
            ("registered", "registration_number", "registered_in", "legal_form"),
        ),
        (
            _("Independence"),
            ("non_profit", "private_sector", "private_sector_part", "government_controlled"),
        ),
        (_("Governance and funding"), ("governance", "funding")),
    )

    @classmethod
    def needed(cls, answers: Answers) -> tuple[str, ...]:
        """What depends on an answer is needed with it: a number only of who is registered."""
        needed = list(cls.always_needed)
        if answers.get("registered") == "yes":
            needed[1:1] = ["registration_number", "registered_in", "legal_form"]
        if answers.get("private_sector") == "yes":
            needed.insert(needed.index("private_sector") + 1, "private_sector_part")
        return tuple(needed)

    @classmethod
    def shown(cls, answers: Answers) -> list[str]:
        part = () if answers.get("private_sector") == "yes" else ("private_sector_part",)
        return [name for name in cls.base_fields if name not in part or answers.get(name)]


class WorkForm(SectionForm):
    work = TextField(
        label=_("Your work on RtoP, or in a related field"),
        help_text=_(
            "What you do, where and for whom, and since when: such as early warning, human rights, "
            "protection of civilians, justice or peacebuilding. Reports that you have published "
            "can be named. At most 4,000 characters."
        ),
        max_length=4000,
        rows=12,
    )

    always_needed = ("work",)
