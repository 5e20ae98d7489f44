"""What BOUNCE_MAILBOX may say, and what is refused when the site starts."""

import mailbox

import pytest

from newsletter.bounces.checks import check_bounce_mailbox, check_maildir
from newsletter.bounces.imap import ImapMailbox
from newsletter.bounces.mailboxes import Address, WrongMailbox, open_mailbox

RIGHT = {
    "maildir:///var/mail/bounces": Address("maildir", "/var/mail/bounces"),
    "maildir:///a%20folder/50%25": Address("maildir", "/a folder/50%"),
    "imaps://jo:secret@mail.example.org": Address(
        "imaps", "INBOX", "mail.example.org", 993, "jo", "secret"
    ),
    "imaps://jo%40example.org:p%40ss%2Fw%3Ard@mail.example.org:1993/Reports%20of%20mine": Address(
        "imaps", "Reports of mine", "mail.example.org", 1993, "jo@example.org", "p@ss/w:rd"
    ),
    "imap://jo:secret@localhost/": Address("imap", "INBOX", "localhost", 143, "jo", "secret"),
    "imap://jo:secret@[::1]:1143/INBOX.bounces": Address(
        "imap", "INBOX.bounces", "::1", 1143, "jo", "secret"
    ),
    "imap://jo:secret@mail.internal/?insecure=1": Address(
        "imap", "INBOX", "mail.internal", 143, "jo", "secret"
    ),
}
WRONG = {
    "/var/mail/bounces": "begins with none of",
    "pop3://jo:secret@mail.example.org": "begins with none of",
    "maildir://relative/path": "absolute",
    "maildir:relative": "absolute",
    "maildir:///": "absolute",
    "imaps://mail.example.org": "are needed",
    "imaps://jo@mail.example.org": "are needed",
    "imaps://:secret@mail.example.org": "are needed",
    "imaps://jo:secret@": "are needed",
    "imaps://jo:secret@mail.example.org:port": "percent-encoded",
    "imaps://jo:secret@mail.example.org:99999": "percent-encoded",
    "imaps://jo:secret@[mail.example.org": "percent-encoded",
    "imaps://jo:secret/42@mail.example.org": "percent-encoded",
    "imaps://jo:secret@mail.example.org/Zurückgekommen": "letters",
    "imaps://jo:secret@mail.example.org/A%0D%0AB": "letters",
    "imap://jo:secret@mail.example.org": "in the clear",
    "imap://jo:secret@mail.example.org/?insecure=0": "in the clear",
}


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"


@pytest.mark.parametrize("url", RIGHT)
def test_a_mailbox_that_can_be_read_is_accepted(settings, url):
    settings.BOUNCE_MAILBOX = url
    assert Address.of(url) == RIGHT[url]
    assert check_bounce_mailbox() == []


@pytest.mark.parametrize("url", WRONG)
def test_one_that_cannot_is_refused_without_showing_the_password(settings, url):
    settings.BOUNCE_MAILBOX = url
    with pytest.raises(WrongMailbox):
        open_mailbox(url)
    (error,) = check_bounce_mailbox()
    assert error.id == "newsletter.E001"
    assert WRONG[url] in error.msg
    assert "secret" not in error.msg
    assert check_maildir() == []


def test_none_is_fine(settings):
    settings.BOUNCE_MAILBOX = settings.MAIL_BOUNCE_ADDRESS = ""
    assert check_bounce_mailbox() == check_maildir() == []


def test_a_mailbox_without_an_address_for_bounces_is_warned_of(settings):
    settings.BOUNCE_MAILBOX = "maildir:///var/mail/bounces"
    settings.MAIL_BOUNCE_ADDRESS = ""
    (warning,) = check_bounce_mailbox()
    assert warning.id == "newsletter.W001"


def test_a_maildir_that_is_not_there_is_warned_of_before_a_release(settings, tmp_path):
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path}/bounces"
    (warning,) = check_maildir()
    assert warning.id == "newsletter.W002"
    mailbox.Maildir(tmp_path / "bounces")
    assert check_maildir() == []


def test_a_mailbox_behind_imap_is_not_asked_for_by_the_checks(settings):
    settings.BOUNCE_MAILBOX = "imaps://jo:secret@mail.example.org"
    assert check_bounce_mailbox() == check_maildir() == []
    assert isinstance(open_mailbox(settings.BOUNCE_MAILBOX), ImapMailbox)
