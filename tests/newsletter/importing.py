"""What tests of imports share: a checked file, and what was found in it."""

from icrtop.accounts.models import User
from newsletter.imports import running
from newsletter.models import Consent, HistoryEntry, Subscriber, SubscriberImport, Subscription
from tests.factories.newsletter import SubscriberImportFactory


def checked(*rows: str, **fields: object) -> SubscriberImport:
    """A file with these rows that a worker has checked."""
    batch = SubscriberImportFactory(rows=rows, **fields)
    running.run_due()
    batch.refresh_from_db()
    return batch


def imported(batch: SubscriberImport, by: User | None = None) -> SubscriberImport:
    """The file, when somebody has confirmed it and a worker has done it."""
    running.confirm(batch, by)
    running.run_due()
    batch.refresh_from_db()
    return batch


def verdicts(batch: SubscriberImport) -> list[tuple[int, str]]:
    return list(batch.rows.values_list("line", "verdict"))


def stored() -> dict[str, int]:
    """How much there is of everything that an import writes."""
    models = (Subscriber, Subscription, Consent, HistoryEntry)
    return {model.__name__: model.objects.count() for model in models}
