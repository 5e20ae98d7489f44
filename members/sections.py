"""The sections of the form to apply, in their order, and what they make of the answers.

`Application.answers` maps the names of all their fields to JSON: text, "yes" or "no", lists of
codes, years, versions of endorsed statements. What people read of it comes from here: the page to
check the answers, the file of staff and of the committee, what changed, what is exported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from members.applying.forms.base import SectionForm
from members.applying.forms.joining import CategoryForm, EndorsementForm, FocalPointsForm
from members.applying.forms.organisation import AboutForm, RegistrationForm, WorkForm
from members.applying.forms.places import PlacesForm
from members.models.documents import ApplicationDocument

if TYPE_CHECKING:
    from members.models.applications import Application

type Answers = Mapping[str, Any]

Kind = ApplicationDocument.Kind


@dataclass(frozen=True)
class Section:
    """A part of the form that is filled in and saved by itself.

    `form` is None for the documents, which have a page of their own.
    """

    key: str
    title: Promise
    form: type[SectionForm] | None
    introduction: Promise | str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its answers."""
        return tuple(self.form.base_fields) if self.form else ()


SECTIONS: dict[str, Section] = {
    section.key: section
    for section in (
        Section("about", _("About the organisation"), AboutForm),
        Section("registration", _("Registration and governance"), RegistrationForm),
        Section("work", _("Work on RtoP or related fields"), WorkForm),
        Section("places", _("Countries and regions of work"), PlacesForm),
        Section(
            "focal-points",
            _("Focal points"),
            FocalPointsForm,
            _(
                "Two people through whom we and your organisation speak with each other. If you "
                "join, they sign in with these addresses to keep your profile right. Their names "
                "and addresses are not shown to the public."
            ),
        ),
        Section("documents", _("Documents"), None),
        Section(
            "category",
            _("Member or NGO Supporter"),
            CategoryForm,
            _(
                "Both belong to the Coalition and endorse the same statements. A Member runs "
                "programmes on the Responsibility to Protect or related work of its own. An NGO "
                "Supporter stands behind the same principles, and need not run any."
            ),
        ),
        Section(
            "endorsement",
            _("Endorsement"),
            EndorsementForm,
            _(
                "Only organisations that endorse both statements can join. Endorse them on behalf "
                "of your organisation, when those who lead it agree."
            ),
        ),
    )
}


@dataclass(frozen=True)
class AnswerRow:
    """An answer as people read it; `value` is empty where nothing was answered."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class AnsweredSection:
    key: str
    title: str
    rows: list[AnswerRow]


@dataclass(frozen=True)
class Difference:
    """An answer that differs between two versions, all as people read it."""

    section: str
    label: str
    before: str
    after: str


def answer_rows(answers: Answers) -> list[AnsweredSection]:
    """The answers as people read them, by section in the order of the form, without documents.

    Several values of one field stand on a line each.
    """
    return [
        AnsweredSection(
            section.key,
            str(section.title),
            [
                AnswerRow(name, form.label(name), form.displayed(name, answers.get(name)))
                for name in form.shown(answers)
            ],
        )
        for section in SECTIONS.values()
        if (form := section.form)
    ]


def differences(before: Answers, after: Answers) -> list[Difference]:
    """What changed between two versions of the answers, in the order of the form."""
    return [
        Difference(
            str(section.title),
            form.label(name),
            form.displayed(name, before.get(name)),
            form.displayed(name, after.get(name)),
        )
        for section in SECTIONS.values()
        if (form := section.form)
        for name in section.fields
        if (before.get(name) or "") != (after.get(name) or "")
    ]


def documents_needed(answers: Answers) -> list[Kind]:
    """The kinds of documents that are needed: no certificate of who is not registered."""
    if answers.get("registered") == "no":
        return [Kind.STATUTES]
    return [Kind.REGISTRATION, Kind.STATUTES]


def missing(application: "Application") -> dict[str, list[str]]:
    """What is still needed before it can be sent: labels of fields, by the keys of sections."""
    lacking = {
        key: section.form.missing(application.answers)
        for key, section in SECTIONS.items()
        if section.form
    }
    there = set(application.documents.current().values_list("kind", flat=True))
    lacking["documents"] = [
        str(kind.label) for kind in documents_needed(application.answers) if kind not in there
    ]
    return {key: lacking[key] for key in SECTIONS if lacking[key]}


def is_begun(application: "Application", key: str) -> bool:
    """Whether there is anything in a section."""
    if key == "documents":
        return application.documents.current().exists()
    return any(application.answers.get(name) for name in SECTIONS[key].fields)
