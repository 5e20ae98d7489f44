"""What focal points fill in for their organisation."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from icrtop.forms import PublicForm, no_address
from icrtop.mail.addresses import InvalidAddress, normalise
from members.applying.forms.fields import AddressField, LineField, TextField, WebsiteField
from members.applying.forms.organisation import country_choices, sector_choices
from members.applying.forms.places import CountryBoxes
from members.applying.forms.places import country_choices as countries
from members.models.focal_points import FocalPoint
from members.models.organisations import Listing, Organisation, Sector
from members.profile_fields import DECIDED_ON, FIELDS, Values, plain

LISTINGS = (
    (Listing.FULL, _("With its name and profile")),
    (Listing.UNNAMED, _("Without its name: visitors read only its category and region")),
    (Listing.HIDDEN, _("Not at all")),
)
LISTING_HELP = _(
    "If being named could put somebody in danger, choose less. It holds everywhere on this site: "
    "in the directory, on maps, in the search, in feeds, downloads and bulletins."
)


class OwnForm(PublicForm):
    """A public form that only those see who have signed in: without the trap for robots."""

    leave_this_empty = None  # type: ignore[assignment] # Django's way to drop an inherited field.
    client_limit = "60/hour"


class ProfileForm(OwnForm):
    """The details of an organisation. Which of them it asks for is said by its subclasses."""

    seen = forms.CharField(widget=forms.HiddenInput)
    name = LineField(label=_("Name"), max_length=255, validators=[no_address])
    acronym = LineField(label=_("Acronym"), required=False, max_length=40, validators=[no_address])
    country = forms.ChoiceField(
        label=_("Country"),
        help_text=_("Where your organisation has its seat."),
        choices=country_choices,
        error_messages={"invalid_choice": _("Choose a country from the list.")},
    )
    city = LineField(label=_("City"), required=False, max_length=100)
    website = WebsiteField(label=_("Website"), required=False, help_text=_("Such as example.org."))
    about = TextField(
        label=_("Your work"),
        required=False,
        max_length=4000,
        rows=8,
        help_text=_("What you do on RtoP, for everyone who reads the directory."),
    )
    sectors = forms.MultipleChoiceField(
        label=_("Sectors"),
        required=False,
        choices=sector_choices,
        widget=forms.CheckboxSelectMultiple,
    )
    works_in = forms.MultipleChoiceField(
        label=_("Countries in which you work"),
        required=False,
        help_text=_("Open a region to see its countries, and tick all that apply."),
        choices=countries,
        widget=CountryBoxes,
    )

    asked: tuple[str, ...] = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            if name not in self.asked or (name == "sectors" and not Sector.objects.exists()):
                del self.fields[name]
            elif isinstance(self.fields[name].widget, forms.TextInput | forms.Textarea):
                self.fields[name].widget.attrs.setdefault("dir", "auto")

    @property
    def wanted(self) -> Values:
        """The details by name, as `profile_fields` keeps them."""
        told = {name: self.cleaned_data[name] for name in self.asked if name in self.fields}
        return {
            name: sorted(value) if isinstance(value, list) else plain(value)
            for name, value in told.items()
        }


class ProposeForm(ProfileForm):
    """All details, of a profile that is public."""


class ProposeNameForm(ProfileForm):
    """What the Steering Committee decided on, before the profile is public."""

    asked = DECIDED_ON


class CheckForm(ProfileForm):
    """A new member's own words, and how much of it is shown."""

    asked = tuple(name for name in FIELDS if name not in DECIDED_ON)

    listing = forms.ChoiceField(
        label=_("How your organisation is shown to the public"),
        help_text=LISTING_HELP,
        choices=LISTINGS,
        widget=forms.RadioSelect,
    )

    @property
    def wanted(self) -> Values:
        return {**super().wanted, "listing": self.cleaned_data["listing"]}


class ListingForm(OwnForm):
    listing = forms.ChoiceField(
        label=_("How your organisation is shown to the public"),
        help_text=LISTING_HELP,
        choices=LISTINGS,
        widget=forms.RadioSelect,
    )


class FocalPointForm(OwnForm):
    """Contact data of somebody who acts for an organisation."""

    name = LineField(
        label=_("Name"),
        max_length=120,
        validators=[no_address],
        error_messages={"required": _("Enter their name.")},
    )
    email = AddressField(
        label=_("E-mail address"),
        help_text=_("They sign in with it, and letters to your organisation go there."),
        error_messages={"required": _("Enter their e-mail address.")},
        widget=forms.EmailInput(attrs={"dir": "ltr"}),
    )
    position = LineField(label=_("Position"), required=False, max_length=120)
    telephone = LineField(
        label=_("Telephone"),
        required=False,
        max_length=40,
        help_text=_("For the secretariat alone."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "dir": "ltr"}),
    )

    def __init__(
        self,
        *args: Any,
        organisation: Organisation,
        own: FocalPoint | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.own = own
        if own:
            self.fields["email"].help_text = _(
                "If you change it, we write to the new address: it counts once you have confirmed "
                "it by the link in that letter."
            )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        taken: Iterable[FocalPoint] = self.organisation.focal_points.all()
        try:
            mark = normalise(email)
        except InvalidAddress as error:
            raise forms.ValidationError(str(error)) from error
        if any(one.normalised == mark and one != self.own for one in taken):
            raise forms.ValidationError(
                _("Your organisation has a focal point with this address."), code="taken"
            )
        return email

    @property
    def moves(self) -> bool:
        """Whether somebody's own address becomes another one."""
        return self.own is not None and normalise(self.cleaned_data["email"]) != self.own.normalised

    @property
    def told(self) -> dict[str, str]:
        return {
            name: self.cleaned_data[name] for name in ("name", "email", "position", "telephone")
        }


class ResignForm(OwnForm):
    why = TextField(
        label=_("Why do you resign?"),
        required=False,
        max_length=2000,
        rows=4,
        help_text=_("For the secretariat and your focal points."),
    )
    sure = forms.BooleanField(
        label=_("I speak for the organisation, and it wants to end its membership today"),
        error_messages={"required": _("Tick the box if your organisation wants this.")},
    )
