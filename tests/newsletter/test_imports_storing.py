"""What an import stores, and what it leaves alone."""

import pytest

from icrtop.accounts.models import User
from icrtop.mail import control
from icrtop.mail.models import Suppression
from icrtop.places.models import Country, Region
from newsletter.imports import storing
from newsletter.models import (
    Consent,
    HistoryEntry,
    ImportFile,
    ImportRow,
    Subscriber,
    SubscriberImport,
    Subscription,
)
from newsletter.services import erasing
from newsletter.services.leaving import unsubscribe
from tests.factories.newsletter import (
    MailingListFactory,
    SubscriberFactory,
    SubscriptionFactory,
)
from tests.newsletter.conftest import states_of
from tests.newsletter.importing import checked, imported, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin():
    return MailingListFactory(slug="bulletin")


@pytest.fixture
def events():
    return MailingListFactory(slug="events")


def test_new_subscribers_are_stored_with_all_that_belongs_to_them(bulletin, events):
    staff = User.objects.create_user("staff@example.org")
    batch = imported(
        checked("Jo@Bücher.example,Jo,fr,KE UG", lists=[bulletin, events], language="en"), staff
    )
    assert batch.state == SubscriberImport.State.DONE
    assert (batch.created_subscribers, batch.created_subscriptions) == (1, 2)
    jo = Subscriber.objects.get(normalised="jo@xn--bcher-kva.example")
    assert (jo.email, jo.name, jo.language) == ("Jo@Bücher.example", "Jo", "fr")
    assert (jo.frequency, jo.topics) == ("weekly", [])
    assert set(jo.countries.values_list("pk", flat=True)) == {"KE", "UG"}
    assert states_of(jo.normalised) == {"bulletin": "confirmed", "events": "confirmed"}
    consent = jo.consents.get()
    assert consent.wording == batch.source
    assert consent.how == f"import {batch.pk}"
    assert consent.confirmed_at is not None
    assert set(consent.mailing_lists.all()) == {bulletin, events}
    entries = jo.history.values_list("kind", "mailing_list__slug", "how", "by")
    assert set(entries) == {
        ("joined", slug, f"import {batch.pk}", staff.pk) for slug in ("bulletin", "events")
    }


def test_the_addresses_of_the_file_are_gone_when_it_is_done(bulletin):
    imported(checked("new@example.org,,,", "nonsense,,,", lists=[bulletin]))
    assert not ImportRow.objects.exists()
    assert not ImportFile.objects.exists()


def test_only_accepted_rows_are_stored_and_the_counts_stay(bulletin):
    SubscriptionFactory(subscriber__email="on@example.org", mailing_list=bulletin, confirmed=True)
    SubscriptionFactory(
        subscriber__email="left@example.org", mailing_list=bulletin, unsubscribed=True
    )
    control.suppress("bounced@example.org", Suppression.Reason.BOUNCED)
    before = stored()
    batch = imported(
        checked(
            *(f"{name}@example.org,,," for name in ("new", "NEW", "on", "left", "bounced")),
            "nonsense,,,",
            lists=[bulletin],
        )
    )
    assert {name: number - before[name] for name, number in stored().items()} == {
        "Subscriber": 1,
        "Subscription": 1,
        "Consent": 1,
        "HistoryEntry": 1,
    }
    assert batch.counts == dict.fromkeys(
        ("new", "duplicate", "known", "left", "suppressed", "malformed"), 1
    )
    assert batch.changed == {}


def test_what_is_known_of_a_subscriber_is_not_changed(bulletin, events):
    jo = SubscriberFactory(email="Jo@example.org", name="Jo", language="es")
    SubscriptionFactory(subscriber=jo, mailing_list=bulletin, confirmed=True)
    before = Subscription.objects.values().get(mailing_list=bulletin)
    imported(checked("JO@example.org,Somebody,fr,", lists=[bulletin, events]))
    jo.refresh_from_db()
    assert (jo.email, jo.name, jo.language) == ("Jo@example.org", "Jo", "es")
    assert Subscription.objects.values().get(mailing_list=bulletin) == before
    assert states_of("jo@example.org")["events"] == "confirmed"
    assert list(jo.consents.get().mailing_lists.all()) == [events]
    assert jo.history.get().mailing_list == events


@pytest.mark.parametrize("follows", ["countries", "regions", "topics"])
def test_countries_are_taken_over_only_where_nothing_is_followed(bulletin, follows):
    chosen, free = SubscriberFactory.create_batch(2)
    match follows:
        case "countries":
            chosen.countries.add(Country.objects.get(pk="SD"))
        case "regions":
            chosen.regions.add(Region.objects.first())
        case "topics":
            chosen.topics = ["un"]
            chosen.save()
    rows = [f"{each.email},,,KE" for each in (chosen, free)]
    imported(checked(*rows, lists=[bulletin]))
    assert not chosen.countries.filter(pk="KE").exists()
    assert free.countries.get().pk == "KE"


def test_whoever_was_waiting_to_confirm_is_on_the_list(bulletin):
    SubscriptionFactory(subscriber__email="jo@example.org", mailing_list=bulletin)
    batch = imported(checked("jo@example.org,,,", lists=[bulletin]))
    assert (batch.created_subscribers, batch.created_subscriptions) == (0, 1)
    subscription = Subscription.objects.get()
    assert subscription.state == "confirmed"
    assert subscription.confirmed_at is not None


def test_who_left_one_of_the_lists_is_put_on_the_other_alone(bulletin, events):
    jo = SubscriberFactory(email="jo@example.org")
    SubscriptionFactory(subscriber=jo, mailing_list=bulletin, unsubscribed=True)
    SubscriptionFactory(subscriber=jo, confirmed=True)
    imported(checked("jo@example.org,,,", lists=[bulletin, events]))
    states = states_of("jo@example.org")
    assert (states["bulletin"], states["events"]) == ("unsubscribed", "confirmed")
    assert list(Consent.objects.get().mailing_lists.all()) == [events]


def test_what_has_changed_since_the_check_is_looked_up_again(bulletin):
    names = ("suppressed", "left", "erased", "joined", "new")
    batch = checked(*(f"{name}@example.org,,," for name in names), lists=[bulletin])
    assert batch.counts == {"new": 5}
    control.suppress("suppressed@example.org", Suppression.Reason.COMPLAINED)
    for name in ("left", "joined"):
        SubscriptionFactory(
            subscriber__email=f"{name}@example.org", mailing_list=bulletin, confirmed=True
        )
    unsubscribe(Subscriber.objects.get(normalised="left@example.org"), how="link")
    erasing.forget_address("erased@example.org")
    batch = imported(batch)
    assert batch.created_subscribers == 1
    assert batch.changed == {"suppressed": 1, "left": 1, "known": 1}
    assert states_of("left@example.org") == {"bulletin": "unsubscribed"}
    assert set(Subscriber.objects.values_list("normalised", flat=True)) == {
        f"{name}@example.org" for name in ("left", "joined", "new")
    }


def test_nobody_is_imported_who_was_not_to_be(bulletin):
    suppression = control.suppress("jo@example.org", Suppression.Reason.STAFF)
    batch = checked("jo@example.org,,,", lists=[bulletin])
    suppression.delete()
    imported(batch)
    assert not Subscriber.objects.exists()


def test_files_longer_than_a_stretch_are_stored_whole(bulletin, monkeypatch):
    monkeypatch.setattr(storing, "LINES", 7)
    batch = imported(checked(*(f"reader{n}@example.org,,," for n in range(50)), lists=[bulletin]))
    assert batch.created_subscribers == 50
    assert stored() == dict.fromkeys(("Subscriber", "Subscription", "Consent", "HistoryEntry"), 50)
    assert HistoryEntry.objects.values("subscriber").distinct().count() == 50


def test_the_source_may_say_anything(bulletin):
    source = '100 % sure; \'); DROP TABLE "x" -- %s %(batch)s'
    imported(checked("jo@example.org,%s '); --,,", lists=[bulletin], source=source))
    assert Consent.objects.get().wording == source
    assert Subscriber.objects.get().name == "%s '); --"
