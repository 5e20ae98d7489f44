"""What the mails of servers around the world are taken for, and what follows from them."""

import pytest

from icrtop.mail.models import State, Suppression
from icrtop.mail.verp import envelope_sender
from newsletter.models import Bounce, HistoryEntry, Subscriber, Subscription
from tests.newsletter.came_back import NAMES, came_back, letter, report

pytestmark = pytest.mark.django_db

Kind = Bounce.Kind

SAMPLES = {
    "amazon_ses": (Kind.HARD, "5.1.1"),
    "arf_aol": (Kind.COMPLAINT, ""),
    "arf_microsoft": (Kind.COMPLAINT, ""),
    "arf_not_spam": (Kind.NOTICE, ""),
    "arf_yahoo": (Kind.COMPLAINT, ""),
    "challenge": (Kind.AUTO_REPLY, ""),
    "exchange_full": (Kind.SOFT, "5.2.2"),
    "exim_retry_timeout": (Kind.SOFT, ""),
    "exim_structured": (Kind.HARD, "5.0.0"),
    "exim_words": (Kind.HARD, ""),
    "gmail_no_account": (Kind.HARD, "5.1.1"),
    "gmail_over_quota": (Kind.SOFT, "4.2.2"),
    "greylist_delay": (Kind.NOTICE, "4.2.0"),
    "mailbox_full": (Kind.SOFT, "5.2.2"),
    "office365_no_recipient": (Kind.HARD, "5.1.10"),
    "office365_policy": (Kind.BLOCKED, "5.7.1"),
    "out_of_office_by_subject": (Kind.AUTO_REPLY, ""),
    "outlook_out_of_office": (Kind.AUTO_REPLY, ""),
    "postfix_expired": (Kind.SOFT, "4.4.1"),
    "postfix_unknown_user": (Kind.HARD, "5.1.1"),
    "qmail": (Kind.HARD, "5.1.1"),
    "sendmail_no_domain": (Kind.HARD, "5.1.2"),
    "vacation": (Kind.AUTO_REPLY, ""),
    "yahoo_words": (Kind.HARD, ""),
}


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"


def test_every_sample_is_tested():
    assert sorted(SAMPLES) == NAMES


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_taken_for_what_it_is(name, line_end):
    delivery = letter()
    bounce = came_back(report(name, delivery, line_end=line_end))
    assert (bounce.kind, bounce.status) == SAMPLES[name]
    if name != "arf_aol":  # Only the way to unsubscribe tells whose letter it was.
        assert bounce.delivery == delivery
        assert bounce.message == delivery.message
    assert bounce.normalised == delivery.normalised
    reasons = {Kind.HARD: "bounced", Kind.COMPLAINT: "complained"}
    suppressed = list(Suppression.objects.values_list("normalised", "reason"))
    reason = reasons.get(bounce.kind)
    assert suppressed == ([(delivery.normalised, reason)] if reason else [])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("postfix_unknown_user", "smtp; 550 5.1.1 <{}>: Recipient address rejected: User unknown"),
        ("exim_words", "{} host mx.example.org [198.51.100.25] SMTP error from remote mail server"),
        ("exim_structured", "Unrouteable address"),
        ("qmail", "<{}>: Sorry, no mailbox here by that name. (#5.1.1)"),
        ("yahoo_words", "554: delivery error: dd This user doesn't have a yahoo.example account"),
    ],
)
def test_staff_see_what_the_server_said(name, says):
    delivery = letter()
    bounce = came_back(report(name, delivery))
    assert says.format(delivery.address) in bounce.detail
    assert not bounce.excerpt


def test_a_hard_bounce_stops_letters_at_once_and_is_in_the_history():
    delivery = letter()
    subscriber = Subscriber.objects.get()
    waiting = letter()
    type(waiting).objects.filter(pk=waiting.pk).update(
        address=delivery.address, normalised=delivery.normalised, state=State.PENDING
    )
    came_back(report("postfix_unknown_user", delivery))
    waiting.refresh_from_db()
    assert waiting.state == State.SUPPRESSED
    suppression = Suppression.objects.get()
    assert suppression.reason == Suppression.Reason.BOUNCED
    assert "User unknown" in suppression.note
    (entry,) = HistoryEntry.objects.filter(subscriber=subscriber)
    assert entry.kind == HistoryEntry.Kind.SUPPRESSED
    assert "5.1.1" in entry.how
    assert subscriber.email not in entry.how
    # When staff lift it, letters go out again: the subscriptions are as they were.
    assert subscriber.subscriptions.get().state == Subscription.State.CONFIRMED


def test_a_second_report_adds_nothing_to_the_history():
    delivery = letter()
    came_back(report("postfix_unknown_user", delivery))
    came_back(report("amazon_ses", delivery))
    assert Bounce.objects.filter(delivery=delivery).count() == 2
    assert Suppression.objects.count() == HistoryEntry.objects.count() == 1


def test_a_bounce_of_a_letter_to_no_subscriber_counts_as_well():
    delivery = letter()
    Subscriber.objects.all().delete()
    came_back(report("postfix_unknown_user", delivery))
    assert Suppression.objects.get().normalised == delivery.normalised
    assert not HistoryEntry.objects.filter(kind=HistoryEntry.Kind.SUPPRESSED).exists()


def test_whose_letter_it_was_decides_not_whom_the_report_names():
    """Mail that is forwarded comes back under an address that we never wrote to."""
    delivery, other = letter(), letter()
    came_back(report("postfix_unknown_user", delivery, ADDRESS=other.address))
    assert Suppression.objects.get().normalised == delivery.normalised


@pytest.mark.parametrize("name", [name for name, (kind, _) in SAMPLES.items() if kind == Kind.HARD])
def test_a_forged_address_does_nothing_and_is_shown(name):
    delivery, other = letter(), letter()
    ours, theirs = (envelope_sender(each, "") for each in (delivery, other))
    # The number of one letter with the mark of another.
    forged = f"{ours.partition('-')[0]}-{theirs.partition('-')[2]}"
    bounce = came_back(report(name, delivery, VERP=forged))
    assert bounce.kind == Kind.UNMATCHED
    assert bounce.delivery is None
    assert bounce.normalised == ""
    assert "From:" in bounce.excerpt
    assert not Suppression.objects.exists()


def test_a_report_to_the_plain_address_does_nothing_whatever_it_names():
    delivery = letter()
    plain = report("postfix_unknown_user", delivery, VERP="bounces@icrtop.example")
    assert came_back(plain).kind == Kind.UNMATCHED
    assert not Suppression.objects.exists()


def test_a_report_within_a_report_says_nothing():
    """Somebody answers our letter, and attaches a report about a mail of their own."""
    delivery = letter()
    attached = report("postfix_unknown_user", delivery, VERP="jo@example.org").decode()
    mail = (
        f"Delivered-To: {envelope_sender(delivery, '')}\n"
        "Return-Path: <jo@example.org>\nFrom: jo@example.org\nSubject: Look at this\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="outer"\n\n'
        "--outer\nContent-Type: text/plain\n\nWhat does it mean?\n"
        f"--outer\nContent-Type: message/rfc822\n\n{attached}\n--outer--\n"
    )
    bounce = came_back(mail.encode())
    assert bounce.kind == Kind.UNKNOWN
    assert "What does it mean?" in bounce.excerpt
    assert not Suppression.objects.exists()


def test_a_person_who_quotes_a_report_is_not_one():
    delivery = letter()
    quoted = report("qmail", delivery).replace(b"Return-Path: <>", b"Return-Path: <jo@example.org>")
    quoted = quoted.replace(b"From: MAILER-DAEMON@qmail.example.org", b"From: jo@example.org")
    assert came_back(quoted).kind == Kind.UNKNOWN
    assert not Suppression.objects.exists()


def test_a_bounce_of_an_erased_letter_keeps_no_word_of_it():
    from icrtop.mail.erasing import erase_address
    from icrtop.mail.models import Message

    delivery = letter()
    content = report("postfix_unknown_user", delivery)
    erase_address(delivery.normalised, Message.objects.all())
    bounce = came_back(content)
    assert (bounce.kind, bounce.normalised, bounce.detail) == (Kind.HARD, "", "")
    assert bounce.delivery == delivery
    assert not Suppression.objects.exists()
