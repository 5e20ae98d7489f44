"""What happens to pages of events, and concerns who proposed them."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver
from wagtail.signals import page_published

from events.models import EventPage
from events.proposals import services


@receiver(page_published, sender=EventPage)
def tell_proposer(instance: EventPage, **kwargs: Any) -> None:
    services.note_published(instance)


@receiver(pre_delete, sender=EventPage)
def forget_proposer(instance: EventPage, **kwargs: Any) -> None:
    services.forget(instance)
