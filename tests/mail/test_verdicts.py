"""What a refusal means: the table of steps and replies."""

import pytest

from icrtop.mail.smtp import Refusal, Reply, Step
from icrtop.mail.verdicts import Verdict, judge

DEFER, FAIL, PAUSE = Verdict.DEFER, Verdict.FAIL, Verdict.PAUSE
TEMPORARY = [
    "421 4.3.2 Going down",
    "450 4.2.0 Greylisted",
    "451 4.7.1 Try again later",
    "451 4.1.8 Sender's domain not found",
    "452 4.3.1 Disk full",
    "452",
]
REFUSALS = [
    # Before the recipient was named, it is about us.
    (Step.MAIL, "550 Not you", PAUSE),
    (Step.MAIL, "550 5.1.1 Odd, but still about the sender", PAUSE),
    (Step.MAIL, "530 5.7.0 Authentication required", PAUSE),
    (Step.MAIL, "552 5.3.4 Message too big", PAUSE),
    (Step.MAIL, "553 5.1.8 Domain of sender does not exist", PAUSE),
    # A recipient is refused for what it is, unless the server says that it is policy.
    (Step.RCPT, "550 No such user", FAIL),
    (Step.RCPT, "550 5.1.1 No such user", FAIL),
    (Step.RCPT, "550 5.1.10 Null MX", FAIL),
    (Step.RCPT, "550 5.2.1 Mailbox disabled", FAIL),
    (Step.RCPT, "552 5.2.2 Mailbox full", FAIL),
    (Step.RCPT, "553 Mailbox name not allowed", FAIL),
    (Step.RCPT, "554 5.7.1 Relay access denied", PAUSE),
    (Step.RCPT, "550 5.7.26 Not authenticated", PAUSE),
    (Step.RCPT, "554 Something about 5.7.1 further on", FAIL),
    # RFC 3463: these two are about the sender, whenever the server comes to say so.
    (Step.RCPT, "553 5.1.7 Bad sender address", PAUSE),
    (Step.RCPT, "550 5.1.8 Sender address rejected: Domain not found", PAUSE),
    (Step.END, "550 5.1.8 Sender address rejected: Domain not found", PAUSE),
    # The recipient was accepted: what is refused is the letter, unless the server says otherwise.
    *(
        (step, reply, verdict)
        for step in (Step.DATA, Step.END)
        for reply, verdict in [
            ("554 Transaction failed", PAUSE),
            ("554 5.7.1 Looks like spam", PAUSE),
            ("550 Rejected", PAUSE),
            ("550 5.6.0 Bad MIME", PAUSE),
            ("552 5.3.4 Message too big", PAUSE),
            ("550 5.1.1 No such user", FAIL),
            ("550 5.2.2 Mailbox full", FAIL),
            ("552 5.2.2 Mailbox full", FAIL),
            ("552 Mailbox full", FAIL),
        ]
    ),
]


def reply_of(line: str) -> Reply:
    code, _space, text = line.partition(" ")
    return Reply(int(code), text)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("line", TEMPORARY)
def test_what_is_refused_for_now_may_go_later(step, line):
    assert judge(Refusal(step, reply_of(line))) is DEFER


@pytest.mark.parametrize(("step", "line", "verdict"), REFUSALS)
def test_what_is_refused_for_good_is_weighed_by_whose_fault_it_is(step, line, verdict):
    assert judge(Refusal(step, reply_of(line))) is verdict


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("5.7.1 Denied", "5.7.1"),
        ("5.7.26", "5.7.26"),
        ("4.2.2 Full\n4.2.2 Really", "4.2.2"),
        ("Denied 5.7.1", ""),
        ("5.7.1234 Not a status", ""),
        ("5.7 Not a status", ""),
        ("3.7.1 Not a status", ""),
        ("", ""),
    ],
)
def test_an_enhanced_status_is_read_only_where_it_belongs(text, status):
    assert Reply(550, text).status == status


def test_a_reply_reads_as_the_server_wrote_it():
    assert str(Reply(550, "5.1.1 No such user")) == "550 5.1.1 No such user"
    assert str(Reply(250, "")) == "250"
