"""Who speaks for the organisation, as what it joins, and what it endorses."""

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from icrtop.forms import no_address
from icrtop.mail.addresses import normalise
from members.applying.forms.base import Answers, SectionForm
from members.applying.forms.fields import AddressField, LineField
from members.models.organisations import Category, Listing
from members.statements import CURRENT, Statement, wording


def _name() -> LineField:
    return LineField(label=_("Name"), max_length=120, validators=[no_address])


def _email() -> AddressField:
    return AddressField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"dir": "ltr"}))


def _position() -> LineField:
    return LineField(label=_("Position"), help_text=_("In your organisation."), max_length=120)


def _telephone() -> LineField:
    return LineField(
        label=_("Telephone"),
        help_text=_("With the code of the country, such as +233."),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "dir": "ltr"}),
    )


class FocalPointsForm(SectionForm):
    """Two different people, so that the Coalition reaches somebody when one of them has left."""

    focal_1_name = _name()
    focal_1_email = _email()
    focal_1_position = _position()
    focal_1_telephone = _telephone()
    focal_2_name = _name()
    focal_2_email = _email()
    focal_2_position = _position()
    focal_2_telephone = _telephone()

    always_needed = ("focal_1_name", "focal_1_email", "focal_2_name", "focal_2_email")
    headings = (
        (
            _("First focal point"),
            ("focal_1_name", "focal_1_email", "focal_1_position", "focal_1_telephone"),
        ),
        (
            _("Second focal point"),
            ("focal_2_name", "focal_2_email", "focal_2_position", "focal_2_telephone"),
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, second = cleaned.get("focal_1_email"), cleaned.get("focal_2_email")
        if first and second and normalise(first) == normalise(second):
            self.add_error(
                "focal_2_email",
                _("Give another address than the first: the two must be different people."),
            )
        return cleaned

    @classmethod
    def label(cls, name: str) -> str:
        person = gettext("First focal point") if "_1_" in name else gettext("Second focal point")
        return f"{person}: {cls.base_fields[name].label}"


LISTINGS = [
    (
        Listing.FULL,
        _(
            "With our name and profile. Anyone can read them in the directory, find them by search "
            "engines, and see the organisation on the map."
        ),
    ),
    (
        Listing.UNNAMED,
        _(
            "Without our name. The directory says only that there is a member of this category in "
            "this region of the world: no name, no country, no profile, no place on the map."
        ),
    ),
    (
        Listing.HIDDEN,
        _(
            "Not at all. Nothing on the public site tells that the organisation belongs to the "
            "Coalition. The secretariat and the Steering Committee know it."
        ),
    ),
]
CATEGORIES = [
    (
        Category.MEMBER,
        _("Member: our organisation runs programmes on RtoP or related work."),
    ),
    (
        Category.NGO_SUPPORTER,
        _("NGO Supporter: it endorses the same principles, and need not run any programme."),
    ),
]


class CategoryForm(SectionForm):
    category = forms.ChoiceField(
        label=_("How do you want to join?"),
        error_messages={"invalid_choice": _("Choose Member or NGO Supporter.")},
        choices=CATEGORIES,
        widget=forms.RadioSelect,
    )
    listing = forms.ChoiceField(
        label=_("If you join, how shall the public see you?"),
        help_text=_(
            "A member in danger may be listed without its name or not at all. Choose what is safe "
            "for your people: it holds everywhere on the site, in search, on the map, in feeds, "
            "downloads and bulletins. You can change it later, but what was public once may have "
            "been copied."
        ),
        error_messages={"invalid_choice": _("Choose one of the three.")},
        choices=LISTINGS,
        widget=forms.RadioSelect,
    )

    always_needed = ("category", "listing")

    @classmethod
    def labels(cls, name: str, values: list[Any]) -> list[str]:
        """The short names: the long ones are for choosing."""
        short = dict({"category": Category, "listing": Listing}[name].choices)
        return [str(short.get(value, value)) for value in values]


def _endorsement(statement: Statement) -> forms.BooleanField:
    return forms.BooleanField(label=wording(statement, CURRENT[statement]))


class EndorsementForm(SectionForm):
    """Each statement by itself. The version of the wording that was ticked is stored."""

    founding_purposes = _endorsement(Statement.FOUNDING_PURPOSES)
    common_understanding = _endorsement(Statement.COMMON_UNDERSTANDING)

    always_needed = tuple(statement.value for statement in CURRENT)

    def stored(self, name: str, value: Any) -> Any:
        return CURRENT[Statement(name)] if value else ""

    @classmethod
    def initial_of(cls, answers: Answers) -> dict[str, Any]:
        return {name: is_endorsed(answers, name) for name in cls.base_fields}

    @classmethod
    def missing(cls, answers: Answers) -> list[str]:
        return [
            str(statement.label) for statement in CURRENT if not is_endorsed(answers, statement)
        ]

    @classmethod
    def displayed(cls, name: str, value: Any) -> str:
        if not value:
            return ""
        return str(pgettext_lazy("a statement", "Endorsed"))


def is_endorsed(answers: Answers, statement: str) -> bool:
    """Whether a statement is endorsed in its present wording.

    `True` stands for the first wording: in answers from before they named the version.
    """
    told = answers.get(statement)
    return ("1" if told is True else told) == CURRENT[Statement(statement)]
