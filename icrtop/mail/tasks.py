from celery import shared_task

from icrtop.mail import sending
from icrtop.mail.nudging import EXPIRES_SECONDS


@shared_task(name="icrtop.mail.tasks.send_due", expires=EXPIRES_SECONDS)
def send_due() -> None:
    """Send what is due; called when a letter is queued and, as the sweep, every 20 seconds."""
    sending.send_due()
