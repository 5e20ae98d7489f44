"""Letters to another address: confirmed there, and two subscribers become one."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import signing
from django.db import DatabaseError, connection, transaction

from icrtop.mail.composing import sign
from icrtop.mail.models import Delivery, State
from newsletter import links
from newsletter.choices import Choices
from newsletter.models import Consent, ErasedAddress, HistoryEntry, Subscriber, Subscription
from newsletter.services import addresses
from newsletter.services.erasing import digest, is_erased
from tests.factories.mail import DeliveryFactory
from tests.factories.newsletter import ConsentFactory, SubscriberFactory, SubscriptionFactory
from tests.newsletter.conftest import kinds_of, link_in, states_of, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page")]

JO, NEW = "jo@example.org", "Jo.N@bücher.example"
NORMALISED = "jo.n@xn--bcher-kva.example"


def ask(client, link, email=NEW):
    return client.post(f"{link}address/", {"email": email})


@pytest.fixture
def other(jo, lists) -> Subscriber:
    """Who has the new address already: has left the bulletin, is on the events, follows Sudan."""
    other = SubscriberFactory(email=NEW, normalised=NORMALISED, topics=["national"])
    other.countries.set(["SD"])
    SubscriptionFactory(subscriber=other, mailing_list=lists["bulletin"], unsubscribed=True)
    SubscriptionFactory(subscriber=other, mailing_list=lists["events"], confirmed=True)
    return other


def test_a_new_address_counts_when_it_is_confirmed_there(client, jo, link):
    waiting = DeliveryFactory(message__list_id="bulletin", address=JO)
    answer = ask(client, link)
    assert "We have sent a letter to the new address" in client.get(answer["Location"]).text
    letter = Delivery.objects.latest("pk")
    assert letter.normalised == NORMALISED
    assert JO not in letter.message.text + letter.message.html
    new_link = link_in(letter)
    page = client.get(new_link).text
    assert NEW in page
    assert JO not in page
    assert "RtoP Bulletin" in page
    jo.refresh_from_db()
    assert jo.normalised == JO

    done = client.post(new_link)
    assert done.status_code == 303
    jo.refresh_from_db()
    assert (jo.email, jo.normalised) == (NEW, NORMALISED)
    assert kinds_of(NORMALISED) == ["moved"]
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELLED
    notice = Delivery.objects.latest("pk")
    assert (notice.normalised, notice.message.purpose) == (JO, "newsletter.moved")
    assert NEW not in notice.message.text
    assert "Done: this is the address that we write to" in client.get(done["Location"]).text
    # Pressed twice, it is done, and nobody is told again.
    assert client.post(new_link).status_code == 303
    assert Delivery.objects.latest("pk") == notice


def test_the_address_must_be_another_one_that_can_be_written_to(client, jo, link):
    for email, says in {
        "JO@EXAMPLE.org": "the address that we write to already",
        "": "Enter the e-mail address",
        "x": "valid email address",
        "Jo.Ñ@bücher.example": "valid email address",
        f"{NEW}\r\nBcc: x@example.org": "valid email address",
    }.items():
        page = ask(client, link, email)
        assert page.status_code == 200
        assert says in page.text, email
        assert "There is a problem" in page.text
    assert not Delivery.objects.exists()


def test_an_erased_address_that_somebody_moves_to_is_welcome(client, jo, link):
    ErasedAddress.objects.create(digest=digest(NORMALISED), reason="asked")
    ask(client, link)
    assert is_erased(NORMALISED)
    client.post(link_in(Delivery.objects.get()))
    assert not is_erased(NORMALISED)


def test_the_old_address_is_not_imported_again_and_welcome_if_its_owner_goes_back(client, jo, link):
    ask(client, link)
    client.post(link_in(Delivery.objects.get()))
    assert is_erased(JO)
    assert ErasedAddress.objects.get().reason == "moved"
    jo.refresh_from_db()
    ask(client, links.preferences_url(jo), JO)
    client.post(link_in(Delivery.objects.latest("pk")))
    assert not is_erased(JO)
    assert is_erased(NORMALISED)


def test_who_has_moved_meanwhile_is_not_moved_by_an_older_letter(client, jo, link):
    ask(client, link, "first@example.org")
    ask(client, link, "second@example.org")
    first, second = (link_in(each) for each in Delivery.objects.order_by("pk"))
    assert client.post(second).status_code == 303
    for answer in (client.get(first), client.post(first)):
        assert answer.status_code == 404
    jo.refresh_from_db()
    assert jo.normalised == "second@example.org"


def test_letters_at_the_old_address_open_the_preferences_no_more(client, jo, link):
    from_yesterday = links.address(
        "preferences", sign([jo.pk, signed_day(link) - 1], links.PREFERENCES), "en"
    )
    assert client.get(from_yesterday).status_code == 200
    ask(client, link)
    client.post(link_in(Delivery.objects.get()))
    assert client.get(from_yesterday).status_code == 410
    # What a list must always allow: whoever gets its letters can leave it.
    assert client.get(links.leave_url(jo.subscriptions.first())).status_code == 200


def signed_day(link: str) -> int:
    return signing.Signer(salt=links.PREFERENCES).unsign_object(token_of(link))[1]


def test_a_link_to_confirm_an_address_is_good_for_a_week(client, jo, monkeypatch):
    link, clock = links.address_url(jo, NEW), time.time
    age = links.ADDRESS_SECONDS + 60
    monkeypatch.setattr("django.core.signing.time.time", lambda: clock() + age)
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410
    jo.refresh_from_db()
    assert jo.normalised == JO


def test_a_forged_link_moves_nobody(client, jo):
    link = links.address_url(jo, NEW)
    for token in (
        token_of(link)[:-1],
        signing.dumps([jo.pk, "", NEW], salt=links.ADDRESS),
        signing.dumps([jo.pk, "", NEW], salt=links.EXPORT),
        token_of(links.preferences_url(jo)),
        token_of(links.export_url(jo)),
        "x",
    ):
        for method in (client.get, client.post):
            assert method(link.replace(token_of(link), token)).status_code == 404
    jo.refresh_from_db()
    assert jo.normalised == JO


def test_a_link_of_somebody_who_was_erased_moves_nobody(client, jo):
    link = links.address_url(jo, NEW)
    jo.delete()
    assert client.post(link).status_code == 404
    assert not Subscriber.objects.exists()


def test_two_subscribers_become_one_and_nothing_is_lost(client, jo, link, other, lists):
    given = ConsentFactory(subscriber=jo, mailing_lists=[lists["country-alerts"]])
    Consent.objects.filter(pk=given.pk).update(confirmed_at=given.given_at)
    client.post(link, {"lists": ["bulletin", "country-alerts"], "places": ["ML", "002"]})
    before = HistoryEntry.objects.count()
    ask(client, link)
    letter = link_in(Delivery.objects.latest("pk"))
    page = client.get(letter).text
    assert "You are known to us at both addresses" in page
    assert "stay off them" in page
    client.post(letter)

    one = Subscriber.objects.get()
    assert one == other
    assert states_of(NORMALISED) == {
        "bulletin": "unsubscribed",  # It was left at this address.
        "country-alerts": "confirmed",
        "events": "confirmed",
    }
    choices = Choices.of(one)
    assert (choices.countries, choices.regions) == ({"ML", "SD"}, {"002"})
    assert choices.topics == {"national"}
    # How often was said by the one who got the alerts.
    assert choices.frequency == "daily"
    assert Consent.objects.get(pk=given.pk).subscriber == one
    assert HistoryEntry.objects.filter(subscriber=one).count() == before + 1
    assert client.get(letter).status_code == 200
    assert client.post(letter).status_code == 303


def test_whoever_asked_first_at_the_new_address_is_confirmed_by_moving_there(
    client, jo, link, lists
):
    other = SubscriberFactory(email=NEW, normalised=NORMALISED, name="A stranger's idea")
    SubscriptionFactory(subscriber=other, mailing_list=lists["bulletin"])
    ask(client, link)
    client.post(link_in(Delivery.objects.get()))
    assert states_of(NORMALISED) == {
        "bulletin": "confirmed",
        "country-alerts": "confirmed",
        "events": "pending",
    }
    assert Choices.of(Subscriber.objects.get()).name == "Jo"


def test_old_letters_to_either_address_can_still_be_left(client, jo, link, other, lists):
    events = SubscriptionFactory.build().State
    Subscription.objects.filter(subscriber=jo, mailing_list=lists["events"]).update(
        state=events.CONFIRMED, confirmed_at=jo.created
    )
    to_leave = {
        each.mailing_list.slug: links.one_click_url(each)
        for each in jo.subscriptions.select_related("subscriber", "mailing_list")
    }
    ask(client, link)
    client.post(link_in(Delivery.objects.get()))
    assert states_of(NORMALISED)["events"] == "confirmed"
    for slug in ("events", "country-alerts"):
        page = client.get(to_leave[slug], follow=True)
        assert page.status_code == 200
        client.post(to_leave[slug], {"List-Unsubscribe": "One-Click"})
        assert states_of(NORMALISED)[slug] == "unsubscribed"


def test_links_last_through_two_moves(client, jo, other, lists):
    third = SubscriberFactory(email="third@example.org")
    SubscriptionFactory(subscriber=third, mailing_list=lists["events"], confirmed=True)
    first_letter = links.one_click_url(jo.subscriptions.get(mailing_list=lists["events"]))
    addresses.move(links.address_change_of(token_of(links.address_url(jo, NEW))))
    other.refresh_from_db()
    addresses.move(links.address_change_of(token_of(links.address_url(other, "third@example.org"))))
    assert Subscriber.objects.get() == third
    client.post(first_letter, {"List-Unsubscribe": "One-Click"})
    assert states_of("third@example.org")["events"] == "unsubscribed"


def test_records_move_by_uniting_alone(jo, other):
    consent = ConsentFactory(subscriber=jo)
    entry = HistoryEntry.objects.create(subscriber=jo, kind="chose", how="test")
    for rows in (
        Consent.objects.filter(pk=consent.pk),
        HistoryEntry.objects.filter(pk=entry.pk),
    ):
        with pytest.raises(DatabaseError, match="are a record"), transaction.atomic():
            rows.update(subscriber=other)
    addresses.move(links.address_change_of(token_of(links.address_url(jo, NEW))))
    # Also in the same transaction, right afterwards.
    with pytest.raises(DatabaseError, match="are a record"), transaction.atomic():
        Consent.objects.filter(pk=consent.pk).update(subscriber=SubscriberFactory())


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_move_once(jo, other):
    change = links.address_change_of(token_of(links.address_url(jo, NEW)))

    def press(_number: int) -> None:
        try:
            addresses.move(change)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(press, range(6)))
    assert Subscriber.objects.get() == other
    assert kinds_of(NORMALISED) == ["moved"]
    assert Delivery.objects.filter(message__purpose="newsletter.moved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_move_to_one_address_at_once_are_united(lists):
    pair = [SubscriberFactory(email=f"{name}@example.org") for name in ("a", "b")]
    for subscriber, slug in zip(pair, ("bulletin", "events"), strict=True):
        SubscriptionFactory(subscriber=subscriber, mailing_list=lists[slug], confirmed=True)
    changes = [links.address_change_of(token_of(links.address_url(each, NEW))) for each in pair]

    def press(change: links.AddressChange) -> None:
        try:
            addresses.move(change)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(press, changes))
    assert states_of(NORMALISED) == {"bulletin": "confirmed", "events": "confirmed"}
    assert Subscriber.objects.count() == 1
