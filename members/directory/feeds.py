"""Who has joined, for feed readers."""

import datetime
from typing import cast

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from members.models import DirectoryPage
from members.public import PublicMember, public_members
from pages.feeds import LENGTH, NewestFirst, plain
from pages.models import SiteSettings
from pages.templatetags.ui import absolute

SUMMARY_LENGTH = 500


class NewMembers(NewestFirst):
    """Named members, in the order in which their profiles became public, the latest first.

    Those who have not checked a profile here (the first ones, whom the Coalition entered) are no
    news. An unnamed member is not in it: that somebody joined on a certain day would tell of it.
    """

    url_name = "members:feed"
    what: str | Promise = _("New members")
    subtitle = description = _("Organisations that have joined the Coalition.")
    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest) -> SiteSettings:
        self.directory = DirectoryPage.of_everyone()
        if self.directory is None:
            raise Http404
        return super().get_object(request)

    def link(self) -> str:
        return absolute(cast(DirectoryPage, self.directory).get_url(self.request) or "/")

    def items(self) -> list[PublicMember]:  # type: ignore[override] # Not pages.
        checked = [one for one in public_members() if one.checked_at]
        return sorted(checked, key=self.item_pubdate, reverse=True)[:LENGTH]

    def item_title(self, item: PublicMember) -> str:
        return plain(item.display_name)

    def item_description(self, item: PublicMember) -> str:
        return plain(Truncator(item.about).chars(SUMMARY_LENGTH))

    def item_link(self, item: PublicMember) -> str:
        return absolute(item.url)

    item_guid = item_link

    def item_pubdate(self, item: PublicMember) -> datetime.datetime:
        return item.checked_at or timezone.now()

    item_updateddate = item_pubdate

    def item_categories(self, item: PublicMember) -> list[str]:
        return [item.category_label]
