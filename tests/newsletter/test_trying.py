"""Sending a bulletin to colleagues first."""

import pytest
from django.urls import reverse

from icrtop.mail.composing import compose
from icrtop.mail.models import Delivery, Message
from newsletter.models import Mailing, MailingList
from newsletter.segments import Segment, reach
from tests.factories.mailings import write_bulletin
from tests.factories.newsletter import SubscriberFactory, SubscriptionFactory


@pytest.fixture
def bulletin(content):
    return write_bulletin()


@pytest.fixture
def try_it(secretariat, bulletin):
    def post(addresses: str, **changed):
        answers = {"addresses": addresses, "mailing_list": MailingList.objects.first().pk}
        url = reverse("bulletins:try", args=[bulletin.pk])
        return secretariat.post(url, {**answers, **changed}, follow=True)

    return post


def sent_to() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("address", flat=True))


def test_it_offers_ones_own_address(secretariat, bulletin):
    page = secretariat.get(reverse("bulletins:try", args=[bulletin.pk]))
    assert page.context["form"].initial["addresses"] == "secretariat@example.org"


@pytest.mark.parametrize(
    "typed",
    [
        "a@example.org\nb@example.org",
        "a@example.org, b@example.org",
        " a@example.org;b@example.org A@Example.ORG ",
    ],
)
def test_addresses_are_told_apart_and_written_to_once(try_it, typed):
    try_it(typed)
    assert sent_to() == ["a@example.org", "b@example.org"]


def test_it_is_the_letter_that_readers_get_but_for_the_subject(try_it, bulletin):
    try_it("a@example.org")
    letter = compose(Delivery.objects.get()).decode()
    assert "Subject: [Test] What is new on RtoP" in letter
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in letter
    assert "[[" not in letter
    assert not Mailing.objects.exists()


def test_what_was_saved_last_is_sent_published_or_not(try_it, bulletin):
    bulletin.subject = "A draft"
    bulletin.save_revision()
    try_it("a@example.org")
    assert Message.objects.get().subject == "[Test] A draft"


def test_who_got_a_test_gets_the_bulletin_as_well(try_it, bulletin):
    reader = SubscriptionFactory(
        subscriber=SubscriberFactory(email="a@example.org"),
        mailing_list=MailingList.objects.first(),
        confirmed=True,
    )
    try_it("a@example.org")
    assert reach(bulletin, [reader.mailing_list], Segment()).letters == 1


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter at least one address."),
        ("a@example.org nobody <x>", "These are no e-mail addresses: nobody, &lt;x&gt;."),
        ("a@example.org,\nb@", "This is no e-mail address: b@."),
        (" ".join(f"a{each}@example.org" for each in range(21)), "That is more than 20 addresses."),
    ],
)
def test_what_cannot_be_written_to_is_named_beside_the_field(try_it, typed, error):
    page = try_it(typed).content.decode()
    assert error in page
    assert not Message.objects.exists()


def test_a_bulletin_that_cannot_be_sent_says_why_and_loses_nothing(secretariat, content):
    bulletin = write_bulletin(body=[("lead", {"text": "<p>Dear [[reader]],</p>"})])
    page = secretariat.post(
        reverse("bulletins:try", args=[bulletin.pk]),
        {"addresses": "a@example.org", "mailing_list": MailingList.objects.first().pk},
    )
    assert "The merge field reader has no value" in page.content.decode()
    assert page.context["form"]["addresses"].value() == "a@example.org"
    assert not Message.objects.exists()


def test_editors_may_try_their_drafts(editor, content):
    bulletin = write_bulletin(live=False)
    editor.post(
        reverse("bulletins:try", args=[bulletin.pk]),
        {"addresses": "a@example.org", "mailing_list": MailingList.objects.first().pk},
    )
    assert sent_to() == ["a@example.org"]


def test_who_may_not_edit_bulletins_may_not_try_them(staff_of, bulletin):
    url = reverse("bulletins:try", args=[bulletin.pk])
    answers = {"addresses": "a@example.org", "mailing_list": MailingList.objects.first().pk}
    assert staff_of("Membership").post(url, answers).status_code == 302
    assert not Message.objects.exists()
