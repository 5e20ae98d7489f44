"""What becomes of the rows of a file, by who is known: a few statements, however many rows."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext as _

from newsletter.models.imports import SubscriberImport

DUPLICATES = """
UPDATE newsletter_importrow AS target
SET verdict = 'duplicate', why = format(%(why)s, twin.first)
FROM (
    SELECT id, line, min(line) OVER (PARTITION BY normalised) AS first
    FROM newsletter_importrow WHERE batch_id = %(batch)s AND verdict = ''
) AS twin
WHERE target.id = twin.id AND twin.line > twin.first
"""

# Whoever has left all lists that they were ever on has had enough, and is put on none.
JUDGE = """
UPDATE newsletter_importrow AS target SET verdict = judged.verdict
FROM (
    SELECT candidate.id,
        CASE
            WHEN suppression.id IS NOT NULL THEN 'suppressed'
            WHEN erased.id IS NOT NULL THEN 'erased'
            WHEN subscriber.id IS NULL THEN 'new'
            WHEN subscribed.has_left_all THEN 'left'
            WHEN coalesce(subscribed.on_these + subscribed.left_these, 0) < %(number)s THEN 'adding'
            WHEN subscribed.left_these > 0 THEN 'left'
            ELSE 'known'
        END AS verdict
    FROM newsletter_importrow AS candidate
    LEFT JOIN mail_suppression AS suppression USING (normalised)
    LEFT JOIN newsletter_subscriber AS subscriber USING (normalised)
    LEFT JOIN (
        SELECT DISTINCT digested.id
        FROM (
            SELECT id, unnest(digests) AS digest
            FROM newsletter_importrow WHERE batch_id = %(batch)s
        ) AS digested JOIN newsletter_erasedaddress USING (digest)
    ) AS erased ON erased.id = candidate.id
    LEFT JOIN (
        SELECT subscriber_id,
            bool_and(state = 'unsubscribed') AS has_left_all,
            count(*) FILTER (
                WHERE state = 'unsubscribed' AND mailing_list_id = ANY(%(lists)s)
            ) AS left_these,
            count(*) FILTER (
                WHERE state = 'confirmed' AND mailing_list_id = ANY(%(lists)s)
            ) AS on_these
        FROM newsletter_subscription GROUP BY subscriber_id
    ) AS subscribed ON subscribed.subscriber_id = subscriber.id
    WHERE candidate.batch_id = %(batch)s AND candidate.verdict = ANY(%(verdicts)s)
) AS judged
WHERE target.id = judged.id AND target.verdict <> judged.verdict
"""


def find_duplicates(batch: SubscriberImport) -> None:
    """Of rows with the same address, however it is spelt, keep the first."""
    with connection.cursor() as cursor:
        cursor.execute(DUPLICATES, {"batch": batch.pk, "why": _("The same as in line %s.")})


def judge(batch: SubscriberImport, verdicts: Sequence[str]) -> None:
    """Give each row that has one of these verdicts the one that it has to have now."""
    with connection.cursor() as cursor:
        # Else these rows, just written, are taken for a few, and joined one by one.
        cursor.execute("ANALYZE newsletter_importrow")
        cursor.execute(
            JUDGE,
            {
                "batch": batch.pk,
                "lists": lists_of(batch),
                "number": len(lists_of(batch)),
                "verdicts": list(verdicts),
            },
        )


def count(batch: SubscriberImport) -> dict[str, int]:
    """Verdict → rows."""
    rows = batch.rows.order_by().values_list("verdict").annotate(rows=Count("pk"))
    return dict(rows)


def lists_of(batch: SubscriberImport) -> list[int]:
    """The keys of the lists that a file is for."""
    return sorted(batch.mailing_lists.values_list("pk", flat=True))
