"""What the tests of alerts share: followers, publishing, and what came of it."""

import datetime
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from wagtail.models import Page

from icrtop.mail.models import Delivery, Message
from newsletter.alerts.sending import PURPOSE
from newsletter.models import Alert, Frequency, MailingList, Subscriber
from tests.factories.newsletter import SubscriptionFactory

ZONE = ZoneInfo("America/New_York")
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


def at(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime.datetime:
    """A moment by the clock of the site."""
    return datetime.datetime(year, month, day, hour, minute, tzinfo=ZONE)


def follower(
    *topics: str,
    countries: Iterable[str] = (),
    regions: Iterable[str] = (),
    frequency: Frequency = Frequency.AT_ONCE,
    confirmed_at: datetime.datetime = LONG_AGO,
    **values,
) -> Subscriber:
    """Somebody on the list of alerts, who joined it long ago."""
    subscription = SubscriptionFactory(
        mailing_list=MailingList.objects.get(sends_alerts=True),
        state="confirmed",
        confirmed_at=confirmed_at,
        subscriber__frequency=frequency,
        subscriber__topics=list(topics),
        **{f"subscriber__{name}": value for name, value in values.items()},
    )
    subscription.subscriber.countries.set(countries)
    subscription.subscriber.regions.set(regions)
    return subscription.subscriber


def publish(page: Page, *, notify: bool = True) -> Page:
    """Publish a page's latest version as an editor does who ticks the box, or does not."""
    draft = page.get_latest_revision_as_object()
    draft.notify = notify
    draft.save_revision().publish()
    return type(page).objects.get(pk=page.pk)


def published_at(alert: Alert, moment: datetime.datetime) -> Alert:
    Alert.objects.filter(pk=alert.pk).update(created=moment)
    alert.refresh_from_db()
    return alert


def letters_to(subscriber: Subscriber) -> list[Message]:
    """The letters with alerts that were queued to somebody, first one first."""
    deliveries = Delivery.objects.filter(
        normalised=subscriber.normalised, message__purpose=PURPOSE
    ).order_by("pk")
    return [delivery.message for delivery in deliveries.select_related("message")]


def told(subscriber: Subscriber) -> list[int]:
    """The alerts in the letters to somebody, as often as they are in one."""
    return sorted(
        key for each in letters_to(subscriber) for key in each.alerts.values_list("pk", flat=True)
    )
