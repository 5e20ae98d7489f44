from celery import shared_task

from icrtop.mail.nudging import EXPIRES_SECONDS
from newsletter.alerts import noticing, sending
from newsletter.bounces import reading
from newsletter.imports import running
from newsletter.services import mailings


@shared_task(name=mailings.TASK, expires=EXPIRES_SECONDS)
def queue_mailings() -> None:
    """Put due bulletins into the outbox; called when one is sent, and as a sweep."""
    mailings.queue_due_mailings()


@shared_task(name="newsletter.tasks.read_bounces", expires=300)
def read_bounces() -> None:
    """Read what came back; called every few minutes."""
    reading.read_mailbox()


@shared_task(name=noticing.TASK, expires=EXPIRES_SECONDS)
def send_alerts() -> None:
    """Queue alerts and due digests; called when something is published, and as a sweep."""
    sending.send_alerts()


# A file of half a million rows takes minutes.
@shared_task(name=running.TASK, expires=EXPIRES_SECONDS, time_limit=1800)
def run_imports() -> None:
    """Check and import files; called when staff upload or confirm one, and as a sweep."""
    running.run_due()


@shared_task(name="newsletter.tasks.discard_old_imports")
def discard_old_imports() -> None:
    """Forget the addresses of files that nobody has decided about; called every hour."""
    running.discard_old()
