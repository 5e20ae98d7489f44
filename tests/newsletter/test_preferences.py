"""What subscribers change without a password, and how they get to the page where they do."""

from html import unescape

import pytest

from icrtop.mail.models import Delivery, State
from newsletter import links
from newsletter.choices import Choices
from newsletter.models import Consent, Subscriber
from newsletter.services.preferences import save
from newsletter.wording import CONSENT_VERSION, PREFERENCES_CONSENT
from tests.factories.mail import DeliveryFactory
from tests.factories.newsletter import SubscriberFactory, SubscriptionFactory
from tests.newsletter.conftest import csrf_token, kinds_of, states_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page")]

JO = "jo@example.org"
# The form as it is when nothing of it is changed.
AS_IT_IS = {
    "lists": ["bulletin", "country-alerts"],
    "places": ["ML", "002"],
    "topics": ["un"],
    "frequency": "daily",
    "language": "fr",
    "name": "Jo",
}


def everything(jo: Subscriber):
    jo.refresh_from_db()
    rows = Subscriber.objects.filter(pk=jo.pk).values().get()
    return rows, Choices.of(jo), states_of(JO), kinds_of(JO), Consent.objects.count()


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("part", ["", "address/", "export/", "erase/"])
def test_opening_the_link_changes_nothing(client, jo, link, method, part):
    before = everything(jo)
    answer = getattr(client, method)(link + part, follow=True)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert everything(jo) == before
    assert not Delivery.objects.exists()


def test_the_page_shows_what_is_chosen_and_needs_no_javascript(client, link):
    page = unescape(client.get(link).text)
    for box in ("bulletin", "country-alerts", "ML", "002", "un", "daily"):
        assert page.partition(f'value="{box}"')[2].partition(">")[0].endswith("checked")
    assert not page.partition('value="events"')[2].partition(">")[0].endswith("checked")
    assert "(not yet confirmed)" in page
    assert '<option value="fr" selected>' in page
    assert 'value="Jo"' in page
    assert "focal points" not in page
    assert " required" not in page
    assert "<script" not in page.partition("<main")[2].partition("</main>")[0]


def test_saving_without_a_change_changes_nothing(client, jo, link):
    before = everything(jo)
    answer = client.post(link, AS_IT_IS)
    assert answer.status_code == 303
    assert "Your preferences are saved" in client.get(answer["Location"]).text
    assert everything(jo) == before


def test_every_choice_can_be_changed(client, jo, link):
    client.post(
        link,
        {
            "lists": ["country-alerts"],
            "places": ["SD", "014"],
            "topics": ["publications", "national"],
            "frequency": "at_once",
            "language": "ar",
            "name": "",
        },
    )
    jo.refresh_from_db()
    assert Choices.of(jo) == Choices(
        countries=frozenset({"SD"}),
        regions=frozenset({"014"}),
        topics=frozenset({"publications", "national"}),
        frequency="at_once",
        language="ar",
        name="",
    )
    assert states_of(JO) == {
        "bulletin": "unsubscribed",
        "country-alerts": "confirmed",
        "events": "pending",
    }
    assert kinds_of(JO) == ["left", "chose"]


def test_joining_is_confirmed_at_once_and_recorded_in_the_words_of_the_page(client, jo, link):
    page = unescape(client.get(link).text)
    assert page.index(str(PREFERENCES_CONSENT)) < page.index(">Save</button>")
    client.post(link, {**AS_IT_IS, "lists": ["bulletin", "country-alerts", "events"]})
    assert set(states_of(JO).values()) == {"confirmed"}
    consent = Consent.objects.get()
    assert consent.confirmed_at
    assert (consent.wording, consent.wording_version) == (str(PREFERENCES_CONSENT), CONSENT_VERSION)
    assert consent.how == "preference page"
    assert [each.slug for each in consent.mailing_lists.all()] == ["events"]
    assert kinds_of(JO) == ["joined"]
    assert not Delivery.objects.exists()


def test_leaving_by_the_page_withdraws_what_waits(client, jo, link):
    waiting = DeliveryFactory(message__list_id="bulletin", address=JO)
    client.post(link, {**AS_IT_IS, "lists": ["country-alerts"]})
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELLED


def test_nothing_at_all_has_to_be_chosen(client, jo, link):
    assert client.post(link, {}).status_code == 303
    assert states_of(JO) == {
        "bulletin": "unsubscribed",
        "country-alerts": "unsubscribed",
        "events": "pending",
    }
    jo.refresh_from_db()
    # Choices of a select or of radio buttons cannot be taken away.
    assert Choices.of(jo) == Choices(frequency="daily", language="fr")


def test_alerts_about_nothing_are_refused_beside_the_field(client, jo, link):
    before = everything(jo)
    page = client.post(link, {**AS_IT_IS, "places": [], "topics": []})
    assert page.status_code == 200
    assert "or untick “Country alerts” above" in page.text
    assert everything(jo) == before


def test_leaving_the_alerts_keeps_what_they_were_about(client, jo, link):
    client.post(link, {**AS_IT_IS, "lists": ["bulletin"]})
    assert states_of(JO)["country-alerts"] == "unsubscribed"
    assert Choices.of(jo).countries == {"ML"}
    # And whoever saves something else later is not put on the list again by it.
    client.post(link, {**AS_IT_IS, "lists": ["bulletin"], "name": "Joanna"})
    assert states_of(JO)["country-alerts"] == "unsubscribed"
    # By following something more they are.
    client.post(link, {**AS_IT_IS, "lists": ["bulletin"], "places": ["ML", "002", "SD"]})
    assert states_of(JO)["country-alerts"] == "confirmed"


def test_joining_the_alerts_without_a_choice_means_every_situation(client, lists):
    kim = SubscriberFactory(email="kim@example.org")
    client.post(links.preferences_url(kim), {"lists": ["country-alerts"]})
    assert states_of("kim@example.org") == {"country-alerts": "confirmed"}
    assert Choices.of(Subscriber.objects.get()).topics == {"situations"}


def test_no_caller_puts_anybody_on_a_closed_list(jo, lists):
    save(jo, mailing_lists=lists.values(), choices=Choices.of(jo))
    assert states_of(JO) == dict.fromkeys(("bulletin", "country-alerts", "events"), "confirmed")


def test_a_closed_list_can_be_left_and_not_joined(client, jo, link, lists):
    asking = {**AS_IT_IS, "lists": [*AS_IT_IS["lists"], "focal-points"]}
    refused = client.post(link, asking)
    assert "Select a valid choice" in refused.text
    assert "focal-points" not in states_of(JO)
    SubscriptionFactory(subscriber=jo, mailing_list=lists["focal-points"], confirmed=True)
    assert 'value="focal-points"' in client.get(link).text
    assert client.post(link, asking).status_code == 303
    assert states_of(JO)["focal-points"] == "confirmed"
    client.post(link, AS_IT_IS)
    assert states_of(JO)["focal-points"] == "unsubscribed"
    assert 'value="focal-points"' not in client.get(link).text


@pytest.mark.parametrize("name", ["Jo\r\nBcc: x@example.org", "Jo\u2028X", "\x1b[31mÑandú"])
def test_a_name_is_one_line_of_plain_text(client, jo, link, name):
    client.post(link, {**AS_IT_IS, "name": name})
    jo.refresh_from_db()
    assert len(jo.name.splitlines()) == 1
    assert "\x1b" not in jo.name


def test_a_name_cannot_be_markup(client, jo, link):
    client.post(link, {**AS_IT_IS, "name": "<script>alert(1)</script>"})
    assert "<script>alert" not in client.get(link).text


@pytest.mark.parametrize("part", ["", "address/", "export/", "erase/"])
def test_every_button_is_held_to_its_csrf_token(strict_client, jo, link, part):
    before = everything(jo)
    answers = {**AS_IT_IS, "name": "Other", "email": "other@example.org"}
    assert strict_client.post(link + part, answers).status_code == 403
    assert everything(jo) == before
    assert not Delivery.objects.exists()
    token = csrf_token(strict_client.get(link))
    allowed = strict_client.post(link + part, {**answers, "csrfmiddlewaretoken": token})
    assert allowed.status_code == 303


def test_a_robot_changes_nothing(client, jo, link):
    before = everything(jo)
    trap = {"leave_this_empty": "x", "email": "other@example.org"}
    for part in ("", "address/", "export/"):
        assert client.post(link + part, trap).status_code == 303
    assert client.post("/listserv/manage/", trap).status_code == 303
    assert everything(jo) == before
    assert not Delivery.objects.exists()


def test_the_page_takes_few_queries(client, link, django_assert_max_num_queries):
    client.get(link)
    with django_assert_max_num_queries(15):
        client.get(link)
