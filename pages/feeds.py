"""What is new among developments and publications, for feed readers: Atom, and RSS."""

import datetime
import unicodedata
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pages.dates import last_day
from pages.models import (
    DevelopmentIndexPage,
    DevelopmentPage,
    ListingPage,
    PublicationIndexPage,
    PublicationPage,
    SiteSettings,
)

LENGTH = 30
Item = DevelopmentPage | PublicationPage


def plain(text: str | Promise) -> str:
    """Text without the control characters that XML has no way to write (XML 1.0, section 2.2)."""
    return "".join(one for one in str(text) if one in "\n\t" or unicodedata.category(one) != "Cc")


class NewestFirst(Feed):
    """Base of the feeds: the pages of one type, those published last first.

    The parts that a feed reader shows come as methods whose names Django knows.
    """

    index: type[ListingPage]
    model: type[Item]
    url_name: str
    what: str | Promise
    feed_type: type[SyndicationFeed]

    def get_object(self, request: HttpRequest) -> SiteSettings:
        self.request = request
        return SiteSettings.for_request(request)

    def title(self, site: SiteSettings) -> str:
        name = site.acronym or site.organisation
        return plain(f"{name}: {self.what}" if name else self.what)

    def link(self) -> str:
        page = self.index.objects.live().order_by("path").first()
        return urljoin(settings.BASE_URL, page.get_url(self.request) if page else "/")

    def feed_url(self) -> str:
        return urljoin(settings.BASE_URL, reverse(self.url_name))

    def author_name(self, site: SiteSettings) -> str:
        return plain(site.organisation or settings.WAGTAIL_SITE_NAME)

    def items(self) -> list[Item]:
        newest = self.model.objects.live().newest_first()
        return list(newest.order_by("-first_published_at", "-date", "title")[:LENGTH])

    def item_title(self, item: Item) -> str:
        return plain(item.title)

    def item_description(self, item: Item) -> str:
        return plain(item.introduction)

    def item_link(self, item: Item) -> str:
        return urljoin(settings.BASE_URL, item.get_url(self.request))

    def item_guid(self, item: Item) -> str:
        """The same for the life of the page, whatever becomes of its address."""
        return f"urn:uuid:{item.translation_key}"

    item_guid_is_permalink = False

    def item_pubdate(self, item: Item) -> datetime.datetime:
        return item.first_published_at or self.item_updateddate(item)

    def item_updateddate(self, item: Item) -> datetime.datetime:
        """When it last changed for visitors; failing that, the day that it is about."""
        day = datetime.datetime.combine(last_day(item.date), datetime.time())
        return item.last_published_at or item.first_published_at or timezone.make_aware(day)


class Developments(NewestFirst):
    index = DevelopmentIndexPage
    model = DevelopmentPage
    url_name = "developments_feed"
    what = _("Developments")
    subtitle = description = _("What happens on the Responsibility to Protect, at every level.")
    feed_type: type[SyndicationFeed] = Atom1Feed

    def item_categories(self, item: DevelopmentPage) -> list[str]:
        return [str(item.get_level_display())]


class DevelopmentsRSS(Developments):
    url_name = "developments_rss"
    feed_type = Rss201rev2Feed


class Publications(NewestFirst):
    index = PublicationIndexPage
    model = PublicationPage
    url_name = "publications_feed"
    what = _("Publications")
    subtitle = description = _("New in the library on the Responsibility to Protect.")
    feed_type: type[SyndicationFeed] = Atom1Feed

    def item_categories(self, item: PublicationPage) -> list[str]:
        return [str(item.get_kind_display())]


class PublicationsRSS(Publications):
    url_name = "publications_rss"
    feed_type = Rss201rev2Feed
