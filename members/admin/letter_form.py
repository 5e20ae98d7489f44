"""Letters that staff read, and may reword, before they go."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from icrtop.mail.composing import MERGE_FIELD
from icrtop.mail.headers import one_line
from icrtop.mail.services import MAX_SUBJECT
from members.letters import DraftLetter


def plain(text: str) -> str:
    """Text with the line ends and without the margins that a browser gives it."""
    return "\n".join(text.splitlines()).strip()


def fingerprint(*texts: str) -> str:
    """A short mark by which two texts are told apart."""
    digest = salted_hmac("members.letters", "\0".join(texts), algorithm="sha256")
    return digest.hexdigest()[:24]


def is_reworded(posted: Mapping[str, Any], name: str) -> bool:
    """Whether a letter was posted in other words than those in which it had been shown."""
    subject, body, drafted = (
        str(posted.get(f"letter-{name}-{field}", "")) for field in ("subject", "body", "drafted")
    )
    return bool(body.strip()) and fingerprint(plain(subject), plain(body)) != drafted


class LetterForm(forms.Form):
    """One letter, as the site proposes it or as staff have worded it.

    `drafted` and `to` are marks of the draft and of the recipients that staff were shown, so that
    nothing goes out that differs from what they saw.
    """

    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        max_length=MAX_SUBJECT,
        error_messages={"required": gettext_lazy("A letter needs a subject.")},
    )
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text=gettext_lazy("Plain text. An empty line begins a paragraph."),
        error_messages={"required": gettext_lazy("A letter needs a text.")},
    )
    drafted = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    to = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)

    # Whether the site would propose other words now than those that staff reworded.
    is_another_draft = False

    def __init__(self, draft: DraftLetter, data: Mapping[str, Any] | None = None) -> None:
        self.draft = draft
        self.proposed = {"subject": draft.subject, "body": plain(draft.body)}
        self.marks = {
            "drafted": fingerprint(*self.proposed.values()),
            "to": fingerprint(*sorted(one.address for one in draft.recipients)),
        }
        super().__init__(data, prefix=f"letter-{draft.name}", initial=self.proposed | self.marks)

    @property
    def was_shown(self) -> bool:
        """Whether what was posted holds this letter at all."""
        return self.is_bound and self.add_prefix("body") in self.data

    @property
    def goes_to_others(self) -> bool:
        """Whether it goes to others now than when it was shown."""
        return self.was_shown and self._posted("to") != self.marks["to"]

    def renewed(self) -> "LetterForm":
        """The letter for a page that is shown anew: staff's own words, else the newest draft."""
        if not self.was_shown:
            return LetterForm(self.draft)
        own = is_reworded(self.data, self.draft.name)
        typed = {name: plain(self._posted(name)) for name in ("subject", "body")}
        words = (typed if own else self.proposed) | self.marks
        form = LetterForm(self.draft, {self.add_prefix(name): words[name] for name in words})
        form.is_another_draft = own and self._posted("drafted") != self.marks["drafted"]
        return form

    def _posted(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name), ""))

    def clean_subject(self) -> str:
        subject = one_line(self.cleaned_data["subject"])
        if not subject:
            raise ValidationError(self.fields["subject"].error_messages["required"])
        self._refuse_fields(subject, self.draft.subject)
        return subject

    def clean_body(self) -> str:
        body = plain(self.cleaned_data["body"])
        self._refuse_fields(body, self.draft.body)
        return body

    def _refuse_fields(self, text: str, drafted: str) -> None:
        # Nothing fills them in these letters. What an applicant's own name contains may stay.
        unknown = sorted(set(MERGE_FIELD.findall(text)) - set(MERGE_FIELD.findall(drafted)))
        if unknown:
            raise ValidationError(
                _("Nothing is filled in here: write what should stand in place of [[%(name)s]].")
                % {"name": unknown[0]}
            )

    @property
    def letter(self) -> DraftLetter:
        """The letter in the words that were approved; of a valid form."""
        return self.draft.reworded(self.cleaned_data["subject"], self.cleaned_data["body"])
