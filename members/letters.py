"""The letters about applications: drafted from templates, edited by staff, and put into the outbox.

A letter is plain text in templates/members/letters/<name>.txt. Staff see it before it goes, with
whom it goes to, and may change its words; what the site writes by itself goes as it is drafted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from wagtail.models import Site

from icrtop.mail.addresses import normalise
from icrtop.mail.headers import one_line
from icrtop.mail.letters import absolute, tidy_text
from icrtop.mail.models import Message
from icrtop.mail.services import Recipient, queue_message
from members.models.applications import Application, focal_points_in
from members.models.focal_points import FocalPoint
from members.sections import SECTIONS
from pages.models import SiteSettings


class To(models.TextChoices):
    """Whom a letter goes to."""

    APPLICANT = "applicant", _("To the applicant")
    NEW_MEMBER = "new_member", _("To the applicant and the focal points")
    COMMITTEE = "committee", _("To the Steering Committee")
    SECRETARIAT = "secretariat", _("To us")


@dataclass(frozen=True)
class LetterKind:
    to: To
    subject: Promise


TO_THEM = (To.APPLICANT, To.NEW_MEMBER)

KINDS: dict[str, LetterKind] = {
    "received": LetterKind(To.APPLICANT, _("We have received your application")),
    "answered": LetterKind(To.APPLICANT, _("We have received your answers")),
    "withdrawn": LetterKind(To.APPLICANT, _("Your application is withdrawn")),
    "acknowledged": LetterKind(To.APPLICANT, _("We are reading your application")),
    "more_information": LetterKind(
        To.APPLICANT, _("We need more information for your application")
    ),
    "answer_reminder": LetterKind(To.APPLICANT, _("A reminder: we wait for your answers")),
    "with_committee": LetterKind(
        To.APPLICANT, _("Your application is with the Steering Committee")
    ),
    "ballot_opened": LetterKind(To.COMMITTEE, _("Please vote on an application")),
    "ballot_reminder": LetterKind(To.COMMITTEE, _("A reminder to vote")),
    "ballot_stopped": LetterKind(To.COMMITTEE, _("A ballot was stopped")),
    "accepted": LetterKind(To.NEW_MEMBER, _("Your application has been accepted")),
    "declined": LetterKind(To.APPLICANT, _("The decision on your application")),
    "closed": LetterKind(To.APPLICANT, _("Your application has been closed")),
    "reopened": LetterKind(To.APPLICANT, _("Your application is open again")),
    "draft_ends": LetterKind(To.APPLICANT, _("Your draft will be deleted")),
    "written": LetterKind(To.APPLICANT, _("About your application")),
    "notice_received": LetterKind(To.SECRETARIAT, _("New application")),
    "notice_answered": LetterKind(To.SECRETARIAT, _("An applicant has answered")),
    "notice_withdrawn": LetterKind(To.SECRETARIAT, _("An application is withdrawn")),
    "notice_voted": LetterKind(To.SECRETARIAT, _("A ballot has closed")),
}


@dataclass(frozen=True)
class DraftLetter:
    """A letter that has not gone yet: `name` is its kind, `body` plain text in paragraphs."""

    name: str
    label: str
    recipients: tuple[Recipient, ...]
    subject: str
    body: str

    def reworded(self, subject: str, body: str) -> "DraftLetter":
        """The same letter in the words that staff gave it."""
        return replace(self, subject=subject, body=body)


def draft_letter(
    application: Application, name: str, facts: Mapping[str, Any] | None = None
) -> DraftLetter:
    """A letter of a kind about an application, as it is proposed.

    `facts` is what its template needs besides the application: `note`, `sections` (their keys),
    `answer_by` (a day), `closes_at`, `ballot`, `deleted_on` (a day).
    """
    kind = KINDS[name]
    facts = dict(facts or {})
    with override(_language(application, kind.to)):
        if "sections" in facts:
            facts["sections"] = [str(SECTIONS[key].title) for key in facts["sections"]]
        about = "" if kind.to in TO_THEM else f": {_short_name(application)}"
        subject = f"{kind.subject}{about} ({application.reference})"
        body = render_to_string(
            f"members/letters/{name}.txt",
            {
                "application": application,
                "site_name": settings.WAGTAIL_SITE_NAME,
                "status_url": absolute(application.get_absolute_url()),
                "file_url": absolute(reverse("applications:inspect", args=[application.pk])),
                "vote_url": absolute(reverse("committee:ballot", args=[application.reference])),
                "account_url": absolute(reverse("account:index")),
                **facts,
            },
        )
        return DraftLetter(
            name, str(kind.to.label), recipients_of(application, kind.to), subject, tidy_text(body)
        )


def recipients_of(application: Application, to: To) -> tuple[Recipient, ...]:
    """Who gets a letter; nobody, if there is nobody it could go to."""
    if to == To.SECRETARIAT:
        return (Recipient(site_settings().letters_to),)
    if to == To.COMMITTEE:
        focal_points = FocalPoint.objects.on_the_committee()
        found = {one.normalised: Recipient(one.email, one.name) for one in focal_points}
        return tuple(found.values())
    people = application.people.exclude(joined_at=None)
    found = {one.normalised: Recipient(one.email) for one in people}
    if to == To.NEW_MEMBER:
        for one in focal_points_in(application.answers):
            found.setdefault(normalise(one["email"]), Recipient(one["email"], one["name"]))
    return tuple(found.values())


def send_letter(application: Application, letter: DraftLetter) -> Message | None:
    """Put a letter into the outbox; None if there is nobody to send it to.

    Raises InvalidAddress or InvalidMessage, see `queue_message`.
    """
    if not letter.recipients:
        return None
    kind = KINDS[letter.name]
    people = [one.address for one in recipients_of(application, To.APPLICANT)]
    answers_to = people[0] if kind.to == To.SECRETARIAT and people else site_settings().email
    return queue_message(
        to=letter.recipients,
        subject=one_line(letter.subject),
        purpose=f"members.{letter.name}",
        template="members/letter",
        context={"body": letter.body, "subject": letter.subject},
        headers={"Reply-To": answers_to} if answers_to else {},
        language=_language(application, kind.to),
    )


def _language(application: Application, to: To) -> str:
    return application.language if to in TO_THEM else settings.LANGUAGE_CODE


def site_settings() -> SiteSettings:
    return SiteSettings.for_site(Site.objects.get(is_default_site=True))


def _short_name(application: Application) -> str:
    return one_line(application.organisation_name)[:120]
