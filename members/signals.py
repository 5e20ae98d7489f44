"""What follows from a change of the directory, for the pages that show it."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from wagtail.search.index import insert_or_update_object

from icrtop.cache import empty_page_cache
from members.models import DirectoryPage, Membership, Organisation


@receiver([post_save, post_delete], sender=Organisation)
@receiver([post_save, post_delete], sender=Membership)
def directory_changed(**kwargs: Any) -> None:
    """Empty the cache, and let the search find the directory by the names that it lists now."""
    empty_page_cache()
    for page in DirectoryPage.objects.live():
        insert_or_update_object(page)
