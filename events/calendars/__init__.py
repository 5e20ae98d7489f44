"""Events in the form that calendar programs read (iCalendar: RFC 5545, 5546 and 7986)."""

from events.calendars.entries import entry_of

__all__ = ["entry_of"]
