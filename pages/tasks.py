from celery import shared_task
from django.core.management import call_command


@shared_task
def publish_scheduled() -> None:
    """Publish and expire what editors scheduled for a time that has come."""
    call_command("publish_scheduled", verbosity=0)
