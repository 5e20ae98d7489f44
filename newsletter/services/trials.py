"""Letters of a bulletin to a few colleagues, before it goes to its readers."""

from collections.abc import Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from icrtop.mail.models import Message
from icrtop.mail.services import Recipient, queue_message
from newsletter.bulletin_letters import render_bulletin
from newsletter.list_letters import SIGNED, headers_of, nobodys_fields
from newsletter.models.bulletins import BulletinPage
from newsletter.models.lists import MailingList

PURPOSE = "newsletter.trial"


def send_trial(
    bulletin: BulletinPage, mailing_list: MailingList, addresses: Sequence[str]
) -> Message:
    """Send a bulletin as it stands to these addresses, as readers of the list will get it.

    Only its subject says that it is a test, and its links to leave are nobody's. Raises
    InvalidMessage for a bulletin that cannot be sent as it is.
    """
    letter = render_bulletin(bulletin, mailing_list)
    with translation.override(bulletin.language):
        subject = _("[Test] %s") % bulletin.subject
    return queue_message(
        to=[Recipient(address, merge=nobodys_fields()) for address in addresses],
        subject=subject,
        html=letter.html,
        text=letter.text,
        purpose=PURPOSE,
        signed=SIGNED,
        mailing_list=headers_of(mailing_list, bulletin.language),
    )
