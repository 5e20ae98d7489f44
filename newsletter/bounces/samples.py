"""Mails such as servers send back, about letters of this site: to see what becomes of them."""

from collections.abc import Callable
from email.utils import format_datetime, make_msgid

from django.conf import settings
from django.utils import timezone

from icrtop.mail.composing import fill_text, values_for
from icrtop.mail.models import Delivery
from icrtop.mail.verp import envelope_sender

STRUCTURED = """\
This is the mail system at host mx.example.org.

{words}

--sample
Content-Type: message/{subtype}

{fields}

--sample
Content-Type: text/rfc822-headers

From: {sender}
To: {address}
Subject: {subject}
List-Unsubscribe: {unsubscribe}

--sample--
"""
STATUS = """\
Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {said}"""
FEEDBACK = """\
Feedback-Type: abuse
User-Agent: Sample/1.0
Version: 1
Original-Mail-From: <{to}>"""


def hard(delivery: Delivery) -> bytes:
    """There is no such recipient."""
    return _report(delivery, "5.1.1", "550 5.1.1 User unknown")


def soft(delivery: Delivery) -> bytes:
    """The mailbox is full."""
    return _report(delivery, "5.2.2", "552 5.2.2 The mailbox is over quota")


def forged(delivery: Delivery) -> bytes:
    """The same as `hard`, to an address that has not our signature."""
    to = envelope_sender(delivery, "")
    mark = to.partition("-")[2].partition("@")[0]
    return hard(delivery).replace(mark.encode(), b"a" * len(mark))


def out_of_office(delivery: Delivery) -> bytes:
    """The recipient is away, and has a machine say so."""
    headers = {"Subject": "Automatic reply", "Auto-Submitted": "auto-replied"}
    return _mail(delivery, {"From": delivery.address, **headers}, "I am back on Monday.\n")


def complaint(delivery: Delivery) -> bytes:
    """The recipient has pressed the button "spam"."""
    headers = {"From": "feedback@example.org", "Subject": "Abuse report"}
    fields = FEEDBACK.format(to=envelope_sender(delivery, ""))
    return _structured(delivery, headers, "feedback-report", "This is a report of spam.", fields)


def unsubscribe(delivery: Delivery) -> bytes:
    """The recipient's mail program asks to leave the list."""
    subject = _unsubscribe_header(delivery).partition("?subject=")[2].rstrip(">")
    to = settings.MAIL_BOUNCE_ADDRESS
    headers = {"From": delivery.address, "Subject": subject.replace("%20", " ")}
    return _mail(delivery, {**headers, "Delivered-To": to, "To": to}, "")


# For a letter to a list; the first three are about any.
SAMPLES: dict[str, Callable[[Delivery], bytes]] = {
    "hard": hard,
    "soft": soft,
    "out-of-office": out_of_office,
    "forged": forged,
    "complaint": complaint,
    "unsubscribe": unsubscribe,
}


def _report(delivery: Delivery, status: str, said: str) -> bytes:
    headers = {
        "From": "Mail Delivery System <MAILER-DAEMON@mx.example.org>",
        "Subject": "Undelivered Mail Returned to Sender",
        "Auto-Submitted": "auto-replied",
    }
    words = f"<{delivery.address}>: {said}"
    fields = STATUS.format(address=delivery.address, status=status, said=said)
    return _structured(delivery, headers, "delivery-status", words, fields)


def _structured(
    delivery: Delivery, headers: dict[str, str], subtype: str, words: str, fields: str
) -> bytes:
    kind = f'multipart/report; report-type={subtype}; boundary="sample"'
    body = STRUCTURED.format(
        words=words,
        subtype=subtype,
        fields=fields,
        sender=delivery.message.sender,
        address=delivery.address,
        subject=delivery.message.subject,
        unsubscribe=_unsubscribe_header(delivery),
    )
    body = f"--sample\nContent-Type: text/plain\n\n{body}"
    return _mail(delivery, {**headers, "MIME-Version": "1.0", "Content-Type": kind}, body)


def _mail(delivery: Delivery, headers: dict[str, str], body: str) -> bytes:
    to = envelope_sender(delivery, "")
    envelope = {
        "Return-Path": "<>",
        "Delivered-To": to,
        "To": to,
        "Date": format_datetime(timezone.now()),
        "Message-ID": make_msgid(domain="mx.example.org"),
    }
    head = "".join(f"{name}: {value}\n" for name, value in {**envelope, **headers}.items())
    return f"{head}\n{body}".encode()


def _unsubscribe_header(delivery: Delivery) -> str:
    """As it stands in the letter."""
    header = delivery.message.headers.get("List-Unsubscribe", "")
    return fill_text(header, values_for(delivery, delivery.message.signed))
