"""What staff do with one subscriber: asked first, done once, and kept in the history."""

import pytest
from django.urls import reverse

from icrtop.mail import control
from icrtop.mail.models import Message, Suppression
from newsletter.models import Consent, ErasedAddress, HistoryEntry, MailingList, Subscriber
from tests.factories.newsletter import (
    MailingListFactory,
    SubscriberFactory,
    SubscriptionFactory,
)
from tests.mail.staff import text_of, user_with
from tests.newsletter.conftest import states_of

pytestmark = pytest.mark.django_db

ACTIONS = ("put-on", "take-off", "send-link", "erase")


@pytest.fixture
def manager():
    return user_with("view_subscriber", "manage_subscriber")


@pytest.fixture
def staff(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def jo():
    """Jo is on the bulletin and has left the events; there is a closed list, too."""
    jo = SubscriberFactory(email="jo@example.org")
    bulletin, events = (
        MailingListFactory(slug=slug, name=slug.title()) for slug in ("bulletin", "events")
    )
    MailingListFactory(slug="closed", name="Closed", is_public=False)
    SubscriptionFactory(subscriber=jo, mailing_list=bulletin, confirmed=True)
    SubscriptionFactory(subscriber=jo, mailing_list=events, unsubscribed=True)
    return jo


def address_of(jo, action):
    return reverse(f"subscribers:{action}", args=[jo.pk])


def keys(*slugs):
    return [MailingList.objects.get(slug=slug).pk for slug in slugs]


def history_of(jo):
    entries = HistoryEntry.objects.filter(subscriber=jo).order_by("pk")
    return list(entries.values_list("kind", "mailing_list__slug", "by"))


@pytest.mark.parametrize("action", ACTIONS)
def test_a_page_that_asks_changes_nothing(staff, jo, action):
    before = states_of(jo.normalised)
    assert staff.get(address_of(jo, action)).status_code == 200
    assert states_of(jo.normalised) == before
    assert not HistoryEntry.objects.exists()
    assert not Message.objects.exists()


def test_the_page_of_a_subscriber_leads_to_what_can_be_done(staff, jo):
    page = staff.get(reverse("subscribers:inspect", args=[jo.pk])).content.decode()
    assert all(address_of(jo, action) in page for action in ACTIONS)
    jo.subscriptions.all().delete()
    page = staff.get(reverse("subscribers:inspect", args=[jo.pk])).content.decode()
    assert address_of(jo, "take-off") not in page


def test_staff_put_somebody_on_lists_with_their_consent(staff, manager, jo):
    given = {"lists": keys("closed", "events"), "source": "By e-mail on 5 May"}
    answer = staff.post(address_of(jo, "put-on"), given, follow=True)
    assert "They are now on: Events, Closed." in text_of(answer)
    assert set(states_of(jo.normalised).values()) == {"confirmed"}
    consent = Consent.objects.get()
    assert (consent.wording, consent.how) == ("By e-mail on 5 May", "by staff")
    assert consent.confirmed_at is not None
    assert set(consent.mailing_lists.values_list("slug", flat=True)) == {"events", "closed"}
    assert set(history_of(jo)) == {("joined", slug, manager.pk) for slug in ("events", "closed")}
    again = staff.post(address_of(jo, "put-on"), given)
    assert again.status_code == 200  # They are no choices any more.
    assert Consent.objects.count() == 1


def test_whoever_comes_second_is_told_that_it_is_done(staff, manager, jo):
    from newsletter.services.managing import put_on_lists

    closed = MailingList.objects.get(slug="closed")
    assert put_on_lists(jo, [closed], source="Asked", by=manager) == [closed]
    assert put_on_lists(jo, [closed], source="Asked", by=manager) == []
    assert Consent.objects.count() == 1
    assert len(history_of(jo)) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"source": ""}, "Without their consent"),
        ({"source": "  "}, "Without their consent"),
        ({"lists": []}, "Choose at least one list."),
        ({"lists": ["bulletin"]}, "Select a valid choice"),
    ],
)
def test_nobody_is_put_on_a_list_without_saying_why(staff, jo, changes, says):
    given = {"lists": ["closed"], "source": "By e-mail", **changes}
    given["lists"] = keys(*given["lists"])
    answer = staff.post(address_of(jo, "put-on"), given)
    assert says in text_of(answer)
    assert "closed" not in states_of(jo.normalised)


def test_staff_are_told_of_lists_that_were_left_and_of_a_suppression(staff, jo):
    control.suppress("jo@example.org", Suppression.Reason.BOUNCED)
    page = text_of(staff.get(address_of(jo, "put-on")))
    assert "They have left: Events." in page
    assert "Nothing is sent to this address: letters to it come back." in page


def test_staff_take_somebody_off_a_list(staff, manager, jo):
    answer = staff.post(address_of(jo, "take-off"), {"lists": keys("bulletin")}, follow=True)
    assert "They are no longer on: Bulletin." in text_of(answer)
    assert states_of(jo.normalised)["bulletin"] == "unsubscribed"
    assert history_of(jo) == [("left", "bulletin", manager.pk)]


def test_only_lists_that_somebody_is_on_can_be_taken_away(staff, jo):
    answer = staff.post(address_of(jo, "take-off"), {"lists": keys("events")})
    assert "Select a valid choice" in text_of(answer)
    assert history_of(jo) == []


def test_staff_send_a_link_to_the_preferences(staff, manager, jo):
    answer = staff.post(address_of(jo, "send-link"), follow=True)
    assert "The letter is on its way." in text_of(answer)
    letter = Message.objects.get()
    assert "/listserv/preferences/" in letter.text
    assert letter.deliveries.get().normalised == "jo@example.org"
    assert history_of(jo) == [("link", None, manager.pk)]


def test_no_link_goes_to_a_suppressed_address_or_all_the_time(staff, jo):
    for _number in range(5):
        staff.post(address_of(jo, "send-link"))
    answer = staff.post(address_of(jo, "send-link"), follow=True)
    assert "as many such letters today" in text_of(answer)
    control.suppress("jo@example.org", Suppression.Reason.STAFF)
    answer = staff.post(address_of(jo, "send-link"), follow=True)
    assert "the address is suppressed" in text_of(answer)
    assert Message.objects.count() == 5


def test_staff_erase_on_request(staff, manager, jo):
    answer = staff.post(address_of(jo, "erase"), follow=True)
    assert "Everything about this address is erased." in text_of(answer)
    assert not Subscriber.objects.exists()
    assert ErasedAddress.objects.count() == 1
    assert ("left", manager.pk) in HistoryEntry.objects.values_list("kind", "by")
    assert staff.post(address_of(jo, "erase")).status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_only_look_changes_nobody(client, jo, action):
    client.force_login(user_with("view_subscriber"))
    page = client.get(reverse("subscribers:inspect", args=[jo.pk])).content.decode()
    assert address_of(jo, action) not in page
    before = states_of(jo.normalised)
    given = {"lists": keys("bulletin", "closed"), "source": "Asked"}
    for answer in (client.get(address_of(jo, action)), client.post(address_of(jo, action), given)):
        assert answer.status_code == 403
    assert states_of(jo.normalised) == before
