"""The directory is cached with the pages that show it, so whoever changes it empties that cache."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from icrtop.cache import empty_page_cache
from members.models import Membership, Organisation


@receiver([post_save, post_delete], sender=Organisation)
@receiver([post_save, post_delete], sender=Membership)
def directory_changed(**kwargs: Any) -> None:
    empty_page_cache()
