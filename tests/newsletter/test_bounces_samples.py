"""The mails by which anyone can try what becomes of bounces."""

import mailbox

import pytest
from django.core.management import CommandError, call_command

from icrtop.mail.models import State, Suppression
from newsletter.bounces.samples import SAMPLES
from newsletter.models import Bounce, Subscription
from tests.factories.mail import DeliveryFactory
from tests.newsletter.came_back import came_back, letter

pytestmark = pytest.mark.django_db

Kind = Bounce.Kind
EXPECTED = {
    "hard": Kind.HARD,
    "soft": Kind.SOFT,
    "out-of-office": Kind.AUTO_REPLY,
    "forged": Kind.UNMATCHED,
    "complaint": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
}


@pytest.fixture(autouse=True)
def local_site(settings, tmp_path):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@localhost"
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path}/bounces"
    settings.DEV_MAIL_DIR = tmp_path


def test_each_sample_is_taken_for_what_it_is_to_be():
    assert {name: came_back(write(letter())).kind for name, write in SAMPLES.items()} == EXPECTED


def test_each_letter_comes_back_in_its_own_way(capsys):
    letters = [letter() for _sample in SAMPLES]
    DeliveryFactory(state=State.SENT)  # Not to a list.
    call_command("sample_bounces", read=True)
    newest_first = [each.normalised for each in reversed(letters)]
    expected = dict(zip(newest_first, EXPECTED.values(), strict=True))
    # Nobody knows what letter the forged one is about.
    expected[""] = expected.pop(newest_first[list(EXPECTED).index("forged")])
    assert dict(Bounce.objects.values_list("normalised", "kind")) == expected
    assert Suppression.objects.count() == 2
    assert Subscription.objects.filter(state="unsubscribed").count() == 2
    assert newest_first[0] in capsys.readouterr().out


def test_one_letter_is_enough_and_nothing_is_read_unasked(tmp_path):
    letter()
    call_command("sample_bounces")
    assert len(mailbox.Maildir(tmp_path / "bounces")) == len(SAMPLES)
    assert not Bounce.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MAIL_BOUNCE_ADDRESS", "", "not set"),
        ("BOUNCE_MAILBOX", "imaps://jo:secret@mail.example.org", "no Maildir"),
    ],
)
def test_it_says_what_is_missing(settings, name, value, says):
    letter()
    setattr(settings, name, value)
    with pytest.raises(CommandError, match=says):
        call_command("sample_bounces")


def test_it_says_that_nothing_was_sent_yet():
    with pytest.raises(CommandError, match="Send a bulletin first"):
        call_command("sample_bounces")


def test_on_a_server_it_does_nothing(settings, tmp_path):
    letter()
    del settings.DEV_MAIL_DIR
    with pytest.raises(CommandError, match="development settings only"):
        call_command("sample_bounces")
    assert not (tmp_path / "bounces").exists()
