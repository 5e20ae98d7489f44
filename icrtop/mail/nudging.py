"""Telling the workers that there is something to do, without ever waiting for the broker."""

import logging
import threading
from collections import defaultdict

from icrtop.celery import app

logger = logging.getLogger(__name__)

SEND_DUE = "icrtop.mail.tasks.send_due"
WAIT_SECONDS = 1.0
# A nudge that has waited for a minute says nothing that the sweep has not said since.
EXPIRES_SECONDS = 60

# Held while a nudge is under way. Whoever comes meanwhile leaves it at that one: if the broker
# hangs, requests must not queue up behind it, and the sweep finds the rows anyway.
_under_way: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def nudge(task: str = SEND_DUE) -> None:
    """Ask a worker to do a task, to send what is due; give up after a second and never raise.

    The broker's client has timeouts of its own, but it resolves, connects, retries and publishes,
    and each of these may take its time. The row in the outbox is the truth, so the request that
    wrote it goes on.
    """
    if not _under_way[task].acquire(blocking=False):
        return
    thread = threading.Thread(target=_publish, args=[task], name="mail-nudge", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        _under_way[task].release()
        logger.warning("No thread to nudge the workers with, the sweep will send: %s", error)
        return
    thread.join(WAIT_SECONDS)


def _publish(task: str) -> None:
    try:
        app.send_task(task, expires=EXPIRES_SECONDS, retry=False)
    except Exception as error:
        # Whatever the broker's client raises: the row is safe, and the sweep finds it.
        logger.warning("The workers were not told of new work, the sweep will find it: %s", error)
    finally:
        _under_way[task].release()
