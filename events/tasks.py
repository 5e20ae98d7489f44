from celery import shared_task

from events.proposals import keeping


@shared_task(name="events.tasks.keep_to_terms", expires=43_200)
def keep_to_terms() -> None:
    """Remove who proposed events once that is kept long enough; called every day."""
    keeping.keep_to_terms()
