"""What is chosen beside the lists: kept with the consent, and applied when that is confirmed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.utils import timezone

from icrtop.mail.models import Delivery
from icrtop.places.models import Country, Region
from newsletter import links
from newsletter.choices import Choices
from newsletter.models import Consent, ErasedAddress, MailingList, Subscriber, Subscription
from newsletter.places import PlacesField
from newsletter.services import subscribing
from newsletter.services.erasing import digest, is_erased
from newsletter.services.leaving import unsubscribe
from tests.factories.newsletter import ConsentFactory, SubscriberFactory, SubscriptionFactory
from tests.factories.pages import SituationIndexPageFactory, SituationPageFactory
from tests.newsletter.conftest import kinds_of, link_in, states_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page", "lists")]

JO = "jo@example.org"
ALERTS = {
    "email": JO,
    "places": ["ML", "SD", "002", "014"],
    "topics": ["un"],
    "frequency": "daily",
    "language": "fr",
    "name": "Jo Ñúñez",
}


def confirm_letter(client):
    """Press the button behind the link of the last letter."""
    return client.post(link_in(Delivery.objects.latest("pk")))


def choices_of(email: str = JO) -> Choices:
    return Choices.of(Subscriber.objects.get(normalised=email))


def test_an_address_is_all_that_is_needed(client):
    body = unescape(client.get("/subscribe/").content.decode())
    assert "If you tick none, you get the first: RtoP Bulletin." in body
    client.post("/subscribe/", {"email": JO})
    confirm_letter(client)
    assert states_of(JO) == {"bulletin": "confirmed"}
    assert choices_of() == Choices(frequency="weekly", language="en")


def test_what_is_followed_is_kept_with_the_consent_and_shown_and_applied(client):
    client.post("/subscribe/", ALERTS)
    nothing_yet = Choices(frequency="weekly", language="en")
    assert choices_of() == nothing_yet
    page = unescape(client.get(link_in(Delivery.objects.get())).content.decode())
    for words in (
        "Country alerts",
        "Mali",
        "Sudan",
        "Africa (whole region)",
        "Eastern Africa (whole region)",
        "Developments at the United Nations",
        "Once a day",
        "French",
        "Jo Ñúñez",
    ):
        assert words in page
    assert "RtoP Bulletin" not in page.partition("<main")[2].partition("</main>")[0]
    assert choices_of() == nothing_yet
    confirm_letter(client)
    assert states_of(JO) == {"country-alerts": "confirmed"}
    assert choices_of() == Choices(
        countries=frozenset({"ML", "SD"}),
        regions=frozenset({"002", "014"}),
        topics=frozenset({"un"}),
        frequency="daily",
        language="fr",
        name="Jo Ñúñez",
    )
    assert kinds_of(JO) == ["asked", "joined", "chose"]


def test_the_list_of_alerts_alone_means_every_situation(client):
    assert "you get every change of a country situation" in client.get("/subscribe/").text
    client.post("/subscribe/", {"email": JO, "lists": ["country-alerts", "events"]})
    confirm_letter(client)
    assert states_of(JO) == {"country-alerts": "confirmed", "events": "confirmed"}
    assert choices_of().topics == {"situations"}


def test_how_often_is_not_kept_where_there_are_no_alerts(client):
    client.post("/subscribe/", {"email": JO, "lists": ["events"], "frequency": "daily"})
    assert Consent.objects.get().choices == {}
    client.post("/subscribe/", {"email": JO, "lists": ["events"], "language": "sw"})
    assert Consent.objects.latest("pk").choices == {"language": "sw"}


def test_a_stranger_changes_nothing_of_a_confirmed_subscriber(client):
    client.post("/subscribe/", ALERTS)
    confirm_letter(client)
    before = Subscriber.objects.values().get(), choices_of(), states_of(JO)
    strangers = {"places": ["CF"], "topics": ["publications"], "frequency": "at_once"}
    client.post("/subscribe/", {**strangers, "email": JO, "language": "ru", "name": "Nobody"})
    client.post("/subscribe/", {**strangers, "email": JO, "lists": ["events"]})
    after = states_of(JO)
    assert after.pop("events") == "pending"
    assert (Subscriber.objects.values().get(), choices_of(), after) == before


def test_more_to_follow_is_added_when_it_is_confirmed_and_nothing_is_lost(client):
    client.post("/subscribe/", ALERTS)
    confirm_letter(client)
    client.post("/subscribe/", {"email": JO, "places": ["CF"], "frequency": "weekly"})
    letter = Delivery.objects.latest("pk").message
    assert letter.subject == "Please confirm your subscription"
    confirm_letter(client)
    after = choices_of()
    assert after.countries == {"ML", "SD", "CF"}
    assert (after.topics, after.frequency, after.language) == ({"un"}, "weekly", "fr")
    assert after.name == "Jo Ñúñez"


def test_who_follows_all_of_it_already_is_told_so(client):
    client.post("/subscribe/", ALERTS)
    confirm_letter(client)
    client.post("/subscribe/", {"email": JO, "places": ["ML"]})
    assert Delivery.objects.latest("pk").message.subject == "You are subscribed already"
    assert Consent.objects.count() == 1


def test_a_letter_older_than_the_leaving_puts_nobody_on_the_list_again(client, lists):
    client.post("/subscribe/", ALERTS)
    unsubscribe(Subscriber.objects.get(), how="test")
    page = client.get(link_in(Delivery.objects.get())).text
    assert "You have left these lists since" in page
    assert "csrfmiddlewaretoken" not in page
    confirm_letter(client)
    assert states_of(JO) == {"country-alerts": "unsubscribed"}
    assert Consent.objects.get().confirmed_at is None
    assert choices_of().countries == set()


def test_asking_anew_keeps_what_was_left_until_it_is_confirmed(client, lists):
    client.post("/subscribe/", {"email": JO, "lists": ["events"]})
    confirm_letter(client)
    unsubscribe(Subscriber.objects.get(), how="test")
    client.post("/subscribe/", {"email": JO, "lists": ["events"]})
    # Anybody could have asked: that Jo has left is not to be forgotten for it.
    assert states_of(JO) == {"events": "unsubscribed"}
    confirm_letter(client)
    assert states_of(JO) == {"events": "confirmed"}
    assert kinds_of(JO) == ["asked", "joined", "left", "asked", "joined"]


def test_what_is_no_country_any_more_is_left_out(client):
    consent = ConsentFactory(
        mailing_lists=[MailingList.objects.get(slug="country-alerts")],
        choices={"countries": ["ML", "XX"], "regions": ["000"], "topics": ["old"], "colour": "red"},
    )
    assert subscribing.confirm(consent)
    choices = Choices.of(consent.subscriber)
    assert (choices.countries, choices.regions, choices.topics) == ({"ML"}, set(), set())


def test_whoever_was_erased_and_confirms_is_welcome_again(client):
    ErasedAddress.objects.create(digest=digest(JO), reason=ErasedAddress.Reason.BOUNCED)
    client.post("/subscribe/", {"email": JO})
    assert is_erased(JO)
    confirm_letter(client)
    assert not is_erased(JO)


def test_without_a_public_list_of_alerts_nothing_is_offered_to_follow(client):
    MailingList.objects.filter(sends_alerts=True).update(is_public=False)
    page = client.get("/subscribe/").text
    assert 'name="places"' not in page
    client.post("/subscribe/", ALERTS)
    assert Consent.objects.get().choices == {"language": "fr", "name": "Jo Ñúñez"}
    assert states_of(JO) == {"bulletin": "pending"}


def test_without_any_public_list_the_page_says_so(client):
    MailingList.objects.update(is_public=False)
    assert "There is no list to subscribe to at present" in client.get("/subscribe/").text
    client.post("/subscribe/", {"email": JO})
    assert not Subscriber.objects.exists()


def test_countries_with_a_situation_come_first_and_each_is_there_once(client):
    index = SituationIndexPageFactory()
    SituationPageFactory(parent=index, country_id="SD")
    SituationPageFactory(parent=index, country_id="ML", live=False)
    page = client.get("/subscribe/").text
    first = page.partition('class="accordion')[0]
    assert 'value="SD"' in first
    assert 'value="ML"' not in first
    field = PlacesField()
    field.load()
    for code in field.codes:
        assert page.count(f'value="{code}"') == 1
    assert len(field.codes) == Country.objects.count() + Region.objects.count()
    assert page.count("<details") == 5 + 1  # The regions, and the menu.


def test_a_region_with_a_tick_is_open_after_a_mistake(client):
    page = client.post("/subscribe/", {"email": "", "places": ["ML"]}).text
    (opened,) = [part for part in page.split("<details")[1:] if part.startswith(" open")]
    assert "<summary>Africa</summary>" in opened
    assert 'value="ML" checked' in opened


def test_the_page_says_what_is_agreed_to_in_the_language_of_the_visitor(client, monkeypatch):
    client.post("/subscribe/", {**ALERTS, "language": "ar"})
    consent = Consent.objects.get()
    # Arabic letters are wanted, yet the words that were read are those of the page.
    assert consent.wording.startswith("By pressing “Subscribe” you agree")


def test_a_link_to_confirm_does_not_outlive_a_change_of_address(client):
    consent = ConsentFactory(mailing_lists=[MailingList.objects.get(slug="events")])
    link = links.confirm_url(consent)
    Subscriber.objects.update(email="other@example.org", normalised="other@example.org")
    assert client.post(link).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_confirmation():
    subscription = SubscriptionFactory(mailing_list=MailingList.objects.get(slug="events"))
    consent = ConsentFactory(
        subscriber=subscription.subscriber, mailing_lists=[subscription.mailing_list]
    )

    def press(_number: int) -> bool:
        try:
            return subscribing.confirm(Consent.objects.get())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(press, range(8))) == [False] * 7 + [True]
    assert kinds_of(consent.subscriber.normalised) == ["joined"]


@pytest.mark.django_db(transaction=True)
def test_two_forms_at_once_are_one_subscriber_and_within_the_limit():
    events = MailingList.objects.get(slug="events")

    def ask(_number: int) -> None:
        try:
            subscribing.ask_to_subscribe(
                email=JO, mailing_lists=[events], choices=Choices(), how="test"
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))
    assert Subscription.objects.count() == 1
    assert Delivery.objects.count() == 5


def test_the_letters_of_yesterday_do_not_count(client):
    SubscriberFactory(email=JO)
    for _ in range(5):
        subscribing.ask_to_subscribe(
            email=JO, mailing_lists=MailingList.objects.public(), choices=Choices(), how="test"
        )
    Delivery.objects.update(created=timezone.now() - timedelta(days=1, minutes=1))
    client.post("/subscribe/", {"email": JO})
    assert Delivery.objects.count() == 6
