import re

import pytest
from django.http import HttpResponse
from django.test import Client
from wagtail.models import Locale, Page, Site

from icrtop.mail.models import Delivery
from icrtop.places.models import Country
from icrtop.places.services import load_places
from newsletter import links
from newsletter.models import (
    HistoryEntry,
    MailingList,
    SubscribePage,
    Subscriber,
    Subscription,
)
from newsletter.services.lists import ensure_lists
from pages.models import HomePage
from tests.factories.newsletter import SubscriberFactory, SubscriptionFactory


@pytest.fixture
def subscribe_page(db) -> SubscribePage:
    """A site of a home page and the subscribe page, at /subscribe/."""
    # A test with real transactions leaves nothing of what the migrations wrote.
    Locale.objects.get_or_create(language_code="en")
    Site.objects.all().delete()
    Page.objects.all().delete()
    root = Page.add_root(instance=Page(title="Root", slug="root"))
    home = root.add_child(instance=HomePage(title="Home", slug="home-of-tests"))
    Site.objects.create(hostname="testserver", root_page=home, is_default_site=True)
    return home.add_child(instance=SubscribePage(title="Subscribe", slug="subscribe"))


@pytest.fixture
def lists(db) -> dict[str, MailingList]:
    return {each.slug: each for each in ensure_lists()}


@pytest.fixture
def answers() -> dict[str, object]:
    """What a visitor fills in who does everything right."""
    return {"email": "jo@example.org", "name": "Jo", "lists": ["bulletin"]}


@pytest.fixture
def jo(lists) -> Subscriber:
    """On the bulletin and the alerts, having asked for the events."""
    if not Country.objects.exists():  # Emptied by a test with real transactions.
        load_places()
    jo = SubscriberFactory(
        email="jo@example.org", name="Jo", topics=["un"], frequency="daily", language="fr"
    )
    jo.countries.set(["ML"])
    jo.regions.set(["002"])
    for slug in ("bulletin", "country-alerts"):
        SubscriptionFactory(subscriber=jo, mailing_list=lists[slug], confirmed=True)
    SubscriptionFactory(subscriber=jo, mailing_list=lists["events"])
    return jo


@pytest.fixture
def link(jo) -> str:
    """To Jo's preferences."""
    return links.preferences_url(jo)


def link_in(delivery: Delivery) -> str:
    """The path of the link in a letter, as its plain-text part spells it out."""
    (link,) = re.findall(r"http://testserver(/listserv/\S+)", delivery.message.text)
    return link


def token_of(url: str) -> str:
    return url.split("/")[-2]


def states_of(email: str) -> dict[str, str]:
    """Each list of a subscriber with the state of the subscription."""
    subscriptions = Subscription.objects.filter(subscriber__normalised=email)
    return dict(subscriptions.values_list("mailing_list__slug", "state"))


def kinds_of(email: str) -> list[str]:
    """What is in a subscriber's history, the first thing first."""
    entries = HistoryEntry.objects.filter(subscriber__normalised=email).order_by("pk")
    return list(entries.values_list("kind", flat=True))


def csrf_token(page: HttpResponse) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert found, "The page has no form with a token"
    return found[1]


@pytest.fixture
def strict_client() -> Client:
    """A browser that is held to its CSRF token."""
    return Client(enforce_csrf_checks=True)
