"""What changes applications: sending one in, and each move from state to state.

Every function is one transaction, in which the letters that it causes are queued too.
"""

import datetime
import logging
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields

from django.conf import settings
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from wagtail.models import Site

from icrtop.accounts.models import User
from icrtop.mail.addresses import InvalidAddress
from icrtop.mail.headers import one_line
from icrtop.mail.letters import Letter, absolute, render_letter
from icrtop.mail.models import Message
from icrtop.mail.services import Recipient, queue_message
from members.answers import Answers
from members.models.applications import Application, ApplicationEvent, Endorsement
from members.statements import Statement
from members.states import MOVES, Move, State
from pages.models import SiteSettings

logger = logging.getLogger(__name__)

# A form sent again within this time, by a second click or the back button, is the same application.
SAME_WITHIN = datetime.timedelta(hours=1)


class MoveNotAllowed(Exception):
    """The table of states has no such move from where the application stands."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed the application since it was looked at."""


@transaction.atomic
def submit_application(answers: Answers, endorsed: Mapping[Statement, str]) -> Application:
    """Take in an application, and queue its acknowledgement and a notice to the secretariat.

    `endorsed` gives the version of the wording for each statement that was endorsed. The same
    organisation and e-mail address again within an hour is the same application: what the answers
    say now replaces what they said before, as long as nobody has begun to review it.
    """
    _serialise(answers)
    earlier = _sent_before(answers)
    if earlier is not None:
        _replace_answers(earlier, answers)
        return earlier
    application = Application.objects.create(
        **_columns(answers), language=get_language() or settings.LANGUAGE_CODE
    )
    Endorsement.objects.bulk_create(
        Endorsement(application=application, statement=statement, version=version)
        for statement, version in endorsed.items()
    )
    event = ApplicationEvent.objects.create(
        application=application,
        by_name=application.contact_name,
        action="submit",
        to_state=State.SUBMITTED,
    )
    event.messages.add(*_letters_on_submission(application))
    return application


def review(application: Application, by: User, version: int, note: str = "") -> Application:
    """Begin the review: the application goes to the Steering Committee."""
    return _move(application, MOVES["review"], by, version, note)


def accept(application: Application, by: User, version: int, note: str = "") -> Application:
    """Record that the Steering Committee has accepted the organisation, and tell the applicant."""
    return _move(application, MOVES["accept"], by, version, note)


def decline(application: Application, by: User, version: int, note: str = "") -> Application:
    """Record that the Steering Committee has declined the organisation, and tell the applicant."""
    return _move(application, MOVES["decline"], by, version, note)


def close(application: Application, by: User, version: int, note: str = "") -> Application:
    """Take the application out of the queue without a decision, and tell the applicant."""
    return _move(application, MOVES["close"], by, version, note)


def reopen(application: Application, by: User, version: int, note: str = "") -> Application:
    """Put a closed application back to the Steering Committee."""
    return _move(application, MOVES["reopen"], by, version, note)


SERVICES: dict[str, Callable[[Application, User, int, str], Application]] = {
    "review": review,
    "accept": accept,
    "decline": decline,
    "close": close,
    "reopen": reopen,
}


def letter_of(application: Application, move: Move) -> Letter:
    """The letter that a move sends to the applicant, as it will be."""
    return render_letter(move.letter, {"application": application}, application.language)


def subject_of(application: Application, subject: Promise | str) -> str:
    """The subject of a letter to the applicant, in their language and with the reference."""
    with override(application.language):
        return f"{subject} ({application.reference})"


@transaction.atomic
def _move(application: Application, move: Move, by: User, version: int, note: str) -> Application:
    """Make a move of the table, as `by`, who saw the application at `version`.

    Returns the application as it is now. Raises PermissionDenied, ChangedMeanwhile if anybody has
    changed it since that version, MoveNotAllowed if the table has no such move from its state, and
    ValueError for a move without the reasons that it needs. The second of two people who act at the
    same time waits for the first, and is then told.
    """
    if not by.has_perm(move.permission):
        raise PermissionDenied
    if move.note_required and not note.strip():
        raise ValueError(f"The move {move.name} needs its reasons.")
    locked = Application.objects.select_for_update().get(pk=application.pk)
    if locked.version != version:
        raise ChangedMeanwhile
    if locked.state not in move.sources:
        raise MoveNotAllowed
    event = ApplicationEvent.objects.create(
        application=locked,
        by=by,
        by_name=by.get_full_name() or by.email,
        action=move.name,
        from_state=locked.state,
        to_state=move.target,
        note=note.strip(),
    )
    locked.state = move.target
    locked.version += 1
    locked.save(update_fields=["state", "version", "updated"])
    if move.letter:
        event.messages.add(_write_to_applicant(locked, move.letter, move.subject))
    return locked


def _serialise(answers: Answers) -> None:
    """Let the same organisation's submissions wait for one another until the commit."""
    who = f"{answers.organisation_name}\n{answers.email}".casefold()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, _signed(who)])


# Tells these advisory locks from any others.
_LOCKS = zlib.crc32(b"members.submit_application") >> 1


def _signed(text: str) -> int:
    """A hash of a text that fits PostgreSQL's integer."""
    return zlib.crc32(text.encode()) - 2**31


def _sent_before(answers: Answers) -> Application | None:
    return (
        Application.objects.select_for_update()
        .filter(
            organisation_name__iexact=answers.organisation_name,
            email__iexact=answers.email,
            created__gt=timezone.now() - SAME_WITHIN,
        )
        .first()
    )


def _replace_answers(application: Application, answers: Answers) -> None:
    """Take over what changed in answers that were sent again, while nobody has acted on them."""
    changed = [
        name for name, value in _columns(answers).items() if getattr(application, name) != value
    ]
    if not changed or application.state != State.SUBMITTED:
        return
    before = "\n".join(
        f"{label_for_field(name, Application)}: {getattr(application, name)}" for name in changed
    )
    for name in changed:
        setattr(application, name, getattr(answers, name))
    application.version += 1
    application.save()
    ApplicationEvent.objects.create(
        application=application,
        by_name=application.contact_name,
        action="correct",
        from_state=application.state,
        to_state=application.state,
        note=before,
    )


def _columns(answers: Answers) -> dict[str, object]:
    return {field.name: getattr(answers, field.name) for field in fields(answers)}


def _letters_on_submission(application: Application) -> list[Message]:
    letters = [
        _write_to_applicant(
            application, "application_received", gettext_lazy("We have received your application")
        )
    ]
    try:
        letters.append(_write_to_secretariat(application))
    except InvalidAddress as error:
        # A mistake in the site's settings must not cost the application; the queue shows it anyway.
        logger.error("The secretariat was not told about %s: %s", application.reference, error)
    return letters


def _write_to_applicant(application: Application, template: str, subject: Promise | str) -> Message:
    return queue_message(
        to=Recipient(application.email, application.contact_name),
        subject=subject_of(application, subject),
        purpose=f"members.{template}",
        template=template,
        context={"application": application},
        language=application.language,
    )


def _write_to_secretariat(application: Application) -> Message:
    """Tell the secretariat of a new application; an answer to the letter goes to the applicant."""
    site = Site.objects.get(is_default_site=True)
    with override(settings.LANGUAGE_CODE):
        subject = _("New application: %(organisation)s") % {
            "organisation": one_line(application.organisation_name)[:150]
        }
    return queue_message(
        to=SiteSettings.for_site(site).letters_to,
        subject=subject,
        purpose="members.application_notice",
        template="application_notice",
        context={
            "application": application,
            "address": absolute(reverse("applications:inspect", args=[application.pk])),
        },
        headers={"Reply-To": application.email},
        language=settings.LANGUAGE_CODE,
    )
