"""Reading a Maildir: oldest first, each mail once, and only removed when it is kept."""

import mailbox
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from icrtop.mail.models import Suppression
from newsletter.bounces import reading
from newsletter.bounces.mailboxes import MailboxAway
from newsletter.bounces.maildir import MaildirMailbox
from newsletter.models import Bounce
from tests.newsletter.came_back import letter, report

pytestmark = pytest.mark.django_db

Kind = Bounce.Kind


@pytest.fixture
def maildir(settings, tmp_path) -> mailbox.Maildir:
    path = tmp_path / "with a space" / "bounces"
    path.parent.mkdir()
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"
    settings.BOUNCE_MAILBOX = f"maildir://{str(path).replace(' ', '%20')}"
    return mailbox.Maildir(path)


def put(maildir: mailbox.Maildir, name: str, content: bytes) -> None:
    Path(maildir._path, "new", name).write_bytes(content)


def test_what_is_read_is_kept_and_removed(maildir):
    delivery = letter()
    maildir.add(report("postfix_unknown_user", delivery))
    seen = mailbox.MaildirMessage(report("vacation", delivery))
    seen.set_subdir("cur")
    maildir.add(seen)
    assert reading.read_mailbox() == {Kind.HARD: 1, Kind.AUTO_REPLY: 1}
    assert len(maildir) == 0
    assert Bounce.objects.count() == 2
    assert Suppression.objects.count() == 1
    assert reading.read_mailbox() == {}


def test_nothing_is_read_where_no_mailbox_is_set(settings):
    settings.BOUNCE_MAILBOX = ""
    assert reading.read_mailbox() == {}


def test_a_mailbox_that_is_not_there_yet_is_no_error(settings, tmp_path, caplog):
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path}/nowhere"
    assert reading.read_mailbox() == {}
    assert "There is no Maildir" in caplog.text


def test_the_oldest_come_first(maildir):
    names = ["1741079999.b.host", "1741079998.z.host", "9.a.host", "2000000000.a.host", "odd"]
    for name in names:
        put(maildir, name, name.encode())
    with MaildirMailbox(maildir._path) as box:
        assert [key for key, _content in box.mails()] == [
            "odd",
            "9.a.host",
            "1741079998.z.host",
            "1741079999.b.host",
            "2000000000.a.host",
        ]


def test_a_reader_whose_time_is_up_leaves_the_rest(maildir):
    for number in range(3):
        put(maildir, f"{number + 1}.a.host", f"Subject: {number}\n\nHello".encode())
    assert reading.read_mailbox(seconds=0).total() == 1
    assert sorted(maildir.keys()) == ["2.a.host", "3.a.host"]
    assert reading.read_mailbox().total() == 2


def test_a_mail_whose_reader_died_before_removing_it_does_not_count_twice(maildir, monkeypatch):
    content = report("postfix_unknown_user", letter())
    maildir.add(content)

    def die(*args: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(MaildirMailbox, "remove", die)
        with pytest.raises(SystemExit):
            reading.read_mailbox()
    assert len(maildir) == Bounce.objects.count() == 1
    assert reading.read_mailbox() == {reading.KNOWN: 1}
    assert len(maildir) == 0
    assert Bounce.objects.count() == 1


def test_a_mail_that_cannot_be_kept_stays(maildir):
    maildir.add(report("postfix_unknown_user", letter()))

    def away(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "newsletter_bounce"'):
            raise OperationalError("the server is restarting")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        reading.read_mailbox()
    assert len(maildir) == 1
    assert not Suppression.objects.exists()
    assert reading.read_mailbox() == {Kind.HARD: 1}


def test_mails_that_vanish_or_cannot_be_read_hold_up_no_others(maildir, caplog):
    for name in ("1.a.host", "2.b.host", "3.c.host"):
        put(maildir, name, f"Subject: {name}\n\n".encode())
    with MaildirMailbox(maildir._path) as box:
        mails = box.mails()
        assert next(mails)[0] == "1.a.host"
        Path(maildir._path, "new", "2.b.host").unlink()
        assert [key for key, _content in mails] == ["3.c.host"]
        # Somebody else has removed it meanwhile: then it is gone.
        Path(maildir._path, "new", "1.a.host").unlink()
        box.remove("1.a.host")


def test_a_folder_that_is_no_maildir_is_away(tmp_path):
    with pytest.raises(MailboxAway), MaildirMailbox(str(tmp_path)) as box:
        list(box.mails())


def test_what_meant_nothing_is_forgotten_after_a_while(maildir):
    delivery = letter()
    for name in ("postfix_unknown_user", "vacation", "greylist_delay"):
        maildir.add(report(name, delivery))
    maildir.add(b"Subject: Who are you?\n\nHello")
    reading.read_mailbox()
    assert Bounce.objects.count() == 4
    Bounce.objects.update(received_at="2020-01-01T00:00:00Z")
    reading.read_mailbox()
    assert Bounce.objects.get().kind == Kind.HARD
