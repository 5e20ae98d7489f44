from celery import shared_task

from icrtop.mail import sending
from icrtop.mail.nudging import EXPIRES_SECONDS, SEND_DUE


@shared_task(name=SEND_DUE, expires=EXPIRES_SECONDS)
def send_due() -> None:
    """Send what is due; called when a letter is queued and, as the sweep, every 20 seconds."""
    sending.send_due()
