"""The feeds: valid, absolute, newest first, and nothing in them that is not public."""

import datetime
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from wagtail.models import PageViewRestriction

from icrtop.cache import _next_generation
from pages.feeds import LENGTH
from pages.models import (
    DevelopmentIndexPage,
    DevelopmentPage,
    PublicationIndexPage,
    PublicationPage,
    SiteSettings,
)
from tests.pages.trees import add_page

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = {
    "developments_feed": ("/developments/feed/", DevelopmentPage),
    "developments_rss": ("/developments/rss/", DevelopmentPage),
    "publications_feed": ("/publications/feed/", PublicationPage),
    "publications_rss": ("/publications/rss/", PublicationPage),
}
ATOM_FEEDS = [name for name in FEEDS if name.endswith("_feed")]
RSS_FEEDS = [name for name in FEEDS if name.endswith("_rss")]


@pytest.fixture
def read(client, content):
    def fetch(name: str) -> ElementTree.Element:
        answer = client.get(reverse(name))
        assert answer.status_code == 200
        return ElementTree.fromstring(answer.content)  # noqa: S314 # Our own answer.

    return fetch


def entries(feed: ElementTree.Element) -> list[ElementTree.Element]:
    return feed.findall(f"{ATOM}entry") or feed.findall("channel/item")


def title(entry: ElementTree.Element) -> str:
    return entry.findtext(f"{ATOM}title") or entry.findtext("title") or ""


@pytest.mark.parametrize("name", FEEDS)
def test_addresses(name, content):
    path, _model = FEEDS[name]
    assert reverse(name) == path
    assert resolve(path).url_name == name


@pytest.mark.parametrize("name", FEEDS)
def test_no_page_stands_where_a_feed_answers(name, content):
    path, model = FEEDS[name]
    slug = path.strip("/").split("/")[1]
    assert not model.objects.filter(slug=slug).exists()


@pytest.mark.parametrize("name", ATOM_FEEDS)
def test_atom(name, client, read):
    """What RFC 4287, section 4.1, requires of a feed and of its entries."""
    assert client.get(reverse(name))["Content-Type"].startswith("application/atom+xml")
    feed = read(name)
    assert feed.tag == f"{ATOM}feed"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == SiteSettings.objects.get().organisation
    self_link = feed.find(f"{ATOM}link[@rel='self']")
    assert self_link.get("href") == f"{settings.BASE_URL}{reverse(name)}"
    found = entries(feed)
    assert found
    updated = [parse_datetime(one.findtext(f"{ATOM}updated")) for one in found]
    assert parse_datetime(feed.findtext(f"{ATOM}updated")) == max(updated)
    ids = [one.findtext(f"{ATOM}id") for one in found]
    assert len(set(ids)) == len(ids)
    for one in found:
        assert one.find(f"{ATOM}link").get("href").startswith(f"{settings.BASE_URL}/")
        assert one.findtext(f"{ATOM}summary")


@pytest.mark.parametrize("name", RSS_FEEDS)
def test_rss(name, client, read):
    assert client.get(reverse(name))["Content-Type"].startswith("application/rss+xml")
    feed = read(name)
    assert (feed.tag, feed.get("version")) == ("rss", "2.0")
    assert feed.findtext("channel/language") == "en"
    assert feed.findtext("channel/link").startswith(f"{settings.BASE_URL}/")
    for one in entries(feed):
        assert one.findtext("link").startswith(f"{settings.BASE_URL}/")
        assert one.findtext("guid").startswith("urn:uuid:")
        assert one.find("guid").get("isPermaLink") == "false"
        assert one.findtext("pubDate")


@pytest.mark.parametrize("name", FEEDS)
def test_links_lead_to_the_pages(name, client, read):
    _path, model = FEEDS[name]
    one = entries(read(name))[0]
    link = one.findtext("link") or one.find(f"{ATOM}link").get("href")
    answer = client.get(link.removeprefix(settings.BASE_URL))
    assert answer.status_code == 200
    assert isinstance(answer.context["page"], model)


@pytest.mark.parametrize("name", ["developments_feed", "developments_rss"])
def test_newest_first_and_no_more_than_a_few(name, read, content):
    index = DevelopmentIndexPage.objects.get()
    for number in range(LENGTH + 1):
        add_page(index, DevelopmentPage, f"Number {number}", date="1999", level="un")
    now = timezone.now()
    for number, page in enumerate(DevelopmentPage.objects.filter(title__startswith="Number")):
        page.first_published_at = now + datetime.timedelta(minutes=number)
        page.save()
    titles = [title(one) for one in entries(read(name))]
    assert titles == [f"Number {number}" for number in range(LENGTH, 0, -1)]


def test_a_change_is_an_update_and_keeps_the_id(read, content):
    page = PublicationPage.objects.first()

    def entry() -> ElementTree.Element:
        return next(one for one in entries(read("publications_feed")) if title(one) == page.title)

    PublicationPage.objects.exclude(pk=page.pk).update(live=False)
    before = entry()
    page.slug = "another-address"
    page.save_revision().publish()
    _next_generation()
    after = entry()
    assert before.findtext(f"{ATOM}id") == after.findtext(f"{ATOM}id")
    assert before.findtext(f"{ATOM}published") == after.findtext(f"{ATOM}published")
    assert before.findtext(f"{ATOM}updated") < after.findtext(f"{ATOM}updated")
    assert "another-address" in after.find(f"{ATOM}link").get("href")


@pytest.mark.parametrize("name", FEEDS)
def test_no_sign_makes_it_invalid(name, read):
    _path, model = FEEDS[name]
    page = model.objects.first()
    model.objects.exclude(pk=page.pk).update(live=False)
    page.title = "Fish & <chips> \x0b]]> \N{DOVE OF PEACE}"
    page.introduction = "<b>\x01\x1f&amp;</b>"
    page.save()
    assert [title(one) for one in entries(read(name))] == ["Fish & <chips> ]]> \N{DOVE OF PEACE}"]


@pytest.mark.parametrize("name", FEEDS)
def test_drafts_and_private_pages_are_not_in_it(name, read):
    _path, model = FEEDS[name]
    draft, private = model.objects.live()[:2]
    model.objects.exclude(pk=private.pk).update(live=False)
    assert [title(one) for one in entries(read(name))] == [private.title]
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    _next_generation()
    assert entries(read(name)) == []
    assert draft.title not in ElementTree.tostring(read(name), "unicode")


@pytest.mark.parametrize("name", FEEDS)
def test_a_site_without_such_pages_has_empty_feeds(name, read):
    for model in (DevelopmentIndexPage, PublicationIndexPage):
        for index in model.objects.all():
            index.delete()
    assert entries(read(name)) == []


@pytest.mark.parametrize("name", FEEDS)
def test_a_page_that_was_never_published_by_wagtail_has_a_date(name, read):
    _path, model = FEEDS[name]
    page = model.objects.first()
    model.objects.exclude(pk=page.pk).update(live=False)
    model.objects.filter(pk=page.pk).update(
        first_published_at=None, last_published_at=None, date="2009-07"
    )
    entry = entries(read(name))[0]
    assert "2009" in (entry.findtext(f"{ATOM}updated") or entry.findtext("pubDate"))


@pytest.mark.parametrize("name", FEEDS)
def test_few_queries(name, client, content, django_assert_max_num_queries):
    client.get(reverse("search"))
    with django_assert_max_num_queries(10):
        client.get(reverse(name))
    with django_assert_max_num_queries(0):
        assert client.get(reverse(name))["X-Cache"] == "hit"


def test_a_reader_that_has_it_already_is_told_so(client, content):
    first = client.get(reverse("developments_feed"))
    again = client.get(reverse("developments_feed"), headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("method", ["post", "delete"])
def test_nothing_can_be_sent(method, client, content):
    assert getattr(client, method)(reverse("developments_feed")).status_code == 405
