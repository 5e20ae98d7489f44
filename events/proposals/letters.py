"""The letters to people who proposed an event.

A letter is plain text in templates/events/letters/<name>.txt.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from wagtail.models import Site

from events.models import EventPage, EventProposal
from icrtop.mail.headers import one_line
from icrtop.mail.letters import absolute, tidy_text
from icrtop.mail.models import Message
from icrtop.mail.services import queue_message
from pages.models import SiteSettings

# No title in them: whoever filled in the form chose it, and whose address it is nobody knows.
SUBJECTS: dict[str, Promise] = {
    "received": _("We have received the event that you proposed"),
    "published": _("The event that you proposed is on our site"),
}


@dataclass(frozen=True)
class Letter:
    """A subject and plain text in paragraphs."""

    subject: str
    body: str


def draft(proposal: EventProposal, name: str, event: EventPage) -> Letter:
    """A letter about a proposal as the site words it, in the proposer's language."""
    with override(proposal.language):
        body = render_to_string(
            f"events/letters/{name}.txt",
            {
                "proposal": proposal,
                "event": event,
                "event_url": absolute(event.get_url() or "/"),
                "country": event.country.name if event.country else "",
            },
        )
        return Letter(str(SUBJECTS[name]), tidy_text(body))


def send(proposal: EventProposal, name: str, letter: Letter) -> Message:
    """Put a letter into the outbox; answers go to the secretariat.

    Raises InvalidAddress or InvalidMessage, see `queue_message`.
    """
    settings = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    message = queue_message(
        to=proposal.email,
        subject=one_line(letter.subject),
        purpose=f"events.proposal.{name}",
        template="events/proposal",
        context={"subject": letter.subject, "body": letter.body},
        headers={"Reply-To": settings.email} if settings.email else {},
        language=proposal.language,
    )
    proposal.messages.add(message)
    return message


def confirm(proposal: EventProposal, event: EventPage) -> Message:
    """Say what was proposed, and what happens now."""
    return send(proposal, "received", draft(proposal, "received", event))


def tell_published(proposal: EventProposal, event: EventPage) -> Message:
    """Say that the event is on the site, and where."""
    return send(proposal, "published", draft(proposal, "published", event))
