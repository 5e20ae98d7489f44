from celery import shared_task

from members.ballots import closing, reminding
from members.retention import daily
from members.services import reconfirming
from members.services.reminding import remind_applicants


@shared_task(name="members.tasks.run_ballots", expires=60)
def run_ballots() -> None:
    """Close ballots at their deadline, and remind those who have not voted; called every minute."""
    closing.close_due_ballots()
    reminding.remind_due()


@shared_task(name="members.tasks.remind_of_answers", expires=3600)
def remind_of_answers() -> None:
    """Remind applicants of answers that are due; called every hour."""
    remind_applicants()


@shared_task(name="members.tasks.ask_members_to_reconfirm", expires=3000)
def ask_members_to_reconfirm() -> None:
    """Ask members whether their details are still right, and remind them; called every hour."""
    reconfirming.ask_and_remind()


@shared_task(name="members.tasks.keep_to_retention", expires=43_200)
def keep_to_retention() -> None:
    """Anonymise and delete what is kept long enough; called every day."""
    daily.run()
