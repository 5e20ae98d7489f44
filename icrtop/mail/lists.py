"""The headers by which mail programs know a letter to a mailing list, and let its reader leave."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from icrtop.mail.headers import InvalidMessage, one_line, phrase

LIST_ID = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z")
# Nothing that ends an address in a header, or that has no place in one.
ADDRESS = re.compile(r"[!-;=?-~]+\Z")
MAIL_ADDRESS = re.compile(r"mailto:[!-;=?-~]+@[!-;=?-~]+\Z")


@dataclass(frozen=True)
class MailingListHeaders:
    """What the letters of one mailing list say about it.

    `list_id` names the list within this site, such as "bulletin": letters of a message with the
    same `list_id` are withdrawn when somebody leaves the list. The two addresses to unsubscribe at
    may contain merge fields. The web address must take the POST of RFC 8058 without a cookie.
    """

    list_id: str
    name: str
    unsubscribe_url: str
    unsubscribe_mailto: str
    archive_url: str = ""

    def as_headers(self) -> dict[str, str]:
        """List-Id (RFC 2919), List-* (RFC 2369), one-click (RFC 8058), Precedence (RFC 3834).

        Raises InvalidMessage for addresses that mail programs would not follow.
        """
        if not LIST_ID.match(self.list_id):
            raise InvalidMessage(_("%r cannot be the short name of a list.") % self.list_id)
        if not _is_web_address(self.unsubscribe_url):
            raise InvalidMessage(_("The web address to leave at must begin with https."))
        if not MAIL_ADDRESS.match(self.unsubscribe_mailto):
            raise InvalidMessage(_("The address to leave by mail must begin with mailto."))
        if self.archive_url and not _is_web_address(self.archive_url):
            raise InvalidMessage(_("The address of the archive must begin with https."))
        headers = {
            "List-Id": f"{phrase(one_line(self.name))} <{self.list_id}.{_domain()}>".lstrip(),
            "List-Unsubscribe": f"<{self.unsubscribe_url}>, <{self.unsubscribe_mailto}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Precedence": "bulk",
        }
        if self.archive_url:
            headers["List-Archive"] = f"<{self.archive_url}>"
        return headers


def _domain() -> str:
    return urlsplit(settings.BASE_URL).hostname or "localhost"


def _is_web_address(address: str) -> bool:
    if not ADDRESS.match(address):
        return False
    parts = urlsplit(address)
    return parts.scheme in _schemes() and bool(parts.hostname)


def _schemes() -> set[str]:
    # On a developer's machine the site itself has no certificate.
    return {"https", urlsplit(settings.BASE_URL).scheme}
