"""The page of an import: how far it is, what the check has found, and what is to be decided."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from icrtop.mail.admin.wording import moment, numbered
from icrtop.mail.readonly import ReadOnlyInspectView
from newsletter.imports import running
from newsletter.models import SubscriberImport, Verdict
from newsletter.models.imports import ACCEPTED, REJECTED

State = SubscriberImport.State
WORKING = (State.UPLOADED, State.CONFIRMED)
# Seconds between two looks while a worker is at it.
OFTEN = 1
# Enough to see whether names and columns are read rightly; the file has all rejected rows.
SAMPLE_ROWS = 5
REJECTED_ROWS = 20


class ImportInspectView(ReadOnlyInspectView):
    page_title = gettext_lazy("Import")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **self.watched(),
            lists=", ".join(map(str, self.object.mailing_lists.all())),
            progress_url=reverse("imports:progress", args=[self.object.pk]),
            **kwargs,
        )

    def watched(self) -> dict[str, Any]:
        """What changes while a worker is at it."""
        batch: SubscriberImport = self.object
        waits = batch.state == State.CHECKED
        percent = running.progress(batch) if batch.state in WORKING else 100
        accepted = sum(batch.counts.get(verdict, 0) for verdict in ACCEPTED)
        return {
            "object": batch,
            "works": batch.state in WORKING,
            "waits": waits,
            "percent": percent,
            "tenths": percent // 10 * 10,
            "seconds": OFTEN if batch.state in WORKING else None,
            "rows": sum(batch.counts.values()),
            "numbers": _numbers(batch),
            "changed": _changed(batch),
            "done": _done(batch) if batch.state == State.DONE else [],
            "times": _times(batch),
            "accepted": accepted,
            "button": numbered(
                ngettext("Import %(number)s subscriber", "Import %(number)s subscribers", accepted),
                accepted,
            ),
            "sample": batch.rows.filter(verdict__in=ACCEPTED)[:SAMPLE_ROWS] if waits else [],
            "rejected": [
                (row, Verdict(row.verdict).label)
                for row in batch.rows.filter(verdict__in=REJECTED)[:REJECTED_ROWS]
            ]
            if waits
            else [],
            "rejected_rows": sum(batch.counts.get(verdict, 0) for verdict in REJECTED),
        }


class ImportProgressView(ImportInspectView):
    """The part of an import's page that changes, alone."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"view": self, **self.watched(), **kwargs}


def _numbers(batch: SubscriberImport) -> list[dict[str, Any]]:
    trouble = (Verdict.MALFORMED,)
    return [
        {
            "label": verdict.label,
            "number": number,
            "trouble": bool(number) and verdict in trouble,
        }
        for verdict in Verdict
        for number in [batch.counts.get(verdict, 0)]
    ]


def _changed(batch: SubscriberImport) -> list[tuple[str, int]]:
    """Who was to be imported, and was not any more when it was done."""
    return [(str(Verdict(verdict).label), rows) for verdict, rows in batch.changed.items()]


def _done(batch: SubscriberImport) -> list[str]:
    subscribers, subscriptions = batch.created_subscribers, batch.created_subscriptions
    return [
        numbered(
            ngettext(
                "%(number)s new subscriber is stored.",
                "%(number)s new subscribers are stored.",
                subscribers,
            ),
            subscribers,
        ),
        numbered(
            ngettext(
                "%(number)s subscription to a list was added.",
                "%(number)s subscriptions to lists were added.",
                subscriptions,
            ),
            subscriptions,
        ),
    ]


def _times(batch: SubscriberImport) -> list[tuple[str, str]]:
    ended = {State.DONE: _("Imported"), State.DISCARDED: _("Discarded"), State.FAILED: _("Failed")}
    times = (
        (_("Uploaded"), batch.created, batch.by),
        (_("Checked"), batch.checked_at, None),
        (_("Import asked for"), batch.confirmed_at, batch.confirmed_by),
        (ended.get(State(batch.state), ""), batch.ended_at, None),
    )
    return [
        (label, f"{moment(time)}, {who}" if who else moment(time))
        for label, time, who in times
        if time
    ]
