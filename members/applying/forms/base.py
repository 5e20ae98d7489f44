"""What the forms of all sections have in common."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from icrtop.forms import PublicForm, PublicFormRenderer

type Answers = Mapping[str, Any]


class SectionRenderer(PublicFormRenderer):
    form_template_name = "members/apply/section_form.html"
    field_template_name = "members/apply/field.html"


class OwnForm(PublicForm):
    """A public form that only those see who have signed in: without the trap for robots."""

    leave_this_empty = None  # type: ignore[assignment] # Django's way to drop an inherited field.


class SectionForm(OwnForm):
    """Base of the forms of the sections.

    Nothing is required to save one. What has to be there when the application is sent is told by
    `needed`; those fields have no "(optional)" beside them. The names of the fields are those in
    `Application.answers`.
    """

    default_renderer = SectionRenderer

    # Fields that are needed in every application, for the section to be complete.
    always_needed: ClassVar[tuple[str, ...]] = ()
    # Fields that are needed in some: see `needed`.
    sometimes_needed: ClassVar[tuple[str, ...]] = ()
    # Headings within the section, each with the fields below it; all fields without one if empty.
    headings: ClassVar[tuple[tuple[Any, tuple[str, ...]], ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.required = False
            field.needed_later = name in (*self.always_needed, *self.sometimes_needed)  # type: ignore[attr-defined] # Read by components/field.html.
            if isinstance(field.widget, forms.TextInput | forms.Textarea):
                field.widget.attrs.setdefault("dir", "auto")

    def clean(self) -> dict[str, Any]:
        """What is limited is how often somebody saves, whatever the section: see the view."""
        return self.cleaned_data

    @property
    def groups(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        """The fields by their headings."""
        for heading, names in self.headings or (("", tuple(self.fields)),):
            yield heading, [self[name] for name in names if name in self.fields]

    def show_stored(self, answers: Answers) -> None:
        """Show, beside each field that differs, what somebody else has saved there meanwhile."""
        typed = self.answers
        for name in self.fields:
            if name in typed and typed[name] == answers.get(name, self.empty(name)):
                continue
            stored = self.displayed(name, answers.get(name)) or gettext("nothing")
            self.fields[name].stored_now = stored  # type: ignore[attr-defined] # Read by members/apply/field.html.
            self.add_error(name, _("This differs from what is saved now."))

    @property
    def answers(self) -> dict[str, Any]:
        """What was filled in and is well-formed, as it is stored."""
        return {
            name: self.stored(name, self.cleaned_data[name])
            for name in self.fields
            if name in self.cleaned_data
        }

    def stored(self, name: str, value: Any) -> Any:
        """A cleaned value as JSON."""
        return value

    @classmethod
    def empty(cls, name: str) -> Any:
        """What stands for a field that was left empty."""
        return [] if isinstance(cls.base_fields[name], forms.MultipleChoiceField) else ""

    @classmethod
    def initial_of(cls, answers: Answers) -> dict[str, Any]:
        """What the form shows at first."""
        return {name: answers[name] for name in cls.base_fields if name in answers}

    @classmethod
    def needed(cls, answers: Answers) -> tuple[str, ...]:
        """The names of the fields that are needed, given what was answered."""
        return cls.always_needed

    @classmethod
    def missing(cls, answers: Answers) -> list[str]:
        """The labels of what is still needed."""
        return [cls.label(name) for name in cls.needed(answers) if not answers.get(name)]

    @classmethod
    def label(cls, name: str) -> str:
        """What a field is called where its section is read and not filled in."""
        return str(cls.base_fields[name].label)

    @classmethod
    def shown(cls, answers: Answers) -> list[str]:
        """The names of the fields whose answers are read: not those that ask for nothing now."""
        return list(cls.base_fields)

    @classmethod
    def displayed(cls, name: str, value: Any) -> str:
        """An answer as people read it; empty if there is none."""
        if value in (None, "", []):
            return ""
        field = cls.base_fields[name]
        if isinstance(field, forms.ChoiceField):
            labels = cls.labels(name, value if isinstance(value, list) else [value])
            return "\n".join(labels)
        return str(value)

    @classmethod
    def labels(cls, name: str, values: list[Any]) -> list[str]:
        """What stands for values of a field with choices; those that are gone stand as they are."""
        choices = dict(cls.base_fields[name].choices)  # type: ignore[attr-defined] # It has choices.
        return [str(choices.get(value, value)) for value in values]
