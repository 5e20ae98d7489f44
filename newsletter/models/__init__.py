from newsletter.models.alerts import Alert, DigestRun
from newsletter.models.bounces import Bounce
from newsletter.models.bulletins import BulletinIndexPage, BulletinPage
from newsletter.models.imports import ImportFile, ImportRow, SubscriberImport, Verdict
from newsletter.models.lists import MailingList
from newsletter.models.mailings import ListMailing, Mailing
from newsletter.models.pages import SubscribePage
from newsletter.models.records import Consent, ErasedAddress, HistoryEntry
from newsletter.models.subscribers import (
    FormerSubscription,
    Frequency,
    Subscriber,
    Subscription,
    Topic,
)

__all__ = [
    "Alert",
    "Bounce",
    "BulletinIndexPage",
    "BulletinPage",
    "Consent",
    "DigestRun",
    "ErasedAddress",
    "FormerSubscription",
    "Frequency",
    "HistoryEntry",
    "ImportFile",
    "ImportRow",
    "ListMailing",
    "Mailing",
    "MailingList",
    "SubscribePage",
    "Subscriber",
    "SubscriberImport",
    "Subscription",
    "Topic",
    "Verdict",
]
