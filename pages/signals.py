"""Whatever changes what visitors see empties the page cache."""

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Locale, Page, PageViewRestriction, Site
from wagtail.signals import post_page_move, published, unpublished

from icrtop.cache import empty_page_cache
from icrtop.places.models import Country, Region
from pages.models import SiteDocument, SiteImage, SiteSettings

WATCHED = (
    Country,
    Locale,
    Page,
    PageViewRestriction,
    Redirect,
    Region,
    Site,
    SiteDocument,
    SiteImage,
    SiteSettings,
)
# What saving a draft, locking a page or moderating it writes; visitors see none of it.
UNSEEN = {
    "approved_schedule",
    "draft_title",
    "go_live_at",
    "has_unpublished_changes",
    "latest_revision",
    "latest_revision_created_at",
    "locked",
    "locked_at",
    "locked_by",
}


def saved(instance: Model, update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    if isinstance(instance, WATCHED) and not (update_fields and update_fields <= UNSEEN):
        empty_page_cache()


def deleted(instance: Model, **kwargs: Any) -> None:
    if isinstance(instance, WATCHED):
        empty_page_cache()


def changed(**kwargs: Any) -> None:
    empty_page_cache()


def connect() -> None:
    """Listen for every change; page types of any app count as pages."""
    post_save.connect(saved, dispatch_uid="empty page cache")
    post_delete.connect(deleted, dispatch_uid="empty page cache")
    for signal in (published, unpublished, post_page_move):
        signal.connect(changed, dispatch_uid="empty page cache")
