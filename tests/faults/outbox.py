"""What these tests put into the outbox, and what must be true of it whatever has happened."""

from collections import Counter
from datetime import timedelta

from celery import Celery
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models.functions import Now

from icrtop.mail import control, nudging
from icrtop.mail.audiences import Audience
from icrtop.mail.composing import message_id
from icrtop.mail.lists import MailingListHeaders
from icrtop.mail.models import LEASED, WAITING, Delivery, Message, State, Suppression
from icrtop.mail.services import queue_message
from newsletter.models import Subscriber
from tests.faults.processes import wait_until
from tests.mail.sink import Sink

# Of a worker with two processes, which both may be sending.
MOST_AT_ONCE = 2 * settings.MAIL_CONNECTIONS
FINAL = {State.SENT, State.FAILED, State.UNCERTAIN, State.SUPPRESSED, State.CANCELLED}
# More than the system keeps between a worker and a mail server that does not read.
LONG_TEXT = ("All that the coalition has to say about this. " * 100 + "\n") * 1500
BULLETIN = {
    "subject": "Bulletin",
    "purpose": "test",
    "html": "<p>Read this.</p>",
    "text": "Read this.",
    "mailing_list": MailingListHeaders(
        "bulletin", "Bulletin", "http://testserver/leave/", "mailto:leave@example.org"
    ),
}


def empty() -> None:
    for model in (Delivery, Message, Suppression, Subscriber):
        model.objects.all()._raw_delete(DEFAULT_DB_ALIAS)


def app_of(broker_url: str) -> Celery:
    """What asks the workers of these tests, and no others, to send."""
    app = Celery("faults", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    # Kombu's names for a socket.
    app.conf.broker_url = broker_url.replace("unix://", "redis+socket://")
    return app


def subscribe(readers: int) -> None:
    Subscriber.objects.bulk_create(
        Subscriber(email=f"reader{n}@example.org", normalised=f"reader{n}@example.org")
        for n in range(readers)
    )


def queue_bulletin(readers: int, **changes: object) -> Message:
    """Queue a letter to so many new readers. The workers hear of it as soon as they listen."""
    subscribe(readers)
    return queue_message(to=Audience(Subscriber.objects.all()), **(BULLETIN | changes))


def let_leases_expire() -> None:
    """Let five minutes be over for a worker that is dead or frozen. No other may be sending."""
    Delivery.objects.filter(state__in=LEASED).update(lease_until=Now() - timedelta(seconds=1))


def make_due() -> None:
    """Let the waiting time of every letter be over."""
    Delivery.objects.filter(state__in=WAITING, next_attempt_at__gt=Now()).update(
        next_attempt_at=Now()
    )


def states(message: Message) -> Counter[str]:
    return Counter(message.deliveries.values_list("state", flat=True))


def wait_until_nobody_sends(message: Message) -> None:
    """Wait until no worker holds a letter of this message."""
    wait_until(
        lambda: not message.deliveries.filter(state__in=LEASED).exists(), "Somebody is sending"
    )


def have_it_sent(
    *messages: Message, waiting: bool = True, paused: bool = False, asking: bool = True
) -> None:
    """Ask the workers again and again, until nothing is left to send.

    With `waiting` letters do not wait for their next try, with `paused` messages are resumed;
    without `asking` the clock has to.
    """

    def is_finished() -> bool:
        if waiting:
            make_due()
        if paused:
            for message in Message.objects.held():
                control.resume(message)
        if asking:
            nudging.nudge()
        return not Message.objects.open().filter(pk__in=[each.pk for each in messages]).exists()

    wait_until(is_finished, "A message is not finished", every=0.1)


def assert_nothing_lost(sink: Sink, *messages: Message, uncertain_at_most: int = 0) -> Counter[str]:
    """Nobody got a letter twice, nobody was left out, and every row says what happened.

    Return how many letters there are in each state.
    """
    accepted = Counter((each.recipient, each.message_id) for each in sink.letters)
    twice = {letter: times for letter, times in accepted.items() if times > 1}
    assert not twice, f"Letters that were accepted more than once: {twice}"

    tally: Counter[str] = Counter()
    for message in messages:
        message.refresh_from_db()
        rows = list(message.deliveries.all())
        readers = message.candidates - message.duplicates - message.unusable
        assert len(rows) == readers, "Somebody has no row"
        for row in rows:
            arrived = accepted.pop((row.address, message_id(message, row.normalised)), 0)
            assert row.state in FINAL, f"{row.address} is {row.state} in the end"
            if row.state != State.UNCERTAIN:
                assert bool(arrived) == (row.state == State.SENT), (
                    f"{row.address} is {row.state}, and was accepted {arrived} times"
                )
        counted = Counter(row.state for row in rows)
        assert message.finished_at
        assert message.tally == counted
        tally += counted
    assert not accepted, f"Letters that nobody has queued: {accepted}"
    assert tally[State.UNCERTAIN] <= uncertain_at_most, f"Too many are uncertain: {tally}"
    return tally
