"""A letter that is complete, to be queued with what a test changes in it."""

from icrtop.mail.lists import MailingListHeaders
from icrtop.mail.models import Message
from icrtop.mail.services import queue_message

LETTER = {"subject": "Hello", "purpose": "test", "html": "<p>Hello</p>", "text": "Hello"}
BULLETIN = MailingListHeaders(
    list_id="bulletin",
    name="RtoP Bulletin",
    unsubscribe_url="https://icrtop.example/leave/[[leave]]/",
    unsubscribe_mailto="mailto:leave@icrtop.example?subject=[[leave]]",
)


def queue(**changes: object) -> Message:
    return queue_message(**{"to": "jo@example.org", **LETTER, **changes})
