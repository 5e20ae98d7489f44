"""The archive of the bulletins that were sent."""

from typing import Any

from django.db.models.signals import post_save
from wagtail.search import index

from icrtop.cache import empty_page_cache
from newsletter.models.bulletins import BulletinPage
from newsletter.models.lists import MailingList
from newsletter.models.mailings import Mailing


def went_out(mailing: Mailing) -> None:
    """Have visitors find a bulletin that has just gone out, as it was sent."""
    empty_page_cache()
    bulletin = BulletinPage.objects.filter(pk=mailing.bulletin_id).first()
    if bulletin:
        index.insert_or_update_object(bulletin)


def connect() -> None:
    """Listen for changes of lists: the archive names them, and shows nothing of closed ones."""
    post_save.connect(_list_changed, sender=MailingList, dispatch_uid="archive names lists")


def _list_changed(**kwargs: Any) -> None:
    empty_page_cache()
