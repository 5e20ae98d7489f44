"""The form by which the Steering Committee votes."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from icrtop.forms import PublicForm
from members.ballots.counting import SeatVotes
from members.models.ballots import Vote

Choice = Vote.Choice

EXPLANATIONS: dict[Choice, Promise] = {
    Choice.YES: _("The organisation should join the Coalition."),
    Choice.NO: _("It should not join. Please say why below: the applicant is owed the reasons."),
    Choice.ABSTAIN: _("Neither in favour nor against. It counts for the quorum."),
    Choice.DISCUSS: _(
        "As long as one such vote stands, the ballot cannot be carried or lost: the secretariat "
        "takes the matter up. The committee sees your comment at once."
    ),
    Choice.RECUSED: _(
        "For example, if you fund the applicant or are a branch of the same network. The votes "
        "are then counted as if your organisation had no seat."
    ),
}


class VoteForm(PublicForm):
    """The vote of one organisation; of which, is asked of those who vote for several."""

    leave_this_empty = None  # type: ignore[assignment] # No robot's: whoever sees the form has signed in.
    client_limit = "120/hour"  # Several may vote from one office, on several applications.

    seat = forms.ChoiceField(label=_("Which organisation votes?"), widget=forms.RadioSelect)
    choice = forms.ChoiceField(
        label=_("How does your organisation vote?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how your organisation votes.")},
    )
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=2000,
        help_text=_(
            "Needed if you ask to discuss. The secretariat reads it at once, the committee when "
            "the ballot has closed. The applicant does not see it."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    # The latest vote of each seat when the page was made, as "seat:vote", with blanks between.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, seats: Sequence[SeatVotes], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seats = {str(one.seat.pk): one for one in seats}
        self._choose_from("choice", [(one.value, _option(one)) for one in EXPLANATIONS])
        self._choose_from("seat", [(key, str(one.seat)) for key, one in self.seats.items()])
        self.initial["seen"] = " ".join(
            f"{key}:{one.vote.pk if one.vote else 0}" for key, one in self.seats.items()
        )
        if len(seats) == 1:
            del self.fields["seat"]
            if vote := seats[0].vote:
                self.initial.setdefault("choice", vote.choice)
                self.initial.setdefault("comment", vote.comment)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("choice") == Choice.DISCUSS and given.get("comment") == "":
            self.add_error("comment", _("Say what is to be discussed."))
        return super().clean()

    @property
    def chosen(self) -> SeatVotes:
        """The seat that a valid form votes for."""
        return self.seats[self.cleaned_data.get("seat") or next(iter(self.seats))]

    @property
    def seen_vote(self) -> int:
        """The key of the chosen seat's vote when the page was made, 0 for none."""
        pairs = dict(pair.partition(":")[::2] for pair in self.cleaned_data["seen"].split())
        key = pairs.get(str(self.chosen.seat.pk), "")
        return int(key) if key.isdecimal() else 0

    def _choose_from(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 # For the type checker.
        field.choices = choices


def _option(choice: Choice) -> SafeString:
    return format_html(
        '<span>{}<span class="option-hint">{}</span></span>', choice.label, EXPLANATIONS[choice]
    )
