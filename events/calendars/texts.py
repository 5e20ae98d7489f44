"""The words that calendars show of an event."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from events.models import EventPage
from events.models.timed import Timed
from pages.feeds import plain


@dataclass(frozen=True)
class Text:
    """What is said of an event, in the language of the moment.

    `url` is the whole address of its page, `address` where it is online, for those who may know.
    """

    event: EventPage
    url: str
    address: str

    def summary(self, one: Timed) -> str:
        """The title; as many programs do not show STATUS, with what became of it."""
        title = one_line(self.event.title)
        return title if one.takes_place else f"{one.get_status_display()}: {title}"

    @property
    def location(self) -> str:
        country = self.event.country
        parts = [one_line(self.event.place), one_line(country.name) if country else ""]
        where = ", ".join(part for part in parts if part)
        return where or (_("Online") if self.event.is_online else "")

    def description(self, one: Timed) -> str:
        """What became of it, what it is about, how to take part.

        The address of the page comes last, as many programs do not show URL.
        """
        event = self.event
        parts = [event.introduction]
        if not one.takes_place:
            parts.insert(0, event.status_note)
        if self.address:
            parts.append(_("Online: %(address)s") % {"address": self.address})
        elif event.online_address:
            parts.append(_("The online address is sent to those who have a place."))
        if event.website:
            parts.append(_("Organiser's page: %(address)s") % {"address": event.website})
        parts.append(self.url)
        return "\n\n".join(text for part in parts if (text := clean(part).strip()))


def clean(text: str) -> str:
    """Text without control characters, of which RFC 5545, section 3.1, allows none but tabs.

    Some programs end lines at U+2028 and U+2029, too.
    """
    return plain(text).replace("\N{LINE SEPARATOR}", "\n").replace("\N{PARAGRAPH SEPARATOR}", "\n")


def one_line(text: str) -> str:
    return " ".join(clean(text).split())
