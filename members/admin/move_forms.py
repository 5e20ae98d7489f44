"""What staff say about a move before they see its letter: one form for each that asks anything."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput

from members.models import Application, Ballot, MembershipSettings
from members.models.applications import days_from_now
from members.sections import SECTIONS
from members.states import Move

LATEST = datetime.timedelta(days=366)


class MoveForm(forms.Form):
    """Confirms a move of an application as it was when the page was opened.

    `seen` is the last entry of the trail that was there then.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("For the trail. The applicant does not see it."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, application: Application, move: Move, **kwargs: Any) -> None:
        self.application = application
        super().__init__(*args, **kwargs)
        if move.note_required:
            self._require_note(_("Reasons"))

    def _require_note(self, label: str, help_text: str = "") -> None:
        note = self.fields["note"]
        note.required = True
        note.label = label
        if help_text:
            note.help_text = help_text

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields that staff fill in, the note last."""
        return sorted(self.visible_fields(), key=lambda field: field.name == "note")

    @property
    def parameters(self) -> dict[str, Any]:
        """What the service takes besides the note."""
        return {}

    @property
    def facts(self) -> dict[str, Any]:
        """What the letters are drafted from."""
        return {"note": self.cleaned_data["note"], **self.parameters}


class AskForm(MoveForm):
    sections = forms.MultipleChoiceField(
        label=gettext_lazy("What the applicant can change"),
        choices=[(section.key, section.title) for section in SECTIONS.values()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one part.")},
    )
    answer_by = forms.DateField(
        label=gettext_lazy("Answer due by"),
        widget=AdminDateInput,
        help_text=gettext_lazy("The applicant is reminded before."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._require_note(_("What is needed"), _("Stands in the letter to the applicant."))
        self.fields["answer_by"].initial = days_from_now(MembershipSettings.current().answer_days)

    def clean_answer_by(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["answer_by"]
        if day <= timezone.localdate():
            raise ValidationError(_("Choose a day after today."))
        if day > timezone.localdate() + LATEST:
            raise ValidationError(_("Choose a day within a year."))
        return day

    @property
    def parameters(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("sections", "answer_by")}


class PutToBallotForm(MoveForm):
    closes_at = forms.DateTimeField(
        label=gettext_lazy("Deadline"),
        widget=AdminDateTimeInput,
        help_text=gettext_lazy("The ballot closes by itself then, or earlier if it is certain."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = datetime.timedelta(days=MembershipSettings.current().ballot_days)
        end = timezone.localtime(timezone.now() + days)
        self.fields["closes_at"].initial = end.replace(second=0, microsecond=0)

    def clean_closes_at(self) -> datetime.datetime:
        moment: datetime.datetime = self.cleaned_data["closes_at"]
        if moment <= timezone.now():
            raise ValidationError(_("This moment is over."))
        if moment > timezone.now() + LATEST:
            raise ValidationError(_("Choose a moment within a year."))
        return moment

    @property
    def parameters(self) -> dict[str, Any]:
        return {"closes_at": self.cleaned_data["closes_at"]}

    @property
    def facts(self) -> dict[str, Any]:
        rules = MembershipSettings.current()
        ballot = Ballot(
            application=self.application,
            closes_at=self.cleaned_data["closes_at"],
            quorum_percent=rules.quorum_percent,
            majority=rules.majority,
        )
        return {**super().facts, "ballot": ballot}


class AcceptForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ballot = self.application.ballot
        if ballot is None or ballot.outcome != Ballot.Outcome.CARRIED:
            self._require_note(
                _("How the Steering Committee decided"),
                _("The ballot was not in favour, so the trail has to say why you accept."),
            )


class DeclineForm(MoveForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._require_note(
            _("Reasons"), _("They stand in the letter to the applicant, which you see next.")
        )


FORMS: dict[str, type[MoveForm]] = {
    "ask": AskForm,
    "put_to_ballot": PutToBallotForm,
    "accept": AcceptForm,
    "decline": DeclineForm,
}
# Their letters are made of what the form asks, so it comes first.
LETTER_COMES_SECOND = ("ask", "put_to_ballot", "decline")
# Hard to take back, and so marked.
SERIOUS = ("decline", "close", "stop_ballot")
