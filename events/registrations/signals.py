"""What happens to pages of events, and concerns who is registered."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver
from wagtail.signals import page_published

from events.models import EventPage
from events.registrations.services import lock_event, promote_waiting


@receiver(page_published, sender=EventPage)
def give_new_places(instance: EventPage, **kwargs: Any) -> None:
    """There may be more places than before."""
    promote_waiting(instance)


@receiver(pre_delete, sender=EventPage)
def lock_before_deleting(instance: EventPage, **kwargs: Any) -> None:
    """In the order in which registering locks: the event before its registrations."""
    lock_event(instance)
