"""What status codes and the words of servers say about an address."""

import pytest

from newsletter.bounces.statuses import code_in, judge
from newsletter.models import Bounce

Kind = Bounce.Kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, Kind.HARD) for status in ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.10")],
        *[(status, Kind.HARD) for status in ("5.2.0", "5.2.1", "5.4.1", "5.4.4", "5.4.310")],
        # A full mailbox can be emptied, and what is wrong on the way is mended.
        *[(status, Kind.SOFT) for status in ("5.2.2", "4.2.2", "5.2.4", "4.2.1", "4.1.1")],
        *[(status, Kind.SOFT) for status in ("5.3.0", "4.3.2", "5.4.6", "4.4.7", "4.4.1", "5.5.0")],
        *[(status, Kind.SOFT) for status in ("5.4.14", "5.4.40")],
        # What we are, or what the letter is, is not the address's fault.
        *[(status, Kind.BLOCKED) for status in ("5.1.7", "5.1.8", "5.2.3", "5.3.4", "5.6.0")],
        *[(status, Kind.BLOCKED) for status in ("5.7.1", "5.7.26", "4.7.0", "5.7.509", "4.7.650")],
    ],
)
def test_a_status_code_is_judged_by_the_table(status, kind):
    assert judge(status, "anything, such as spam 550 no such user") == (kind, status)


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        ("5.0.0", "smtp; 550 5.1.1 <jo@example.org> User unknown", Kind.HARD, "5.1.1"),
        ("5.0.0", "smtp; 550-5.7.1 Our system has detected", Kind.BLOCKED, "5.7.1"),
        ("5.0.0", "smtp; 452 4.2.2 The inbox is out of storage", Kind.SOFT, "4.2.2"),
        ("5.0.0", "smtp; 552 Mailbox full", Kind.SOFT, "5.0.0"),
        ("5.0.0", "smtp; 550 Blocked, see the block list", Kind.BLOCKED, "5.0.0"),
        ("5.0.0", "smtp; 554 Transaction failed", Kind.SOFT, "5.0.0"),
        (
            "5.0.0",
            "554 delivery error: This user doesn't have a yahoo account",
            Kind.HARD,
            "5.0.0",
        ),
        ("5.0.0", "smtp; 553 sorry", Kind.HARD, "5.0.0"),
        ("5.0.0", "", Kind.HARD, "5.0.0"),
        ("4.0.0", "", Kind.SOFT, "4.0.0"),
        ("4.0.0", "no such user, for now", Kind.SOFT, "4.0.0"),
        ("", "", Kind.HARD, ""),
        ("", "Sorry, no mailbox here by that name. (#5.1.1)", Kind.HARD, "5.1.1"),
        ("", "retry timeout exceeded", Kind.SOFT, ""),
        ("", "The recipient's mailbox is over quota", Kind.SOFT, ""),
    ],
)
def test_where_the_status_says_nothing_the_words_do(status, said, kind, code):
    assert judge(status, said) == (kind, code)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("550 5.1.1 No such user", "5.1.1"),
        ("550-5.7.26 This mail is unauthenticated", "5.7.26"),
        ("(#5.1.1)", "5.1.1"),
        ("refused: 5.2.2.", "5.2.2"),
        # Network addresses and versions.
        ("connect to mx[4.2.2.1]:25", ""),
        ("host 5.1.1.9 said no", ""),
        ("(Exim 4.92.3)", ""),
        ("Postfix 3.5.2", ""),
        ("id 5.1.1a", ""),
        ("", ""),
    ],
)
def test_a_code_is_told_from_other_numbers(text, code):
    assert code_in(text) == code
