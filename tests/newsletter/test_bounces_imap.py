"""Reading a mailbox behind IMAP, also of servers that hang, hang up, or do not obey."""

import pytest

from newsletter.bounces import imap, reading
from newsletter.bounces.imap import ImapMailbox
from newsletter.bounces.mailboxes import Address, MailboxAway
from newsletter.models import Bounce
from tests.mail.test_smtp_security import make_authority, server_context
from tests.newsletter.came_back import letter, report
from tests.newsletter.imap_server import PASSWORD, USER, Server, running

pytestmark = pytest.mark.django_db

Kind = Bounce.Kind


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"


@pytest.fixture
def server():
    with running() as server:
        yield server


@pytest.fixture
def impatient(monkeypatch):
    """Waits for an answer no longer than a moment."""
    monkeypatch.setattr(imap, "TIMEOUT_SECONDS", 0.2)


def read(settings, server: Server, **login: str) -> dict[str, int]:
    settings.BOUNCE_MAILBOX = server.url(**login)
    return dict(reading.read_mailbox())


def numbered(count: int) -> list[bytes]:
    return [f"Subject: {number}\n\nHello\n".encode() for number in range(count)]


def test_what_is_read_is_kept_and_removed(settings, server):
    delivery = letter()
    server.put(report("postfix_unknown_user", delivery), report("vacation", delivery))
    assert read(settings, server) == {Kind.HARD: 1, Kind.AUTO_REPLY: 1}
    assert server.mails == {}
    assert server.passwords == [(USER, PASSWORD)]
    assert "LOGOUT" in server.commands


def test_an_empty_mailbox_is_only_looked_at(settings, server):
    assert read(settings, server) == {}
    assert set(server.commands) == {"CAPABILITY", "LOGIN", "SELECT", "LOGOUT"}


@pytest.mark.parametrize("uidplus", [True, False])
def test_a_long_mailbox_is_read_in_batches_oldest_first(settings, monkeypatch, uidplus):
    monkeypatch.setattr(imap, "BATCH", 4)
    with running(uidplus=uidplus) as server:
        server.put(*numbered(10))
        assert read(settings, server) == {Kind.UNKNOWN: 10}
        assert server.mails == {}
        assert server.commands.count("UID SEARCH") == 3
        command = "UID EXPUNGE" if uidplus else "EXPUNGE"
        assert server.commands.count(command) == 3
    subjects = [bounce.excerpt for bounce in Bounce.objects.order_by("pk")]
    assert [f"Subject: {number}\n\nHello" for number in range(10)] == subjects


def test_a_mail_that_somebody_else_deletes_marked_stays(settings, server):
    """With UIDPLUS, only what we have read is expunged."""
    server.put(*numbered(2))
    with ImapMailbox(Address.of(server.url())) as box:
        key, _content = next(box.mails())
        box.remove(key)
        server.deleted.add(102)
    assert set(server.mails) == {102}


def test_of_a_long_mail_only_the_beginning_is_fetched(settings, server):
    server.put(b"Subject: Long\n\n" + b"word\n" * 1_000_000)
    with ImapMailbox(Address.of(server.url())) as box:
        ((_key, content),) = box.mails()
    assert len(content) == 256 * 1024


def test_another_mailbox_and_a_password_beyond_ascii(settings):
    with running(mailbox="Reports of bounces", password="schlüssel") as server:
        server.put(*numbered(1))
        assert read(settings, server, password="schlüssel") == {Kind.UNKNOWN: 1}
        assert server.passwords == [(USER, "schlüssel")]


@pytest.mark.parametrize(
    "step",
    [
        *("GREETING", "CAPABILITY", "LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE"),
        *("UID EXPUNGE", "LOGOUT"),
    ],
)
@pytest.mark.parametrize("trouble", ["hangs_at", "hangs_up_at"])
def test_a_server_that_dies_at_any_step_loses_nothing_and_counts_nothing_twice(
    settings, impatient, caplog, step, trouble
):
    with running(**{trouble: step}) as server:
        server.put(report("postfix_unknown_user", letter()), *numbered(2))
        read(settings, server)
        assert "The mailbox of bounces is away: localhost" in caplog.text
        assert PASSWORD not in caplog.text
        read(settings, server)
        assert server.mails == {}
    assert sorted(Bounce.objects.values_list("kind", flat=True)) == ["hard", "unknown", "unknown"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("GREETING", "* BYE too busy"),
        ("GREETING", "220 mail.example.org ESMTP"),
        ("LOGIN", "TAG NO [UNAVAILABLE] later"),
        ("SELECT", "TAG NO no such mailbox"),
        ("SELECT", "* many EXISTS\r\nTAG OK done"),
        ("UID SEARCH", "TAG BAD what"),
        ("UID SEARCH", "* SEARCH \u00fc\r\nTAG OK done"),
        ("UID FETCH", "TAG NO no"),
        ("UID STORE", "TAG NO read-only"),
        ("UID EXPUNGE", "TAG NO read-only"),
    ],
)
def test_a_server_that_refuses_is_away_and_nothing_more(settings, caplog, command, answer):
    with running(answers={command: answer}) as server:
        server.put(*numbered(1))
        read(settings, server)
        assert "The mailbox of bounces is away" in caplog.text
        assert len(server.mails) == 1


def test_a_wrong_password_says_so_without_showing_it(settings, server, caplog):
    assert read(settings, server, password="guessed") == {}
    assert "AUTHENTICATIONFAILED" in caplog.text
    assert "guessed" not in caplog.text


def test_a_server_that_keeps_what_is_deleted_is_not_read_for_ever(settings, caplog):
    with running(keeps_deleted=True) as server:
        server.put(*numbered(3))
        assert read(settings, server) == {Kind.UNKNOWN: 3}
        assert "keeps mails that were deleted" in caplog.text


def test_mails_that_are_not_removed_do_not_hide_the_others(settings, server, monkeypatch):
    monkeypatch.setattr(imap, "BATCH", 2)
    server.put(*numbered(5))
    with ImapMailbox(Address.of(server.url())) as box:
        assert [content[9:10] for _key, content in box.mails()] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_mail_that_is_gone_when_it_is_fetched_is_passed_by(settings, server):
    server.put(*numbered(3))
    with ImapMailbox(Address.of(server.url())) as box:
        mails = box.mails()
        next(mails)
        del server.mails[102]
        assert [key for key, _content in mails] == ["103"]


def test_a_machine_that_does_not_answer_is_away(settings, impatient):
    with running() as server:
        url = server.url()
    with pytest.raises(MailboxAway, match="localhost"), ImapMailbox(Address.of(url)):
        pass


def test_with_tls_the_certificate_must_be_right(settings, tmp_path, monkeypatch, caplog):
    authority = make_authority(tmp_path, "authority")
    context = server_context(tmp_path, authority, "localhost")
    with running(tls=context) as server:
        server.put(*numbered(1))
        assert read(settings, server, scheme="imaps") == {}
        assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
        assert server.passwords == []
        monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
        assert read(settings, server, scheme="imaps") == {Kind.UNKNOWN: 1}
