"""What is done once a day."""

import logging
from collections.abc import Callable

from members.documents.storing import discard_orphans
from members.models.applications import ApplicationQuerySet
from members.retention import drafts
from members.retention.anonymising import anonymise_due
from members.retention.terms import drafts_to_delete, drafts_to_warn_of, ended_before, now

logger = logging.getLogger(__name__)

# So many fit into a task; the others follow on the next day.
MOST_PER_DAY = 500


def run() -> None:
    """Anonymise, warn and delete what is due, and clear away files that belong to nothing.

    Each file is a transaction of its own: this may be stopped and begun again at any time.
    """
    moment = now()
    logger.info("Anonymised: %d", _each(anonymise_due, ended_before(moment)))
    logger.info("Drafts deleted: %d", _each(drafts.delete, drafts_to_delete(moment)))
    logger.info("Told of drafts: %d", _each(drafts.warn, drafts_to_warn_of(moment)))
    logger.info("Files without a document deleted: %d", discard_orphans())


def _each(do: Callable[[int], bool], due: ApplicationQuerySet) -> int:
    """Do something with each; one that fails does not keep the others waiting."""
    count = 0
    for pk in list(due.values_list("pk", flat=True)[:MOST_PER_DAY]):
        try:
            count += do(pk)
        except Exception:
            logger.exception("Not done with application %d", pk)
    return count
