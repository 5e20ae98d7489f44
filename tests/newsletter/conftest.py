import re

import pytest
from django.test import Client
from wagtail.models import Locale, Page, Site

from icrtop.mail.models import Delivery
from newsletter.models import MailingList, SubscribePage
from newsletter.services import ensure_lists
from pages.models import HomePage


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
    return {"email": "jo@example.org", "name": "Jo", "lists": ["bulletin"], "consent": "on"}


def link_in(delivery: Delivery) -> str:
    """The path of the link in a letter, as its plain-text part spells it out."""
    (link,) = re.findall(r"http://testserver(/listserv/\S+)", delivery.message.text)
    return link


@pytest.fixture
def strict_client() -> Client:
    """A browser that is held to its CSRF token."""
    return Client(enforce_csrf_checks=True)
