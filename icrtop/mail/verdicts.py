"""What a refusal means: whose fault it is, and whether trying again helps. See docs/mail.md."""

from enum import StrEnum

from icrtop.mail.smtp import Refusal, Step


class Verdict(StrEnum):
    DEFER = "defer"  # It may go later: try again, with growing waits.
    FAIL = "fail"  # This address does not get it.
    PAUSE = "pause"  # It is about us or the letter: every other address would be refused, too.


# RFC 3463: what the second number of an enhanced status code is about.
ADDRESS, MAILBOX, POLICY = "5.1.", "5.2.", "5.7."
SENDER = ("5.1.7", "5.1.8")  # About an address, but ours: said at RCPT by servers that wait for it.
EXCEEDED_STORAGE = 552  # RFC 5321, 4.2.3: of the mailbox.


def judge(refusal: Refusal) -> Verdict:
    """Weigh a reply of 4xx or 5xx. 421 and lost connections are no refusals: they say nothing."""
    step, reply = refusal
    if reply.temporary:
        return Verdict.DEFER
    if step is Step.MAIL:
        return Verdict.PAUSE
    if reply.status in SENDER or reply.status.startswith(POLICY):
        return Verdict.PAUSE
    if step is Step.RCPT:
        return Verdict.FAIL
    # The address was accepted before, so this is about the letter, unless it says otherwise.
    about_address = reply.status.startswith((ADDRESS, MAILBOX)) or (
        reply.code == EXCEEDED_STORAGE and not reply.status
    )
    return Verdict.FAIL if about_address else Verdict.PAUSE
