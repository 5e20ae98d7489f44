"""Storing the rows of a checked file: a few statements, in one transaction."""

from collections import Counter
from typing import Any

from django.db import connection

from newsletter.imports import judging
from newsletter.imports.checking import Report
from newsletter.models.imports import ACCEPTED, SubscriberImport

# Lines of the file that one statement is about: few enough that the progress moves.
LINES = 5000
WORDING_VERSION = "import"

SUBSCRIBERS = """
INSERT INTO newsletter_subscriber
    (email, normalised, name, language, topics, frequency, created)
SELECT email, normalised, name, language, '{}', 'weekly', statement_timestamp()
FROM newsletter_importrow
WHERE batch_id = %(batch)s AND verdict = 'new' AND line BETWEEN %(first)s AND %(last)s
-- Who has asked by themselves at this moment is put on the lists all the same.
ON CONFLICT (normalised) DO NOTHING
"""

# Who is really on a list now and was not before. Only of them is there a consent and an entry of
# the history. A table with statistics: rows that one statement hands on to the next part of itself
# are taken for one or two, and joined in a way that takes minutes.
PUT_TABLE = """
CREATE TEMPORARY TABLE newsletter_import_put (
    subscriber_id bigint NOT NULL, mailing_list_id bigint NOT NULL
) ON COMMIT DROP
"""

# Whoever leaves a list at this moment has left it: only what waits for a confirmation is changed.
PUT = """
WITH put AS (
    INSERT INTO newsletter_subscription AS there
        (subscriber_id, mailing_list_id, state, asked_at, confirmed_at)
    SELECT subscriber.id, chosen.id, 'confirmed', statement_timestamp(), statement_timestamp()
    FROM newsletter_importrow AS candidate
    JOIN newsletter_subscriber AS subscriber USING (normalised)
    CROSS JOIN unnest(%(lists)s::bigint[]) AS chosen (id)
    WHERE candidate.batch_id = %(batch)s AND candidate.verdict = ANY(%(accepted)s)
        AND candidate.line BETWEEN %(first)s AND %(last)s
    ON CONFLICT (subscriber_id, mailing_list_id) DO UPDATE
        SET state = 'confirmed', confirmed_at = excluded.confirmed_at
        WHERE there.state = 'pending'
    RETURNING subscriber_id, mailing_list_id
)
INSERT INTO newsletter_import_put SELECT subscriber_id, mailing_list_id FROM put
"""

CONSENTS = """
WITH agreed AS (
    INSERT INTO newsletter_consent
        (subscriber_id, choices, wording, wording_version, how, given_at, confirmed_at)
    SELECT DISTINCT subscriber_id, '{}'::jsonb, %(source)s, %(version)s, %(how)s,
        statement_timestamp(), statement_timestamp()
    FROM newsletter_import_put
    RETURNING id, subscriber_id
)
INSERT INTO newsletter_consent_mailing_lists (consent_id, mailinglist_id)
SELECT agreed.id, put.mailing_list_id
FROM agreed JOIN newsletter_import_put AS put USING (subscriber_id)
"""

HISTORY = """
INSERT INTO newsletter_historyentry (subscriber_id, mailing_list_id, kind, how, by_id, at)
SELECT subscriber_id, mailing_list_id, 'joined', %(how)s, %(by)s, statement_timestamp()
FROM newsletter_import_put
"""

# A beginning for those who follow nothing yet; whoever has chosen something has chosen.
COUNTRIES = """
INSERT INTO newsletter_subscriber_countries (subscriber_id, country_id)
SELECT subscriber.id, unnest(candidate.countries)
FROM newsletter_importrow AS candidate
JOIN newsletter_subscriber AS subscriber USING (normalised)
WHERE candidate.batch_id = %(batch)s AND candidate.verdict = ANY(%(accepted)s)
    AND candidate.line BETWEEN %(first)s AND %(last)s AND candidate.countries <> '{}'
    AND subscriber.topics = '{}'
    AND subscriber.id IN (SELECT subscriber_id FROM newsletter_import_put)
    AND NOT EXISTS (
        SELECT 1 FROM newsletter_subscriber_countries WHERE subscriber_id = subscriber.id
    )
    AND NOT EXISTS (
        SELECT 1 FROM newsletter_subscriber_regions WHERE subscriber_id = subscriber.id
    )
ON CONFLICT DO NOTHING
"""


def store(batch: SubscriberImport, report: Report) -> None:
    """Put those of a checked file on its lists who may still be put there, and count them.

    In the caller's transaction. What has changed since the check is looked up again; nobody is
    imported now who was not to be imported then. `report` is told how much is done, of how much.
    """
    before = judging.count(batch)
    judging.judge(batch, ACCEPTED)
    after = judging.count(batch)
    batch.changed = {
        verdict: more
        for verdict, more in (Counter(after) - Counter(before)).items()
        if verdict not in ACCEPTED
    }
    values: dict[str, Any] = {
        "batch": batch.pk,
        "accepted": list(ACCEPTED),
        "lists": judging.lists_of(batch),
        "source": batch.source,
        "version": WORDING_VERSION,
        "how": f"import {batch.pk}",
        "by": batch.confirmed_by_id,
    }
    last_line = batch.rows.order_by("-line").values_list("line", flat=True).first() or 0
    with connection.cursor() as cursor:
        # What the rows refer to is looked up as they are written, not all of it in the end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(PUT_TABLE)
        for first in range(1, last_line + 1, LINES):
            last = min(first + LINES - 1, last_line)
            lines = {**values, "first": first, "last": last}
            cursor.execute("TRUNCATE newsletter_import_put")
            cursor.execute(SUBSCRIBERS, lines)
            batch.created_subscribers += cursor.rowcount
            cursor.execute(PUT, lines)
            batch.created_subscriptions += cursor.rowcount
            cursor.execute("ANALYZE newsletter_import_put")
            for statement in (CONSENTS, HISTORY, COUNTRIES):
                cursor.execute(statement, lines)
            report(last, last_line)
