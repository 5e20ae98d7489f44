"""Small files that go with a letter."""

import pytest
from django.urls import reverse

from icrtop.mail.attachments import MAX_BYTES, Attachment
from icrtop.mail.composing import compose
from icrtop.mail.erasing import erase_address, erase_messages
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.models import Message
from icrtop.mail.services import Recipient, queue_message
from tests.mail.letters import check_lines, delivery, part, read

CONTENT = "BEGIN:VCALENDAR\r\nSUMMARY:Débat [[leave]] \u202b\u0645\r\nEND:VCALENDAR\r\n"
CALENDAR = Attachment("event.ics", "text/calendar; charset=utf-8; method=PUBLISH", CONTENT)
NOTE = Attachment("note.txt", "text/plain; charset=utf-8", "--=_x--\r\n")


def queue(*attachments, **fields) -> Message:
    fields = {"to": "ada@example.org", "subject": "A place", **fields}
    return queue_message(
        purpose="events.place",
        html="<p>You have a place.</p>",
        text="You have a place.",
        attachments=attachments,
        **fields,
    )


def rows(*attachments: Attachment) -> list[dict[str, str]]:
    return [vars(one) for one in attachments]


def test_a_letter_has_its_two_forms_and_then_its_files_byte_for_byte():
    letter = delivery(message__attachments=rows(CALENDAR, NOTE))
    parsed = read(letter)
    assert parsed.get_content_type() == "multipart/mixed"
    forms, *files = parsed.iter_parts()
    assert [one.get_content_type() for one in forms.iter_parts()] == ["text/plain", "text/html"]
    assert [one.get_filename() for one in files] == ["event.ics", "note.txt"]
    assert files[0].get_content_disposition() == "attachment"
    assert files[0].get_param("method") == "PUBLISH"
    contents = [one.get_payload(decode=True).decode() for one in files]
    assert contents == [CALENDAR.content, NOTE.content]


def test_a_letter_without_files_is_no_longer_than_its_two_forms():
    letter = delivery()
    assert read(letter).get_content_type() == "multipart/alternative"
    assert part(letter) == part(delivery(message=letter.message))


@pytest.mark.django_db
def test_what_is_queued_is_sent_the_same_to_everybody():
    to = [Recipient(f"{name}@example.org", merge={"leave": name}) for name in ("ada", "ben")]
    message = queue(CALENDAR, to=to, subject="For [[leave]]")
    for letter in message.deliveries.all():
        content = compose(letter)
        check_lines(content)
        (attached,) = read(letter).iter_attachments()
        assert attached.get_payload(decode=True).decode() == CONTENT


@pytest.mark.parametrize(
    "wrong",
    [
        Attachment('a".ics', "text/calendar", ""),
        Attachment("a\r\nBcc: x@example.org", "text/calendar", ""),
        Attachment("../a.ics", "text/calendar", ""),
        Attachment("é.ics", "text/calendar", ""),
        Attachment("a.ics", "text/calendar\r\nX: y", ""),
        Attachment("a.exe", "application/octet-stream", ""),
        Attachment("a.ics", "text/calendar", "\0"),
        Attachment("a.ics", "text/calendar", "\ud83d"),
        Attachment("a.ics", "text/calendar", "é" * (MAX_BYTES // 2 + 1)),
    ],
)
@pytest.mark.django_db
def test_what_could_break_a_letter_is_refused(wrong):
    with pytest.raises(InvalidMessage):
        queue(wrong)
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_they_go_when_the_recipient_is_erased():
    queue(CALENDAR)
    erase_address("ada@example.org", Message.objects.all())
    assert Message.objects.get().attachments == []


@pytest.mark.django_db
def test_they_go_when_the_message_is_erased():
    queue(CALENDAR, to=["ada@example.org", "ben@example.org"])
    erase_address("ada@example.org", Message.objects.all())
    assert Message.objects.get().attachments == rows(CALENDAR)  # The other one's letter is whole.
    erase_messages(Message.objects.all())
    assert Message.objects.get().attachments == []


def test_staff_see_what_is_attached(admin_client):
    message = queue(CALENDAR)
    page = admin_client.get(reverse("messages:inspect", args=[message.pk]))
    assert "event.ics" in page.text
    assert "SUMMARY:Débat" in page.text
