"""Who wants to be erased is: what stays are numbers, and a code that leads back to nobody."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from icrtop.mail import control
from icrtop.mail.composing import compose
from icrtop.mail.erasing import is_erased as is_erased_letter
from icrtop.mail.models import Delivery, Message, State, Suppression
from newsletter import links
from newsletter.models import (
    Bounce,
    Consent,
    ErasedAddress,
    HistoryEntry,
    ImportRow,
    Subscriber,
    SubscriberImport,
    Subscription,
)
from newsletter.services.erasing import digest, digests, erase, is_erased
from newsletter.services.subscribing import join
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.factories.newsletter import ConsentFactory, SubscriberFactory
from tests.newsletter.conftest import csrf_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page")]

JO, KIM = "jo@example.org", "kim@example.org"


def test_erasing_takes_a_page_that_explains_it_and_a_button(strict_client, jo, link):
    page = strict_client.get(f"{link}erase/")
    assert "This cannot be undone" in page.text
    assert Subscriber.objects.exists()
    done = strict_client.post(f"{link}erase/", {"csrfmiddlewaretoken": csrf_token(page)})
    assert done.status_code == 303
    assert "The listserv writes to you no more" in strict_client.get(done["Location"]).text
    assert not Subscriber.objects.exists()
    assert not Subscription.objects.exists()
    for where in (link, f"{link}erase/"):
        answer = strict_client.get(where)
        assert answer.status_code == 410
        assert "There is nothing here any more" in answer.text


def test_nothing_leads_back_to_the_address(jo, lists):
    """Every column of every table is searched for the address and the name."""
    jo.name = "Joanna Unmistakable"
    jo.save()
    ConsentFactory(subscriber=jo, choices={"name": jo.name})
    single = DeliveryFactory(
        message__purpose="newsletter.address",
        message__text=f"Instead of {JO}",
        message__html=f"<p>Instead of {JO}</p>",
        address="Jo@Example.org",
        name=jo.name,
        state=State.SENT,
        server_reply=f"250 <{JO}> accepted",
    )
    bulletin = MessageFactory(list_id="bulletin", purpose="newsletter.bulletin")
    DeliveryFactory(message=bulletin, address=JO, merge={"leave": 7}, state=State.SENT)
    control.suppress(JO, Suppression.Reason.BOUNCED, note=f"{JO} is full")
    Bounce.objects.create(kind="hard", normalised=JO, detail=f"550 <{JO}>", digest="1")
    upload = SubscriberImport.objects.create(file_name="a.csv", source="a fair", language="en")
    ImportRow.objects.create(batch=upload, line=2, verdict="known", email="Jo@x", normalised=JO)

    erase(jo, how="preference page")
    assert [where for where in everywhere() if finds(where, "jo@example.org")] == []
    assert [where for where in everywhere() if finds(where, "unmistakable")] == []
    single.refresh_from_db()
    assert single.state == State.SENT
    assert (single.name, single.merge) == ("", {})
    # A letter to many is still what it was.
    bulletin.refresh_from_db()
    assert bulletin.text == MessageFactory.build().text


def everywhere() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN"
            " ('text', 'character varying', 'jsonb', 'json')"
        )
        return cursor.fetchall()


def finds(where: tuple[str, str], text: str) -> bool:
    table, column = (connection.ops.quote_name(name) for name in where)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {column}::text ILIKE %s)",  # noqa: S608 # from the catalogue
            [f"%{text}%"],
        )
        return cursor.fetchone()[0]


def test_the_search_of_these_tests_finds_what_is_there(jo):
    assert ("newsletter_subscriber", "normalised") in [
        where for where in everywhere() if finds(where, JO)
    ]


def test_the_history_stays_as_numbers(jo, lists):
    join(jo, [lists["events"]], how="test")
    erase(jo, how="preference page")
    entries = HistoryEntry.objects.order_by("pk")
    assert set(entries.values_list("subscriber", flat=True)) == {None}
    kinds = [(each.kind, each.mailing_list.slug) for each in entries]
    assert kinds[0] == ("joined", "events")
    assert sorted(kinds[1:]) == [
        ("left", "bulletin"),
        ("left", "country-alerts"),
        ("left", "events"),
    ]


def test_what_waits_is_not_sent(jo):
    waiting = [
        DeliveryFactory(address=JO, message__list_id="bulletin"),
        DeliveryFactory(address=JO, message__purpose="newsletter.confirm", state=State.DEFERRED),
        DeliveryFactory(
            address=JO,
            message__list_id="bulletin",
            state=State.CLAIMED,
            token=uuid.uuid4(),
            lease_until=Now() + timedelta(minutes=5),
        ),
    ]
    erase(jo, how="test")
    for letter in waiting:
        letter.refresh_from_db()
        assert letter.state == State.CANCELLED
        assert letter.lease_until is None
        assert is_erased_letter(letter)


def test_what_is_leaving_or_has_perhaps_left_is_not_tried_again(jo):
    leaving = DeliveryFactory(
        address=JO,
        message__purpose="newsletter.confirm",
        state=State.SENDING,
        token=uuid.uuid4(),
        lease_until=Now() + timedelta(minutes=5),
    )
    perhaps = DeliveryFactory(address=JO, message__list_id="bulletin", state=State.UNCERTAIN)
    erase(jo, how="test")
    for letter in (leaving, perhaps):
        before = letter.state
        letter.refresh_from_db()
        assert (letter.state, letter.withdrawn) == (before, True)
    assert control.send_again(perhaps.message) == 0


def test_letters_of_the_same_message_stay_two_letters(jo):
    bulletin = MessageFactory(list_id="bulletin")
    kim = SubscriberFactory(email=KIM)
    for address in (JO, KIM):
        DeliveryFactory(message=bulletin, address=address, state=State.SENT)
    erase(jo, how="test")
    erase(kim, how="test")
    assert bulletin.deliveries.filter(state=State.SENT).count() == 2
    assert len(set(bulletin.deliveries.values_list("normalised", flat=True))) == 2


def test_a_blanked_letter_can_still_be_shown(jo):
    letter = DeliveryFactory(address=JO, message__purpose="newsletter.confirm", state=State.SENT)
    erase(jo, how="test")
    letter = Delivery.objects.select_related("message").get(pk=letter.pk)
    assert b"was erased together with its recipient" in compose(letter)


def test_other_people_and_other_letters_are_left_alone(jo):
    kim = SubscriberFactory(email=KIM)
    consent = ConsentFactory(subscriber=kim)
    hers = DeliveryFactory(address=KIM, message__purpose="newsletter.confirm")
    # Of an application to join, which is no part of the listserv.
    applicant = DeliveryFactory(address=JO, message__purpose="members.application_received")
    before = list(Message.objects.order_by("pk").values())
    erase(jo, how="test")
    for letter, address in ((hers, KIM), (applicant, JO)):
        letter.refresh_from_db()
        assert (letter.normalised, letter.state) == (address, State.PENDING)
    assert list(Message.objects.order_by("pk").values()) == before
    assert Consent.objects.get() == consent
    assert Subscriber.objects.get() == kim


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        (None, "asked"),
        (Suppression.Reason.BOUNCED, "bounced"),
        (Suppression.Reason.COMPLAINED, "complained"),
        (Suppression.Reason.STAFF, "asked"),
    ],
)
def test_the_reason_is_kept_with_the_hash_and_not_the_address(jo, reason, kept):
    if reason:
        control.suppress(JO, reason)
    erase(jo, how="test")
    erased = ErasedAddress.objects.get()
    assert (erased.digest, erased.reason) == (digest(JO), kept)
    assert not Suppression.objects.exists()
    assert is_erased(JO)
    assert not is_erased(KIM)


def test_a_hash_is_known_again_under_an_older_key_and_not_without_it(jo, settings):
    erase(jo, how="test")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert is_erased(JO)
    assert digests(JO)[0] == digest(JO)
    # Erased anew, it is not kept twice.
    erase(SubscriberFactory(email=JO), how="test")
    assert ErasedAddress.objects.count() == 1
    settings.SECRET_KEY_FALLBACKS = []
    assert not is_erased(JO)


def test_erased_twice_is_erased(jo):
    erase(jo, how="test")
    erase(jo, how="test")
    assert ErasedAddress.objects.count() == 1


def test_who_has_an_address_that_is_none_is_erased_all_the_same():
    erase(SubscriberFactory(email="jo", normalised="jo"), how="test")
    assert not Subscriber.objects.exists()
    assert is_erased("jo")


def test_links_in_letters_of_the_erased_do_no_harm(client, jo):
    leave = links.one_click_url(jo.subscriptions.first())
    erase(jo, how="test")
    assert client.post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.get(leave, follow=True).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_erase_once(jo):
    def press(_number: int) -> None:
        try:
            erase(Subscriber(pk=jo.pk, email=JO, normalised=JO), how="test")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(press, range(6)))
    assert ErasedAddress.objects.count() == 1
    assert HistoryEntry.objects.filter(kind="left").count() == 2
