"""Whatever comes: the reader goes on, keeps it for staff, and believes only our own signature."""

import mailbox
import random
from email.message import Message
from pathlib import Path

import pytest

from icrtop.mail.models import Suppression
from icrtop.mail.verp import envelope_sender
from newsletter.bounces import reading, reports
from newsletter.models import Bounce, HistoryEntry, Subscription
from tests.newsletter.came_back import NAMES, came_back, letter, report

pytestmark = pytest.mark.django_db

Kind = Bounce.Kind
SEEDS = range(40)
# Long enough to be cut.
MANY = 20_000


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"


def chances(seed: int) -> random.Random:
    """The same for each run of the tests."""
    return random.Random(seed)  # noqa: S311 # Nothing depends on it.


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The mail with some of its lines and bytes deleted, doubled, moved or replaced."""
    lines = content.split(b"\n")
    for _change in range(chance.randint(1, 20)):
        place = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[place : place + chance.randint(1, 4)]
            case 1:
                lines[place:place] = lines[place : place + chance.randint(1, 30)]
            case 2:
                lines.insert(place, chance.randbytes(chance.randint(0, 80)))
            case 3:
                lines[place] = lines[place].replace(b":", b"\0").replace(b"-", b"\xff")
            case 4:
                chance.shuffle(lines[place : place + 10])
        lines = lines or [b""]
    return b"\n".join(lines)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_bytes_are_kept_as_not_understood(seed):
    chance = chances(seed)
    content = chance.randbytes(chance.choice([0, 1, 100, 10_000]))
    assert came_back(content).kind == Kind.UNKNOWN
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_report_without_our_mark_suppresses_nobody(seed):
    chance = chances(seed)
    delivery = letter()
    number, _dash, mark = envelope_sender(delivery, "").partition("+")[2].partition("-")
    wrong = mark[:5] + ("b" if mark[5] != "b" else "c") + mark[6:]
    for name in NAMES:
        forged = report(name, delivery, VERP=f"bounces+{number}-{wrong}", UNSUBSCRIBE="<x>")
        reading.process(mutated(forged, chance))
    assert not Suppression.objects.exists()
    assert not HistoryEntry.objects.exists()
    assert Subscription.objects.get().state == Subscription.State.CONFIRMED


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_report_with_our_mark_is_about_that_letter_or_none(seed):
    chance = chances(seed)
    delivery, other = letter(), letter()
    for name in NAMES:
        reading.process(mutated(report(name, delivery), chance))
    assert set(Bounce.objects.values_list("delivery", flat=True)) <= {delivery.pk, None}
    assert not Suppression.objects.filter(normalised=other.normalised).exists()
    left = Subscription.objects.get(subscriber__normalised=other.normalised)
    assert left.state == Subscription.State.CONFIRMED


MULTIPART = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
STATUS = (
    b"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;"
    b' boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\n'
)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(MULTIPART + b"--b\n\nx\n" * MANY, id="many parts"),
        pytest.param(
            b"".join(
                b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (level, level)
                for level in range(MANY)
            ),
            id="parts within parts",
        ),
        pytest.param(b"Content-Type: message/rfc822\n\n" * MANY, id="mails within mails"),
        pytest.param(STATUS + b"a:\n\n" * MANY, id="many groups of fields"),
        pytest.param(STATUS + b"\n" * MANY, id="empty lines"),
        pytest.param(b"To: " + b"(" * MANY, id="parentheses"),
        pytest.param(b"To: a@example.org\n" * MANY, id="recipients"),
        pytest.param(b"Subject: a\n" + b" b\n" * MANY, id="folds"),
        pytest.param(b"Subject: " + b"=?utf-8?q?a?= " * MANY, id="encoded words"),
        pytest.param(b"\n" + b"<" * MANY * 10, id="one long line"),
        pytest.param(b"\n" + b"\0" * MANY, id="nul"),
        pytest.param(b"Content-Type: text/plain; charset=nonsense\n\n\xff", id="charset"),
        pytest.param(b"Content-Type: text/plain; charset=idna\n\n" + b"a." * MANY, id="codec"),
        pytest.param(b"Content-Transfer-Encoding: base64\n\n" + b"A" * MANY, id="base64"),
        pytest.param(b"Content-Transfer-Encoding: x-uuencode\n\nbegin 6", id="uuencode"),
        pytest.param(
            b"Subject: \xed\xa0\x80\nFrom: \xff\xfe\n\n\xed\xa0\x80", id="half characters"
        ),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n\n\n", id="no headers"),
    ],
)
def test_a_mail_that_is_made_to_hold_us_up_does_not(content):
    bounce = came_back(b"Return-Path: <>\nFrom: MAILER-DAEMON@example.org\n" + content)
    assert bounce.kind == Kind.UNKNOWN
    assert len(bounce.excerpt) <= 11_000


def test_a_report_that_is_cut_off_after_its_fields_is_still_one():
    delivery = letter()
    content = report("postfix_unknown_user", delivery)
    end = content.index(b"Content-Description: Undelivered Message")
    assert came_back(content[:end]).kind == Kind.HARD


def test_a_report_with_a_letter_of_many_megabytes_is_understood():
    delivery = letter()
    content = report("office365_no_recipient", delivery)
    content = content.replace(b"What is new.\n", b"What is new.\n" * 300_000)
    assert len(content) > 3_000_000
    assert reports.understand(content).kind == Kind.HARD


def test_what_staff_read_has_no_control_characters():
    delivery = letter()
    content = report("qmail", delivery).replace(
        b"Sorry, no", b"Sorry\x1b[31m\x00\x07\xe2\x80\xa8, no"
    )
    detail = came_back(content).detail
    assert "Sorry [31m" in detail
    assert detail.isprintable()


def test_an_error_of_ours_holds_up_no_mail(monkeypatch, caplog):
    def fail(message: object) -> None:
        raise RecursionError("deeper than Python goes")

    monkeypatch.setattr(reports, "_complaint", fail)
    bounce = came_back(report("qmail", letter()))
    assert bounce.kind == Kind.UNKNOWN
    assert "no mailbox here" in bounce.excerpt
    assert "cannot be understood" in caplog.text


def test_what_the_database_refuses_stays_and_holds_up_no_other(
    settings, tmp_path, monkeypatch, caplog
):
    """No such mail is known."""
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path}/bounces"
    maildir = mailbox.Maildir(tmp_path / "bounces")
    excerpt_of = reports.excerpt_of

    def excerpt(message: Message) -> str:
        return "\0" if message["Subject"] == "First" else excerpt_of(message)

    monkeypatch.setattr(reports, "excerpt_of", excerpt)
    for number, subject in enumerate(("First", "Second"), start=1):
        Path(maildir._path, "new", f"{number}.a.host").write_text(f"Subject: {subject}\n\nHello")
    assert reading.read_mailbox() == {reading.FAILED: 1, Kind.UNKNOWN: 1}
    assert list(maildir.keys()) == ["1.a.host"]
    assert "cannot be kept" in caplog.text
    assert "Second" in Bounce.objects.get().excerpt
