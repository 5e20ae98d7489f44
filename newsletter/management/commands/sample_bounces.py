"""Have letters of a local site come back."""

import mailbox
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from icrtop.mail.models import Delivery, State
from newsletter.bounces.mailboxes import Address
from newsletter.bounces.reading import read_mailbox
from newsletter.bounces.samples import SAMPLES

LATEST = 1000


class Command(BaseCommand):
    """Writes one mail of each kind into the mailbox of bounces, about letters that were sent."""

    help = (
        "Put mails such as servers send back into the Maildir of BOUNCE_MAILBOX, about the latest "
        "letters of a local site: a hard and a soft bounce, an out-of-office reply, a forged "
        "report, a complaint, and a letter to unsubscribe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--read", action="store_true", help="read the mailbox at once, not by the clock"
        )

    def handle(self, *args: Any, read: bool, **options: Any) -> None:
        if not hasattr(settings, "DEV_MAIL_DIR"):
            raise CommandError("This is for development settings only.")
        address = Address.of(settings.BOUNCE_MAILBOX)
        if address.scheme != "maildir" or not settings.MAIL_BOUNCE_ADDRESS:
            raise CommandError("BOUNCE_MAILBOX is no Maildir, or MAIL_BOUNCE_ADDRESS is not set.")
        letters = self.latest_letters()
        if not letters:
            raise CommandError("No letter to a list was sent yet. Send a bulletin first.")
        maildir = mailbox.Maildir(address.path)
        # With few letters, several come back for one address.
        for number, (name, sample) in enumerate(SAMPLES.items()):
            letter = letters[number % len(letters)]
            maildir.add(sample(letter))
            self.stdout.write(f"{name:<14}{letter.address}")
        if read:
            self.stdout.write(f"Read: {dict(read_mailbox())}")
        else:
            self.stdout.write("They are read within three minutes; see Listserv → Bounces.")

    def latest_letters(self) -> list[Delivery]:
        """The latest letters to lists that were sent, one for each address."""
        sent = Delivery.objects.filter(state=State.SENT).exclude(message__list_id="")
        letters = sent.select_related("message").order_by("-pk")[:LATEST]
        return list({letter.normalised: letter for letter in letters}.values())
