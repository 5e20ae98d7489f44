"""What is an address that can be written to, at the form, in the outbox and on the wire."""

import pytest
from django.core.exceptions import ValidationError
from django.forms import EmailField

from icrtop.mail import sending
from icrtop.mail.addresses import (
    InvalidAddress,
    deliverable,
    has_control_characters,
    mailbox,
    normalise,
    validate_deliverable,
)
from icrtop.mail.models import Delivery, State
from icrtop.mail.services import Recipient, queue_message
from tests.factories.mail import DeliveryFactory, MessageFactory


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("Jo.Blow@Example.ORG", "jo.blow@example.org"),
        ("  jo@example.org ", "jo@example.org"),
        ("Jo+news@example.org", "jo+news@example.org"),
        ("jo@Bücher.example", "jo@xn--bcher-kva.example"),
        ("jo@XN--bcher-kva.example", "jo@xn--bcher-kva.example"),
        ('"Jo..Blow"@example.org', '"jo..blow"@example.org'),
        ("Jo@[192.0.2.1]", "jo@[192.0.2.1]"),
        ("jo@مثال.إختبار", "jo@xn--mgbh0fb.xn--kgbechtv"),
        ("o'brien/!#$%&*=?^_`{|}~@example.org", "o'brien/!#$%&*=?^_`{|}~@example.org"),
    ],
)
def test_normalising(typed, compared):
    assert normalise(typed) == compared
    assert normalise(normalise(typed)) == compared


def test_the_local_part_is_written_to_as_typed():
    assert deliverable("Jo.Blow@Bücher.Example") == "Jo.Blow@xn--bcher-kva.example"


REFUSED = [
    "",
    "jo",
    "jo@",
    "@example.org",
    "Jo <jo@example.org>",
    "jo@example.org\r\nRCPT TO:<other@example.org>",
    "jo@example.org\0",
    '"jo\x01"@example.org',
    "jo\u2028@example.org",
    "jö@example.org",
    "\u212aelvin@example.org",
    "jo@" + "é" * 62 + ".org",
    "a" * 400 + "@example.org",
    "jo@example.org, other@example.org",
    "jo@example.org;other@example.org",
    "jo@@example.org",
    "jo@example..org",
    "jo@-example.org",
    "jo blow@example.org",
    "jo\u00a0blow@example.org",
    "jo@example.org\x85.",
    "<jo@example.org>",
    '"Jo" jo@example.org',
    "mailto:jo@example.org",
]


@pytest.mark.parametrize("typed", REFUSED)
def test_refused_with_a_reason(typed):
    with pytest.raises(InvalidAddress, match=r"\.$"):
        normalise(typed)


@pytest.mark.parametrize("typed", REFUSED)
def test_a_form_refuses_the_same_and_says_so_once(typed):
    field = EmailField(max_length=254, validators=[validate_deliverable])
    with pytest.raises(ValidationError) as refusal:
        field.clean(typed)
    # Only what is too long besides, or has a NUL besides, is two mistakes.
    assert len(refusal.value.messages) == (2 if len(typed) > 254 or "\0" in typed else 1)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        *(
            (character, True)
            for character in "\0\t\n\r\x0b\x0c\x1b\x1f\x7f\x80\x85\x9f\u2028\u2029"
        ),
        *((character, False) for character in " aé中\u00a0\u200b\u202e\ufeff🕊"),
        ("", False),
        ("jo\r", True),
    ],
)
def test_what_is_a_control_character(value, found):
    assert has_control_characters(value) is found


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("J.O.Blow+news@Example.org", "joblow@example.org"),
        ("jo+@example.org", "jo@example.org"),
        ("+news@example.org", "+news@example.org"),
    ],
)
def test_what_a_limit_counts_as_one_mailbox(address, counted_as):
    assert mailbox(address) == counted_as


SENDABLE = [
    ("Jo.Blow@Example.ORG", "Jo.Blow@example.org"),
    # The tests' mail server shows it without the quotation marks.
    ('"Jo..Blow"@example.org', "Jo..Blow@example.org"),
    ("jo@bücher.example", "jo@xn--bcher-kva.example"),
    ("jo@[192.0.2.1]", "jo@[192.0.2.1]"),
    (f"{'l' * 64}@{'d' * 61}.{'d' * 61}.{'d' * 61}.org",) * 2,
]


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "sent_to"), SENDABLE)
def test_what_is_accepted_arrives_there(sink, typed, sent_to):
    queue_message(
        to=Recipient(typed, name="Müller, Jo"),
        subject="Hello",
        purpose="test",
        html="<p>Hello</p>",
        text="Hello",
    )
    sending.send_due()
    assert sink.recipients == [sent_to]
    assert Delivery.objects.get().state == State.SENT


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed", [each for each in REFUSED if "\0" not in each and len(each) < 255]
)
def test_a_wrong_row_in_the_outbox_fails_alone_and_says_why(sink, typed):
    """One that came past the checks, as from an import."""
    message = MessageFactory()
    before = DeliveryFactory(message=message, address="before@example.org")
    wrong = DeliveryFactory(message=message, address="wrong@example.org")
    after = DeliveryFactory(message=message, address="after@example.org")
    Delivery.objects.filter(pk=wrong.pk).update(address=typed, normalised=typed)
    sending.send_due()

    wrong.refresh_from_db()
    assert wrong.state == State.FAILED
    assert "cannot be composed" in wrong.reason
    assert wrong.reason.endswith(".")
    assert sorted(sink.recipients) == sorted([before.address, after.address])
    message.refresh_from_db()
    assert message.tally == {"sent": 2, "failed": 1}


@pytest.mark.django_db
def test_a_row_without_a_value_for_a_merge_field_fails_alone_and_names_the_field(sink):
    message = MessageFactory(text="Dear [[name]]")
    for address, merge in [("jo@a.example", {"name": "Jo"}), ("kim@a.example", {"other": "x"})]:
        DeliveryFactory(message=message, address=address, merge=merge)
    sending.send_due()
    assert sink.recipients == ["jo@a.example"]
    failed = Delivery.objects.get(state=State.FAILED)
    assert failed.address == "kim@a.example"
    assert "name" in failed.reason
