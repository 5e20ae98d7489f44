"""Envelope senders by which a bounce is matched with its letter, and forgeries with none."""

import pytest

from icrtop.mail import sending
from icrtop.mail.addresses import deliverable
from icrtop.mail.models import Delivery
from icrtop.mail.verp import bounced_delivery, envelope_sender
from tests.factories.mail import DeliveryFactory

pytestmark = pytest.mark.django_db

SENDER = "info@icrtop.example"
LARGEST = 2**63 - 1


@pytest.fixture(autouse=True)
def bounces(settings):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"


@pytest.fixture
def letter() -> Delivery:
    return DeliveryFactory()


def test_without_an_address_for_bounces_they_go_to_the_sender(settings, letter):
    settings.MAIL_BOUNCE_ADDRESS = ""
    assert envelope_sender(letter, SENDER) == SENDER
    assert bounced_delivery(SENDER) is None
    assert bounced_delivery("") is None


def test_a_bounce_finds_its_letter(letter):
    address = envelope_sender(letter, SENDER)
    assert address.startswith(f"bounces+{letter.pk}-")
    assert address.endswith("@icrtop.example")
    assert deliverable(address) == address
    assert bounced_delivery(address) == letter
    assert envelope_sender(letter, SENDER) == address


def test_every_letter_has_an_address_of_its_own(letter):
    other = DeliveryFactory()
    addresses = {envelope_sender(each, SENDER) for each in (letter, other)}
    assert {bounced_delivery(each) for each in addresses} == {letter, other}


def test_it_is_the_address_that_the_mail_server_is_told(sink, letter):
    sending.send_due()
    (received,) = sink.letters
    assert received.sender == envelope_sender(letter, SENDER)
    assert bounced_delivery(received.sender) == letter


@pytest.mark.parametrize("change", [str.upper, str.title, str.lower, lambda a: f" {a}\n"])
def test_a_relay_may_change_capitals_and_add_spaces(letter, change):
    assert bounced_delivery(change(envelope_sender(letter, SENDER))) == letter


@pytest.mark.parametrize(
    "configured",
    [
        *("bounces@bücher.example", "Bounces@ICRtoP.example", "site+bounces@icrtop.example"),
        "bounces@[192.0.2.1]",
    ],
)
def test_whichever_way_the_address_for_bounces_is_written(settings, letter, configured):
    settings.MAIL_BOUNCE_ADDRESS = configured
    address = envelope_sender(letter, SENDER)
    assert address.isascii()
    assert bounced_delivery(address) == letter
    assert bounced_delivery(address.lower()) == letter


def test_a_forged_bounce_matches_nothing(letter):
    other = DeliveryFactory()
    address = envelope_sender(letter, SENDER)
    mark = address.partition("-")[2].partition("@")[0]
    changed = mark[:-1] + ("a" if mark[-1] != "a" else "b")
    for forged in [
        address.replace(f"+{letter.pk}-", f"+{other.pk}-"),
        address.replace(mark, changed),
        address.replace(mark, mark[:-1]),
        address.replace(mark, f"{mark}a"),
        address.replace(mark, "a" * 16),
        address.replace(mark, ""),
        address.replace("-", "--"),
        address.replace("+", "-"),
        address.replace("@icrtop.example", "@evil.example"),
        address.replace("@icrtop.example", "@sub.icrtop.example"),
        address.replace("@icrtop.example", ""),
        address.replace("bounces+", "other+"),
        address.replace("bounces+", "bounces+x+"),
        address.replace("bounces+", "+"),
        address.replace(str(letter.pk), "\u0661"),
        f"<{address}>",
        "bounces@icrtop.example",
        "bounces+@icrtop.example",
        "bounces+1-@icrtop.example",
        "",
        "@",
        "x" * 100_000,
        f"bounces+{'9' * 100_000}-{mark}@icrtop.example",
    ]:
        assert bounced_delivery(forged) is None, forged[:100]


def test_letters_that_are_gone_are_bounced_by_nobody(letter):
    address = envelope_sender(letter, SENDER)
    letter.delete()
    assert bounced_delivery(address) is None


@pytest.mark.parametrize("key", [LARGEST, LARGEST + 1, 10**19 - 1, 0])
def test_numbers_that_no_letter_has_yet(key):
    assert bounced_delivery(envelope_sender(Delivery(pk=key), SENDER)) is None


def test_the_largest_number_that_there_is_finds_its_letter(letter):
    Delivery.objects.filter(pk=letter.pk).update(id=LARGEST)
    largest = Delivery.objects.get(pk=LARGEST)
    address = envelope_sender(largest, SENDER)
    assert bounced_delivery(address) == largest
    assert len(address.partition("@")[0]) <= 64


def test_bounces_of_letters_sent_with_the_key_before_are_known_until_it_is_dropped(
    settings, letter
):
    before = envelope_sender(letter, SENDER)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    after = envelope_sender(letter, SENDER)
    assert after != before
    assert bounced_delivery(before) == bounced_delivery(after) == letter
    settings.SECRET_KEY_FALLBACKS = []
    assert bounced_delivery(before) is None
    assert bounced_delivery(after) == letter
