"""The bulletins that were sent, for feed readers: in full, as they were sent."""

import datetime
from typing import Any

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _
from django.utils.xmlutils import SimplerXMLGenerator

from newsletter.archive import excerpt, with_full_addresses
from newsletter.models import BulletinIndexPage, BulletinPage
from pages.feeds import LENGTH, NewestFirst, plain


class FullContent(Atom1Feed):
    """Atom with the whole text of each entry beside its summary (RFC 4287, 4.1.3)."""

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        attributes = {"type": "html", "xml:lang": item["language"]}
        handler.addQuickElement("content", item["content"], attributes)


class Bulletins(NewestFirst):
    index = BulletinIndexPage
    model = BulletinPage
    url_name = "newsletter:feed"
    what: str | Promise = _("Bulletins")
    subtitle = description = _("The Coalition's bulletins, as they were sent.")
    feed_type = FullContent

    def items(self) -> list[BulletinPage]:
        return list(BulletinPage.objects.archived().in_full()[:LENGTH])

    def item_title(self, item: BulletinPage) -> str:
        return plain(item.sent_subject)

    def item_description(self, item: BulletinPage) -> str:
        return plain(escape(excerpt(item.sent_web)))

    def item_pubdate(self, item: BulletinPage) -> datetime.datetime:
        sent_at: datetime.datetime = item.sent_at
        return sent_at

    item_updateddate = item_pubdate

    def item_extra_kwargs(self, item: BulletinPage) -> dict[str, Any]:
        content = plain(with_full_addresses(item.sent_web))
        return {"content": content, "language": item.language or settings.LANGUAGE_CODE}
