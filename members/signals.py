"""What follows from a change of the directory, for the pages that show it."""

from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from wagtail.search.index import insert_or_update_object

from icrtop.cache import empty_page_cache
from members.models import DirectoryPage, Membership, Organisation, OrganisationWork, Sector


@receiver([post_save, post_delete], sender=Organisation)
@receiver([post_save, post_delete], sender=Membership)
def directory_changed(**kwargs: Any) -> None:
    """Empty the cache, and let the search find the directory by the names that it lists now."""
    empty_page_cache()
    for page in DirectoryPage.objects.live():
        insert_or_update_object(page)


@receiver([post_save, post_delete], sender=Sector)
@receiver([post_save, post_delete], sender=OrganisationWork)
@receiver(m2m_changed, sender=Organisation.sectors.through)
@receiver(m2m_changed, sender=Organisation.works_in.through)
def profile_changed(**kwargs: Any) -> None:
    """Empty the cache: profiles and filters show what has changed, the search does not."""
    empty_page_cache()
