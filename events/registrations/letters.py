"""The letters to people who register, each written into the outbox in the caller's transaction.

They show nothing that was typed into the form: whoever filled it in chose the address, too, and
perhaps the name as a message. Whoever is told when and where the event is has that noted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from events.models import EventPage, Registration, RegistrationState
from events.registrations import links
from events.registrations.facts import Change, Facts
from icrtop.mail.attachments import Attachment
from icrtop.mail.audiences import Audience
from icrtop.mail.headers import one_line
from icrtop.mail.letters import absolute, render_letter
from icrtop.mail.models import Message, Priority
from icrtop.mail.services import MAX_SUBJECT, Recipient, queue_message
from members.letters import site_settings

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# In a letter, this stands for the reader's own registration: see `links`.
MANAGE_FIELD = "manage"
STRAY_FIELD = re.compile(rf"\[\[(?!{MANAGE_FIELD}\]\])(?=[a-z_]+\]\])")


@dataclass(frozen=True)
class Words:
    """What a letter is headed with: `subject` has a place for the title of the event."""

    subject: StrPromise
    heading: StrPromise


PLACED = Words(_("Your place: %s"), _("You have a place"))
WAITING = Words(_("Waiting list: %s"), _("You are on the waiting list"))
PROMOTED = Words(_("Your place: %s"), _("You have a place now"))
CANCELLED = Words(_("Registration cancelled: %s"), _("Your registration is cancelled"))
KNOWN = Words(_("Registered already: %s"), _("You are registered already"))


def confirm_place(registration: Registration) -> None:
    """Tell somebody that they have a place, with the event for their calendar."""
    _write_to(registration, "placed", PLACED)
    _note_told(registration)


def confirm_waiting(registration: Registration) -> None:
    """Tell somebody that they wait for a place."""
    _write_to(registration, "waiting", WAITING)
    _note_told(registration)


def tell_promoted(registration: Registration) -> None:
    """Tell somebody who waited that they have a place now, and what has changed meanwhile."""
    _write_to(registration, "promoted", PROMOTED, {"changes": _changes(registration)})
    _note_told(registration)


def confirm_cancelled(registration: Registration) -> None:
    """Tell somebody that their registration is cancelled, whoever did it."""
    _write_to(registration, "cancelled", CANCELLED)


def remind_of_registration(registration: Registration) -> None:
    """Tell somebody who registers again how things stand; what has changed is told apart."""
    _write_to(registration, "known", KNOWN)


def _note_told(registration: Registration) -> None:
    registration.told = _facts_for(registration).as_json()
    registration.save(update_fields=["told"])


def _facts_for(registration: Registration) -> Facts:
    return Facts.of(registration.event, placed=registration.state == RegistrationState.PLACED)


def _changes(registration: Registration) -> list[Change]:
    """What is no longer as somebody who waited was told."""
    if not registration.told:
        return []
    with override(registration.language):
        before = Facts.from_json(registration.told)
        return before.changes_to(Facts.of(registration.event, placed=False))


def _write_to(
    registration: Registration, name: str, words: Words, context: Mapping[str, Any] | None = None
) -> None:
    if not registration.email:
        return  # Entered by staff for somebody without an address.
    message = write(
        Recipient(registration.email, merge={MANAGE_FIELD: str(registration.uid)}),
        registration.event,
        name,
        words,
        language=registration.language,
        placed=registration.state == RegistrationState.PLACED,
        context=context or {},
    )
    registration.messages.add(message)


def write(
    to: Recipient | Audience,
    event: EventPage,
    name: str,
    words: Words,
    *,
    language: str,
    placed: bool,
    context: Mapping[str, Any],
    priority: Priority = Priority.TRANSACTIONAL,
) -> Message:
    """Put one of the letters in templates/mail/events into the outbox, for one reader or many.

    Either all of them have a place, and get the event for their calendars, or none has. Each has
    the merge field `manage`. Raises what `queue_message` raises.
    """
    reply_to = site_settings().email
    with override(language):
        letter = render_letter(
            f"events/{name}",
            {
                "heading": words.heading,
                "event": event,
                "event_url": absolute(event.get_url() or "/"),
                "facts": Facts.of(event, placed=placed),
                "placed": placed,
                "manage_url": links.address(f"[[{MANAGE_FIELD}]]", language),
                **context,
            },
        )
        return queue_message(
            to=to,
            subject=Truncator(_plain(words.subject % one_line(event.title))).chars(MAX_SUBJECT),
            purpose=f"events.{name}",
            html=_plain(letter.html),
            text=_plain(letter.text),
            attachments=_entry(event) if placed else [],
            headers={"Reply-To": reply_to} if reply_to else {},
            signed={MANAGE_FIELD: links.MANAGE},
            priority=priority,
        )


def _entry(event: EventPage) -> list[Attachment]:
    """The event for a calendar, with the address that is only for those with a place."""
    try:
        from events.calendars import entry_of
    except ImportError:
        return []
    return [
        Attachment(
            filename="event.ics",
            content_type="text/calendar; charset=utf-8; method=PUBLISH",
            content=entry_of(event, method="PUBLISH", with_private_address=True),
        )
    ]


def _plain(text: str) -> str:
    """A text in which nothing that an editor wrote is taken for a merge field."""
    return STRAY_FIELD.sub("[\N{ZERO WIDTH SPACE}[", text)
