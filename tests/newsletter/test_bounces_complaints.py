"""Reports of feedback loops, and letters that ask to unsubscribe."""

import pytest

from icrtop.mail.composing import sign
from icrtop.mail.models import Delivery, Suppression
from newsletter import links
from newsletter.models import Bounce, HistoryEntry, Subscription
from tests.factories.newsletter import SubscriptionFactory
from tests.newsletter.came_back import came_back, letter_to, report

pytestmark = pytest.mark.django_db

Kind = Bounce.Kind
State = Subscription.State


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.MAIL_BOUNCE_ADDRESS = "bounces@icrtop.example"


@pytest.fixture
def subscription():
    """Of somebody who is on two lists."""
    first = SubscriptionFactory(confirmed=True)
    SubscriptionFactory(subscriber=first.subscriber, confirmed=True)
    return first


def states(subscription) -> set[str]:
    return set(subscription.subscriber.subscriptions.values_list("state", flat=True))


ARF = ["arf_aol", "arf_microsoft", "arf_yahoo"]


@pytest.mark.parametrize("name", ARF)
def test_a_complaint_ends_everything_and_is_in_the_history(name, subscription):
    assert came_back(report(name, letter_to(subscription))).kind == Kind.COMPLAINT
    assert states(subscription) == {State.UNSUBSCRIBED}
    suppression = Suppression.objects.get()
    assert suppression.normalised == subscription.subscriber.normalised
    assert suppression.reason == Suppression.Reason.COMPLAINED
    kinds = HistoryEntry.objects.values_list("kind", "how")
    assert sorted(kinds) == [
        ("left", "report of spam"),
        ("left", "report of spam"),
        ("suppressed", "report of spam"),
    ]


@pytest.mark.parametrize("name", ARF)
def test_a_second_complaint_changes_nothing(name, subscription):
    delivery = letter_to(subscription)
    came_back(report("arf_yahoo", delivery))
    came_back(report(name, delivery).replace(b"1741079600", b"1741089601") + b"\n")
    assert HistoryEntry.objects.count() == 3
    assert Suppression.objects.count() == 1


def test_it_is_not_spam_does_nothing(subscription):
    assert came_back(report("arf_not_spam", letter_to(subscription))).kind == Kind.NOTICE
    assert states(subscription) == {State.CONFIRMED}
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("name", ARF)
def test_a_complaint_without_our_signature_reaches_nobody(name, subscription):
    """The address of the subscriber stands in it, unsigned: anybody can write that."""
    delivery = letter_to(subscription)
    token = sign(subscription.pk, links.LEAVE)
    forged = report(
        name,
        delivery,
        VERP="bounces+1-aaaaaaaaaaaaaaaa@icrtop.example",
        UNSUBSCRIBE=f"<https://icrtop.example/listserv/one-click/{token[:-1]}/>",
    )
    bounce = came_back(forged)
    assert bounce.kind == Kind.UNMATCHED
    assert "feedback-type: abuse" in bounce.detail
    assert states(subscription) == {State.CONFIRMED}
    assert not Suppression.objects.exists()


def test_who_has_changed_their_address_since_is_found_by_the_link(subscription):
    delivery = letter_to(subscription)
    before = delivery.normalised
    subscriber = subscription.subscriber
    subscriber.email = subscriber.normalised = "new@example.org"
    subscriber.save()
    came_back(report("arf_yahoo", delivery))
    assert states(subscription) == {State.UNSUBSCRIBED}
    assert Suppression.objects.get().normalised == before


def test_a_complaint_about_a_letter_to_no_subscriber_suppresses_its_address(subscription):
    delivery = letter_to(subscription)
    Delivery.objects.filter(pk=delivery.pk).update(normalised="jo@example.org", merge={})
    delivery.refresh_from_db()
    came_back(report("arf_yahoo", delivery, UNSUBSCRIBE=""))
    assert states(subscription) == {State.CONFIRMED}
    assert Suppression.objects.get().normalised == "jo@example.org"


def mail(subject: str, **headers: str) -> bytes:
    lines = {
        "From": "somebody.else@example.net",
        "To": "bounces@icrtop.example",
        "Subject": subject,
        **headers,
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode() + b"\n\n"


@pytest.mark.parametrize(
    "form",
    [
        *("unsubscribe {}", "Unsubscribe {}", "  unsubscribe\t{}  ", "unsubscribe\n {}"),
        "=?utf-8?q?unsubscribe?= {}",
    ],
)
def test_a_letter_with_our_token_leaves_that_list(form, subscription):
    token = sign(subscription.pk, links.LEAVE)
    bounce = came_back(mail(form.format(token)))
    assert (bounce.kind, bounce.normalised) == (
        Kind.UNSUBSCRIBE,
        subscription.subscriber.normalised,
    )
    subscription.refresh_from_db()
    assert subscription.state == State.UNSUBSCRIBED
    assert states(subscription) == {State.UNSUBSCRIBED, State.CONFIRMED}
    (entry,) = HistoryEntry.objects.all()
    assert (entry.kind, entry.how) == ("left", "letter to unsubscribe")
    assert not Suppression.objects.exists()


def test_it_is_the_address_and_the_subject_that_letters_name(subscription):
    mailto = links.leave_by_mail(sign(subscription.pk, links.LEAVE))
    assert mailto.startswith("mailto:bounces@icrtop.example?subject=unsubscribe%20")
    subject = mailto.partition("subject=")[2].replace("%20", " ")
    assert came_back(mail(subject)).kind == Kind.UNSUBSCRIBE


def test_asking_twice_is_asking_once(subscription):
    token = sign(subscription.pk, links.LEAVE)
    for message_id in ("<1@example.net>", "<2@example.net>"):
        came_back(mail(f"unsubscribe {token}", **{"Message-ID": message_id}))
    assert Bounce.objects.filter(kind=Kind.UNSUBSCRIBE).count() == 2
    assert HistoryEntry.objects.count() == 1


@pytest.mark.parametrize(
    "form",
    [
        *("unsubscribe", "unsubscribe {} everything", "Re: unsubscribe {}", "{}", "subscribe {}"),
        *("please unsubscribe {}", "unsubscribe {}x", "unsubscribe x{}", "unsubscribe everything"),
        "unsubscribe jo@example.org",
    ],
)
def test_nothing_else_in_a_subject_is_obeyed_and_staff_see_it(form, subscription):
    subject = form.format(sign(subscription.pk, links.LEAVE))
    bounce = came_back(mail(subject))
    assert bounce.kind in (Kind.UNKNOWN, Kind.UNMATCHED)
    assert "somebody.else@example.net" in bounce.excerpt
    assert states(subscription) == {State.CONFIRMED}


@pytest.mark.parametrize("salt", [links.PREFERENCES, links.CONFIRM, "anything"])
def test_a_token_for_something_else_leaves_nothing(salt, subscription):
    came_back(mail(f"unsubscribe {sign(subscription.pk, salt)}"))
    assert states(subscription) == {State.CONFIRMED}


def test_a_token_of_nobody_leaves_nothing(subscription):
    assert came_back(mail(f"unsubscribe {sign(links.NOBODY, links.LEAVE)}")).kind == Kind.UNMATCHED
    assert states(subscription) == {State.CONFIRMED}
