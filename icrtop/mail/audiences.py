"""Letters to many: one statement writes their recipients into the outbox, none is loaded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from icrtop.mail.addresses import MAX_LENGTH
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.models import Message, Suppression

NOBODY = gettext_lazy("The letter has no recipient.")
# A coarse sieve: rows have passed `validate_deliverable` when they were stored. What no letter can
# be addressed to must not be a row, and what slips through fails alone when it is composed.
USABLE = r"^[^\s@<>,;:\\\[\]()[:cntrl:]]+@[^\s@<>,;:\\()[:cntrl:]]+$"


@dataclass(frozen=True)
class Audience:
    """Everybody a letter goes to, as a query that yields one row for each.

    `address`, `normalised`, `name` and the values of `merge` are names of the query's fields, or
    expressions over them. `normalised` is what `icrtop.mail.addresses.normalise` makes of the
    address; who appears twice by it gets one letter.
    """

    queryset: QuerySet[Any]
    address: str | Combinable = "email"
    normalised: str | Combinable = "normalised"
    name: str | Combinable | None = None
    merge: Mapping[str, str | Combinable] = field(default_factory=dict)

    def rows(self) -> QuerySet[Any, Any]:
        """The query, cut down to what the outbox needs."""
        query = self.queryset.query
        # Sorting costs, and means nothing unless it says which rows are taken.
        matters = query.is_sliced or query.distinct_fields
        rows = self.queryset if matters else self.queryset.order_by()
        return rows.annotate(
            _to=_text(self.address),
            _normalised=_text(self.normalised),
            _name=_text(self.name),
            _merge=JSONObject(**self.merge),
        ).values_list("_to", "_normalised", "_name", "_merge")


@dataclass(frozen=True)
class Frozen:
    """How the candidates of an audience were dealt with."""

    candidates: int
    rows: int
    duplicates: int
    unusable: int


FREEZE = """
WITH candidate AS MATERIALIZED (
    SELECT address, normalised COLLATE "C" AS normalised, name, merge,
        length(address) <= %(longest)s AND length(normalised) <= %(longest)s
            AND address ~ %(usable)s AND normalised ~ %(usable)s AS usable
    FROM ({audience}) AS audience (address, normalised, name, merge)
),
recipient AS (
    SELECT DISTINCT ON (normalised) * FROM candidate WHERE usable ORDER BY normalised, address
),
queued AS (
    INSERT INTO mail_delivery (
        message_id, address, normalised, name, merge, state, reason, next_attempt_at,
        attempts, releases, server_reply, created, changed
    )
    SELECT %(message)s, recipient.address, recipient.normalised,
        left(regexp_replace(recipient.name, '[[:cntrl:][:space:]]+', ' ', 'g'), 200),
        recipient.merge,
        CASE WHEN suppression.id IS NULL THEN 'pending' ELSE 'suppressed' END,
        coalesce(%(reasons)s::jsonb ->> suppression.reason, ''),
        statement_timestamp(), 0, 0, '', statement_timestamp(), statement_timestamp()
    FROM recipient LEFT JOIN mail_suppression AS suppression USING (normalised)
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM candidate),
    (SELECT count(*) FROM candidate WHERE usable),
    (SELECT count(*) FROM recipient),
    (SELECT count(*) FROM queued),
    (SELECT count(*) FROM recipient WHERE NOT jsonb_strip_nulls(merge) ?& %(wanted)s)
"""


def freeze(message: Message, audience: Audience, wanted: set[str]) -> Frozen:
    """Write a delivery for everybody in the audience, suppressed addresses included, and count.

    `wanted` are the merge fields of the letter. Raises InvalidMessage if a recipient has no value
    for one of them, or if nobody is left.
    """
    try:
        sql, values = audience.rows().query.sql_with_params()
    except EmptyResultSet as error:
        raise InvalidMessage(NOBODY) from error
    # The query's own values are put in first: the two ways of naming values do not mix.
    query = connection.ops.compose_sql(sql, values)  # type: ignore[attr-defined] # PostgreSQL's
    query = query.replace("%", "%%")
    with connection.cursor() as cursor:
        cursor.execute(
            FREEZE.format(audience=query),
            {
                "message": message.pk,
                "longest": MAX_LENGTH,
                "usable": USABLE,
                "reasons": json.dumps(
                    {value: str(text) for value, text in Suppression.Reason.choices}
                ),
                "wanted": sorted(wanted),
            },
        )
        candidates, usable, recipients, rows, lacking = cursor.fetchone()
    if lacking:
        raise InvalidMessage(
            _(
                "%(lacking)d of %(all)d recipients have no value for one of the merge fields "
                "%(fields)s."
            )
            % {"lacking": lacking, "all": recipients, "fields": ", ".join(sorted(wanted))}
        )
    if not rows:
        raise InvalidMessage(NOBODY)
    frozen = Frozen(candidates, rows, usable - recipients, candidates - usable)
    if candidates != rows + frozen.duplicates + frozen.unusable:
        raise AssertionError(f"Of {candidates} recipients some are lost: {frozen}")
    return frozen


def _text(expression: str | Combinable | None) -> Combinable:
    nothing = Value("", output_field=TextField())
    if expression is None:
        return nothing
    field = F(expression) if isinstance(expression, str) else expression
    return Coalesce(Cast(field, TextField()), nothing)
