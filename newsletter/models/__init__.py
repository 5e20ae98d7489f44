from newsletter.models.pages import SubscribePage
from newsletter.models.subscribers import Consent, MailingList, Subscriber, Subscription

__all__ = ["Consent", "MailingList", "SubscribePage", "Subscriber", "Subscription"]
