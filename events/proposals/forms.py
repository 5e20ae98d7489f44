"""What somebody fills in who proposes an event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import EventPage, Kind
from events.proposals.fields import ClockField, DayField, LinkField
from events.proposals.services import Proposer
from events.zones import zone_choices
from icrtop.forms import PublicForm, PublicFormRenderer, no_address
from icrtop.mail.headers import UNSEEN
from icrtop.places.models import Country
from members.applying.forms.fields import AddressField, LineField, TextField

# The fields that an event has by the same names.
OF_EVENT = (
    "title",
    "kind",
    "website",
    "start_date",
    "end_date",
    "start_time",
    "end_time",
    "time_zone",
    "place",
    "online",
    "introduction",
)

# The parts of the form.
PARTS = (
    (_("The event"), ("title", "kind", "organiser", "website", "introduction")),
    (_("When"), ("start_date", "end_date", "start_time", "end_time", "time_zone")),
    (_("Where"), ("place", "country", "online")),
    (_("You"), ("name", "email", "note", "leave_this_empty")),
)


class ProposeRenderer(PublicFormRenderer):
    form_template_name = "events/propose_form.html"


def _zones() -> list[Any]:
    return [("", _("Choose a time zone")), *zone_choices()]


def _countries() -> list[tuple[str, Any]]:
    return [("", _("Choose a country")), *Country.objects.values_list("code", "name")]


class ProposeForm(PublicForm):
    """An event and who proposes it. Whether it can be held is judged by the event itself."""

    default_renderer = ProposeRenderer
    client_limit = "10/hour"
    # Each submission sends a letter to an address that may be somebody else's.
    address_limit = "5/hour"
    field_order = [name for _heading, names in PARTS for name in names]

    title = LineField(
        label=_("Title of the event"),
        max_length=200,
        validators=[no_address],
        error_messages={"required": _("Enter the title.")},
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what kind of event it is.")},
    )
    organiser = LineField(
        label=_("Organiser"),
        help_text=_("The organisation that holds it."),
        max_length=200,
        validators=[no_address],
        error_messages={"required": _("Enter who holds the event.")},
    )
    website = LinkField(
        label=_("Link"),
        help_text=_("The organiser's page on this event, such as https://example.org/event."),
        max_length=500,
        error_messages={"required": _("Enter the organiser's page on this event.")},
    )
    start_date = DayField(
        label=_("First day"),
        error_messages={"required": _("Enter the day: one that exists, such as 7 April 2027.")},
    )
    end_date = DayField(
        label=_("Last day"), required=False, help_text=_("If it lasts more than one day.")
    )
    start_time = ClockField(
        label=_("Begins at"),
        required=False,
        help_text=_("On the clock of the place. If only the day is known, leave the times empty."),
    )
    end_time = ClockField(label=_("Ends at"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("That of the place. It is needed if you enter a time."),
        choices=_zones,
        error_messages={"invalid_choice": _("Choose a time zone from the list.")},
    )
    place = LineField(
        label=_("Place"),
        required=False,
        help_text=_("Building and city."),
        max_length=255,
        validators=[no_address],
    )
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        choices=_countries,
        error_messages={"invalid_choice": _("Choose a country from the list.")},
    )
    online = forms.BooleanField(label=_("It can be attended online"), required=False)
    introduction = TextField(
        label=_("Short description"),
        required=False,
        rows=4,
        max_length=600,
        help_text=_("One to three sentences on what it is about. At most 600 characters."),
    )
    name = LineField(
        label=_("Your name"),
        max_length=150,
        validators=[no_address],
        error_messages={"required": _("Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = AddressField(
        label=_("Your e-mail address"),
        help_text=_("We write to it what becomes of your proposal, and nothing else."),
        error_messages={"required": _("Enter the e-mail address that we shall write to.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
    )
    note = TextField(
        label=_("Message to the secretariat"),
        required=False,
        rows=4,
        max_length=2000,
        help_text=_("It is not published."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "organiser", "place", "introduction", "name", "note"):
            self.fields[name].widget.attrs["dir"] = "auto"

    def clean_introduction(self) -> str:
        return _paragraphs(self.cleaned_data["introduction"])

    def clean_note(self) -> str:
        return _paragraphs(self.cleaned_data["note"])

    def clean(self) -> dict[str, Any]:
        self._check_event()
        # Last, as it counts: what is wrong has not been sent.
        return super().clean()

    @property
    def parts(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        """The fields by their headings."""
        for heading, names in PARTS:
            yield heading, [self[name] for name in names]

    @property
    def event(self) -> EventPage:
        """The event as it was filled in, unsaved. Without a time it lasts whole days."""
        told = {name: self.cleaned_data[name] for name in OF_EVENT if name in self.cleaned_data}
        told["time_zone"] = told.get("time_zone") or "UTC"
        return EventPage(
            **told,
            country_id=self.cleaned_data.get("country") or None,
            all_day=told.get("start_time") is None,
        )

    @property
    def proposer(self) -> Proposer:
        """Who proposes it; of a valid form."""
        return Proposer(**{one: self.cleaned_data[one] for one in ("name", "email", "note")})

    def _check_event(self) -> None:
        """Refuse what no event can have, in the words in which the editor refuses it."""
        data = self.cleaned_data
        has_time = data.get("start_time") or data.get("end_time")
        if data.get("end_time") and "start_time" not in self.errors and not data["start_time"]:
            self.add_error("start_time", _("Enter when it begins, or leave both times empty."))
        if has_time and "time_zone" not in self.errors and not data.get("time_zone"):
            self.add_error("time_zone", _("Choose the time zone of the times that you entered."))
        if {"start_date", "end_date", "start_time", "end_time", "time_zone"} & self.errors.keys():
            return
        event = self.event
        try:
            event.clean()
        except ValidationError as wrong:
            for name, errors in wrong.update_error_dict({}).items():
                self.add_error(name if name in self.fields else None, errors)
            return
        if event.instants()[1] <= timezone.now():
            field = "end_date" if event.end_date else "start_date"
            self.add_error(field, _("This is over. Propose events that are still to come."))


def _paragraphs(text: str) -> str:
    return UNSEEN.sub("", "\n".join(text.splitlines())).strip()
