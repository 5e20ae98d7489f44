"""One reader at a time, whichever machine it runs on."""

import mailbox
import threading

import pytest
from django.db import connection

from newsletter.bounces import reading
from newsletter.models import Bounce
from newsletter.tasks import read_bounces

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def maildir(settings, tmp_path) -> mailbox.Maildir:
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path}/bounces"
    maildir = mailbox.Maildir(tmp_path / "bounces")
    maildir.add(b"Subject: Who are you?\n\nHello")
    return maildir


def elsewhere(function) -> list[object]:
    """What a function returns in another session of the database."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(function())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results


def test_a_second_reader_leaves_it_to_the_first(maildir):
    with reading._only_reader() as only:
        assert only
        assert elsewhere(reading.read_mailbox) == [{}]
        assert len(maildir) == 1
    assert elsewhere(reading.read_mailbox) == [{Bounce.Kind.UNKNOWN: 1}]


def test_the_task_reads_and_leaves_no_lock_behind(maildir):
    read_bounces()
    assert Bounce.objects.get().kind == Bounce.Kind.UNKNOWN
    maildir.add(b"Subject: Me again\n\nHello")
    elsewhere(read_bounces)
    assert Bounce.objects.count() == 2


def test_a_mail_that_another_reader_has_just_kept_is_known():
    """Its session may have lost the lock, as the database was restarted."""
    content = b"Subject: Who are you?\n\nHello"
    understand = reading.understand

    def slowly(raw: bytes) -> object:
        reading.understand = understand
        assert elsewhere(lambda: reading.process(raw)) == [Bounce.Kind.UNKNOWN]
        return understand(raw)

    reading.understand = slowly
    try:
        assert reading.process(content) == reading.KNOWN
    finally:
        reading.understand = understand
    assert Bounce.objects.count() == 1
