"""What is filled in before it is sent: begun, saved section by section, or deleted."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from icrtop.mail.erasing import erase_messages
from icrtop.mail.models import Message
from members.models.applications import Application, ApplicationPerson
from members.retention.addresses import letters_of
from members.sections import SECTIONS
from members.services.moving import Actor, record
from members.states import OPEN, State

# What one address may have under way: drafts, and applications that are not decided.
MOST_UNDER_WAY = 3


class TooManyUnderWay(Exception):
    """The address has as many drafts and open applications as it may have."""


class NotChangeable(Exception):
    """The section is not the applicant's to change now; `application` is as it is stored."""

    def __init__(self, application: Application) -> None:
        super().__init__(application.reference)
        self.application = application


class SectionChanged(NotChangeable):
    """Somebody else, or another tab, has saved the section since it was opened."""


@transaction.atomic
def begin(address: str) -> Application:
    """A new draft of whoever holds a verified, normalised address.

    A draft of theirs in which nothing is filled in is given again: a double click begins one.
    Raises TooManyUnderWay.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"members.begin:{address}"]
        )
    under_way = list(under_way_of(address))
    for each in under_way:
        if each.state == State.DRAFT and not each.answers and not each.documents.exists():
            return each
    if len(under_way) >= MOST_UNDER_WAY:
        raise TooManyUnderWay
    application = Application.objects.create(language=get_language() or settings.LANGUAGE_CODE)
    ApplicationPerson.objects.create(
        application=application, email=address, normalised=address, joined_at=timezone.now()
    )
    record(application, Actor.applicant(address), "begin")
    return application


def under_way_of(address: str) -> QuerySet[Application]:
    """The drafts and open applications of those that somebody has joined in filling in.

    An invitation alone counts for nothing: nobody can use up another's room by inviting them.
    """
    return Application.objects.filter(
        people__normalised=address,
        people__joined_at__isnull=False,
        anonymised_at=None,
        state__in=[State.DRAFT, *OPEN],
    )


def changeable(application: Application) -> list[str]:
    """The keys of the sections that the applicant can change now."""
    if application.anonymised_at:
        return []
    if application.state == State.DRAFT:
        return list(SECTIONS)
    if application.state == State.MORE_INFORMATION:
        return [key for key in SECTIONS if key in application.open_sections]
    return []


def can_change(application: Application, key: str) -> bool:
    """Whether the applicant can change a section now."""
    return key in changeable(application)


@transaction.atomic
def save_section(
    application: Application,
    key: str,
    answers: Mapping[str, Any],
    address: str,
    version: str | None = None,
) -> Application:
    """Store answers of a section, and return the application as it is then.

    `answers` are by the names of its fields; others of the section stay as they are. `version` is
    what `section_version` gave for what the applicant saw. Raises NotChangeable, also for an
    address that is not of the application; SectionChanged if it was changed since `version` to
    something else than these answers; ValueError for names of no field of the section.
    """
    if strange := set(answers) - set(SECTIONS[key].fields):
        raise ValueError(f"Not of this section: {sorted(strange)}")
    locked = Application.objects.select_for_update().get(pk=application.pk)
    if not locked.people.filter(normalised=address).exists() or not can_change(locked, key):
        raise NotChangeable(locked)
    if all((locked.answers.get(name) or "") == (value or "") for name, value in answers.items()):
        return locked
    if version is not None and version != section_version(locked.answers, key):
        raise SectionChanged(locked)
    locked.answers = {**locked.answers, **answers}
    _mirror(locked)
    # Without `version`: that counts the moves.
    locked.save(
        update_fields=["answers", "organisation_name", "country", "website", "category", "updated"]
    )
    return locked


def section_version(answers: Mapping[str, Any], key: str) -> str:
    """A short text that differs whenever the stored answers of a section do."""
    stored = {name: answers[name] for name in SECTIONS[key].fields if answers.get(name)}
    return _digest(stored)


def answers_version(answers: Mapping[str, Any]) -> str:
    """The same for all answers, as they are checked before they are sent."""
    return _digest({name: value for name, value in answers.items() if value})


@transaction.atomic
def delete_draft(application: Application, address: str) -> None:
    """Delete a draft with all that belongs to it, and erase the letters about it.

    Raises NotChangeable if it is none any more, or none of this address.
    """
    locked = Application.objects.select_for_update().get(pk=application.pk)
    if (
        locked.state != State.DRAFT
        or not locked.people.filter(normalised=address, joined_at__isnull=False).exists()
    ):
        raise NotChangeable(locked)
    letters = letters_of(locked)
    locked.delete()
    erase_messages(Message.objects.filter(pk__in=letters))


def _digest(answers: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()[:16]


def _mirror(application: Application) -> None:
    """Copy into the columns of the queue what is there to be sorted and looked for."""
    answers = application.answers
    application.organisation_name = answers.get("organisation_name") or ""
    application.country_id = answers.get("country") or None
    application.website = answers.get("website") or ""
    application.category = answers.get("category") or ""
