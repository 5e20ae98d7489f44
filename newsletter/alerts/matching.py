"""Who is told what: those who follow it, were subscribed before it, and have not had it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from icrtop.mail.models import Delivery, State, Suppression
from newsletter.models import Alert, Frequency, MailingList, Subscriber, Subscription

# How many combinations are read at a time: there can be nearly as many as subscribers.
AT_A_TIME = 200

# One row for each subscription that lacks something: its alerts, in order, and its language.
#
# Had is what was queued to the address, whatever became of it; or to the subscription under the
# address before, if that changed since: a letter to it says in its merge fields whose it was. Only
# what was taken back when the address was left is no longer had.
PLAN = """
CREATE TEMPORARY TABLE newsletter_plan AS
WITH alert AS MATERIALIZED (
    SELECT id, created, countries, regions, topic
    FROM newsletter_alert WHERE id = ANY(%(alerts)s)
),
follows (subscriber, alert) AS (
    SELECT chosen.subscriber_id, alert.id
    FROM alert, unnest(alert.countries) AS place (code)
    JOIN newsletter_subscriber_countries AS chosen ON chosen.country_id = place.code
    UNION
    SELECT chosen.subscriber_id, alert.id
    FROM alert, unnest(alert.regions) AS place (code)
    JOIN newsletter_subscriber_regions AS chosen ON chosen.region_id = place.code
    UNION
    SELECT subscriber.id, alert.id
    FROM newsletter_subscriber AS subscriber, unnest(subscriber.topics) AS chosen (topic)
    JOIN alert USING (topic)
),
queued (message, alert) AS MATERIALIZED (
    SELECT message_id, alert_id FROM newsletter_alert_messages WHERE alert_id = ANY(%(alerts)s)
),
moved (subscriber, subscription) AS MATERIALIZED (
    SELECT subscription.subscriber_id, unnest(
        ARRAY[subscription.id] || ARRAY(
            SELECT key FROM newsletter_formersubscription WHERE subscription_id = subscription.id
        )
    )::text
    FROM newsletter_subscription AS subscription
    WHERE subscription.mailing_list_id = %(mailing_list)s AND subscription.subscriber_id IN (
        SELECT subscriber_id FROM newsletter_historyentry
        WHERE kind = 'moved' AND at >= (SELECT min(created) FROM alert)
    )
),
had (subscriber, alert) AS (
    SELECT subscriber.id, queued.alert
    FROM queued
    JOIN mail_delivery AS delivery ON delivery.message_id = queued.message
    JOIN newsletter_subscriber AS subscriber ON subscriber.normalised = delivery.normalised
    WHERE NOT (delivery.withdrawn AND delivery.state = 'cancelled')
    UNION ALL
    SELECT moved.subscriber, queued.alert
    FROM moved
    JOIN mail_delivery AS delivery ON delivery.merge ->> 'leave' = moved.subscription
    JOIN queued ON queued.message = delivery.message_id
    WHERE NOT (delivery.withdrawn AND delivery.state = 'cancelled')
),
lacks (subscriber, alert) AS (SELECT * FROM follows EXCEPT SELECT * FROM had)
SELECT
    subscription.id AS subscription,
    CASE WHEN subscriber.language = ANY(%(languages)s) THEN subscriber.language
        ELSE %(default_language)s END AS language,
    array_agg(alert.id ORDER BY alert.id) AS alerts
FROM lacks
JOIN alert ON alert.id = lacks.alert
JOIN newsletter_subscriber AS subscriber ON subscriber.id = lacks.subscriber
JOIN newsletter_subscription AS subscription ON subscription.subscriber_id = subscriber.id
WHERE subscription.mailing_list_id = %(mailing_list)s
    AND subscription.state = 'confirmed'
    AND subscription.confirmed_at < alert.created
    AND subscriber.frequency = ANY(%(frequencies)s)
GROUP BY subscription.id, subscriber.id
"""


class Combination(NamedTuple):
    """What some subscribers are to be told in one letter."""

    language: str
    alerts: list[int]
    # The first of their subscriptions, by which a combination is known among others of its kind.
    first: int


@contextmanager
def planned(
    mailing_list: MailingList, alerts: Collection[int], frequencies: Collection[Frequency]
) -> Iterator[None]:
    """Keep, for this connection, who lacks which of these alerts, as `combinations` reads it."""
    values: dict[str, Any] = {
        "alerts": list(alerts),
        "mailing_list": mailing_list.pk,
        "frequencies": [str(each) for each in frequencies],
        "languages": [code for code, _name in settings.LANGUAGES],
        "default_language": settings.LANGUAGE_CODE,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.newsletter_plan")
        cursor.execute(PLAN, values)
        cursor.execute("CREATE INDEX ON newsletter_plan (language, alerts)")
        cursor.execute("ANALYZE newsletter_plan")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.newsletter_plan")


def combinations() -> Iterator[Combination]:
    """The combinations of the plan, those of most subscribers first; each is taken out of it."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT language, alerts, min(subscription) FROM newsletter_plan GROUP BY 1, 2 "
                "ORDER BY count(*) DESC, min(subscription) LIMIT %s",
                [AT_A_TIME],
            )
            batch = [Combination(*row) for row in cursor.fetchall()]
        if not batch:
            return
        for combination in batch:
            yield combination
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM newsletter_plan WHERE language = %s AND alerts = %s::bigint[]",
                    [combination.language, combination.alerts],
                )


def subscriptions_of(mailing_list: MailingList, combination: Combination) -> QuerySet[Subscription]:
    """The subscriptions that a combination is for, as it is now.

    Without those that ended since the plan was made, and those whose address a letter with one of
    the alerts has gone to meanwhile: they get the others with the next digest.
    """
    members = RawSQL(
        "SELECT subscription FROM newsletter_plan WHERE language = %s AND alerts = %s::bigint[]",
        [combination.language, combination.alerts],
    )
    had = Delivery.objects.filter(
        normalised=OuterRef("subscriber__normalised"), message__alerts__in=combination.alerts
    ).exclude(withdrawn=True, state=State.CANCELLED)
    return (
        Subscription.objects.confirmed()
        .filter(mailing_list=mailing_list, pk__in=members)
        .exclude(Exists(had))
    )


def readers(mailing_list: MailingList, alert: Alert) -> QuerySet[Subscription]:
    """The subscriptions whose subscribers an alert is for, whether they had it or not."""
    countries, regions = Subscriber.countries.through, Subscriber.regions.through
    places = countries.objects.filter(country__in=alert.countries).values("subscriber")
    regional = regions.objects.filter(region__in=alert.regions).values("subscriber")
    return (
        Subscription.objects.confirmed()
        .filter(mailing_list=mailing_list, confirmed_at__lt=alert.created)
        .filter(
            Q(subscriber__in=places)
            | Q(subscriber__in=regional)
            | Q(subscriber__topics__contains=[alert.topic])
        )
    )


def count_readers(mailing_list: MailingList, alert: Alert) -> dict[Frequency, int]:
    """How many an alert is for, by how often they want to hear; without suppressed addresses."""
    rows = (
        readers(mailing_list, alert)
        .exclude(subscriber__normalised__in=Suppression.objects.values("normalised"))
        .order_by()
        .values_list("subscriber__frequency")
        .annotate(number=Count("pk"))
    )
    return {Frequency(frequency): number for frequency, number in rows}
