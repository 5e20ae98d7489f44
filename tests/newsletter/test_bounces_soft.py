"""When letters that come back for now are enough."""

from datetime import timedelta

import pytest
from django.utils import timezone

from icrtop.mail.models import Delivery, Suppression
from newsletter.models import Bounce, HistoryEntry
from tests.factories.newsletter import SubscriptionFactory
from tests.newsletter.came_back import came_back, letter_to, report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"


@pytest.fixture
def subscription():
    return SubscriptionFactory(confirmed=True)


def sent(subscription, days_ago: float) -> Delivery:
    """A letter that the mail server took so many days ago."""
    return letter_to(subscription, changed=timezone.now() - timedelta(days=days_ago))


def soft(delivery: Delivery) -> Bounce:
    return came_back(report("mailbox_full", delivery))


def is_suppressed(subscription) -> bool:
    return Suppression.objects.filter(normalised=subscription.subscriber.normalised).exists()


def test_letters_of_four_days_are_not_enough_and_a_fifth_is(subscription):
    for days_ago in (28, 21, 14, 7):
        soft(sent(subscription, days_ago))
    assert not is_suppressed(subscription)
    soft(sent(subscription, 0.01))
    assert Suppression.objects.get().reason == Suppression.Reason.BOUNCED
    (entry,) = HistoryEntry.objects.all()
    assert entry.kind == HistoryEntry.Kind.SUPPRESSED


def test_many_letters_of_a_day_count_once(subscription):
    for minutes in range(8):
        soft(sent(subscription, 3 + minutes / 10_000))
    assert Bounce.objects.filter(kind=Bounce.Kind.SOFT).count() == 8
    assert not is_suppressed(subscription)


def test_many_reports_of_a_letter_count_once(subscription):
    for days_ago in (5, 4, 3):
        soft(sent(subscription, days_ago))
    last = sent(subscription, 2)
    for name in ("mailbox_full", "gmail_over_quota", "postfix_expired", "exchange_full"):
        came_back(report(name, last))
    assert not is_suppressed(subscription)


def test_a_letter_that_arrived_begins_the_count_anew(subscription):
    for days_ago in (9, 8, 7):
        soft(sent(subscription, days_ago))
    sent(subscription, 6)
    for days_ago in (5, 4, 3, 2):
        soft(sent(subscription, days_ago))
    assert not is_suppressed(subscription)
    soft(sent(subscription, 1))
    assert is_suppressed(subscription)


def test_reports_may_come_late_and_in_any_order(subscription):
    """Servers try for days: a letter seems to have arrived until its report comes."""
    letters = [sent(subscription, days_ago) for days_ago in (9, 8, 7, 6, 5)]
    for delivery in reversed(letters[1:]):
        soft(delivery)
        assert not is_suppressed(subscription)
    # Sent after all of these, and perhaps still under way.
    sent(subscription, 1)
    soft(letters[0])
    assert is_suppressed(subscription)


def test_what_is_older_than_thirty_days_counts_no_more(subscription):
    for days_ago in (33, 20, 15, 10, 5):
        soft(sent(subscription, days_ago))
    assert not is_suppressed(subscription)


def test_delays_and_refusals_by_policy_never_count(subscription):
    for days_ago in range(1, 9):
        delivery = sent(subscription, days_ago)
        came_back(report("greylist_delay", delivery))
        came_back(report("office365_policy", delivery))
        came_back(report("vacation", delivery))
    assert Bounce.objects.count() == 24
    assert not is_suppressed(subscription)


def test_refusals_by_policy_in_between_are_no_letters_that_arrived(subscription):
    for days_ago in (9, 7, 5, 3):
        soft(sent(subscription, days_ago))
        came_back(report("office365_policy", sent(subscription, days_ago - 1)))
    soft(sent(subscription, 1))
    assert is_suppressed(subscription)


def test_letters_to_others_are_counted_apart(subscription):
    other = SubscriptionFactory(confirmed=True)
    for days_ago in (5, 4, 3):
        soft(sent(subscription, days_ago))
        soft(sent(other, days_ago))
    assert not Suppression.objects.exists()
