"""Waiting for a database that restarts, instead of forgetting what the mail server said."""

import functools
import logging
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

SECONDS = 60.0
PAUSE_SECONDS = 0.5


def patiently[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Repeat a function of the database, for up to a minute, while the database is away.

    The function may be repeated at any point: whether a commit was done is not known when the
    connection is lost over it. A deadlock is waited out in the same way. Within a transaction of
    the caller's nothing is repeated, as that transaction is lost.
    """

    @functools.wraps(function)
    def patient(*args: P.args, **kwargs: P.kwargs) -> R:
        stop = time.monotonic() + SECONDS
        while True:
            try:
                return function(*args, **kwargs)
            except (OperationalError, InterfaceError) as error:
                if connection.in_atomic_block or time.monotonic() > stop:
                    raise
                logger.warning("The database is away, trying again: %s", error)
                connection.close()
                time.sleep(PAUSE_SECONDS)

    return patient
