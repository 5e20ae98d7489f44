"""The archive: bulletins as they were sent to open lists, and none before."""

import datetime
import gzip
import re
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from icrtop.cache import _next_generation
from newsletter.models import BulletinIndexPage, BulletinPage, Mailing
from newsletter.services.archiving import went_out
from pages.models import BackgroundPage, SiteSettings
from tests.factories.newsletter import (
    BulletinPageFactory,
    MailingFactory,
    MailingListFactory,
    body_of,
    every_block,
)
from tests.pages.test_budgets import MOST_HTML_AND_CSS, all_resources, packed_size
from tests.pages.test_page_types import Document
from tests.pages.trees import add_page

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture
def bulletin(content) -> BulletinPage:
    return BulletinPageFactory(
        subject="A debate & a vote",
        introduction="The summary as sent.",
        body=body_of(("text", '<p>Hippocampus. <a href="/contact/">Write</a></p>')),
    )


@pytest.fixture
def open_list(content):
    return MailingListFactory(name="Open list")


@pytest.fixture
def closed_list(content):
    return MailingListFactory(name="Closed list", is_public=False)


def send(bulletin, *lists, days_ago=0):
    mailing = MailingFactory(
        bulletin=bulletin,
        lists=lists,
        queued_at=timezone.now() - datetime.timedelta(days=days_ago),
    )
    went_out(mailing)
    _next_generation()
    return mailing


def entries(client):
    feed = ElementTree.fromstring(client.get("/listserv/feed/").content)  # noqa: S314 # Ours.
    return feed.findall(f"{ATOM}entry")


class TestBeforeItIsSent:
    @pytest.fixture(params=["not at all", "waiting", "called off", "to a closed list"])
    def unsent(self, request, bulletin, closed_list, open_list):
        if request.param == "to a closed list":
            send(bulletin, closed_list)
        elif request.param != "not at all":
            mailing = MailingFactory(bulletin=bulletin, lists=[open_list], queued_at=None)
            if request.param == "called off":
                Mailing.objects.filter(pk=mailing.pk).update(cancelled_at=timezone.now())
        return bulletin

    def test_visitors_find_nothing_though_it_is_published(self, unsent, client):
        assert unsent.live
        assert client.get(unsent.url).status_code == 404

    def test_it_is_in_no_list(self, unsent, client, home):
        related = {"title": "Read on", "pages": [unsent.pk]}
        body = [
            {"type": "related_pages", "value": related},
            {"type": "button", "value": {"label": "Press", "page": unsent.pk}},
        ]
        article = add_page(
            home, BackgroundPage, "Article", body=BackgroundPage.body.field.to_python(body)
        )
        site = SiteSettings.objects.get()
        site.footer_menu.append(("page", {"page": unsent, "label": "A debate"}))
        site.save()
        for address in (
            "/contact/",
            "/listserv/",
            "/listserv/feed/",
            "/sitemap.xml",
            "/search/?q=hippocampus",
            "/search/?q=debaet+and+vote",
            f"/search/?q={unsent.title.replace(' ', '+')}",
            article.url,
        ):
            text = client.get(address).text
            assert unsent.slug not in text, address
            assert "A debate" not in text, address

    def test_who_may_edit_it_sees_it_with_a_note(self, unsent, editor):
        answer = editor.get(unsent.url)
        assert answer.status_code == 200
        assert "Hippocampus" in answer.text
        assert 'role="note"' in answer.text
        assert "Visitors do not find it here" in answer.text

    def test_staff_who_may_not_edit_it_do_not(self, unsent, staff_of):
        assert staff_of("Membership").get(unsent.url).status_code == 404

    def test_staff_find_it_by_the_admins_search(self, unsent, secretariat):
        answer = secretariat.get("/admin/pages/search/", {"q": unsent.title})
        assert f"/admin/pages/{unsent.pk}/edit/" in answer.text


class TestOnceItIsSent:
    def test_the_page_is_the_bulletin_as_sent(self, bulletin, open_list, closed_list, client):
        mailing = send(bulletin, open_list, closed_list)
        answer = client.get(bulletin.url)
        assert mailing.web in answer.text
        document = Document(answer.text)
        assert document.texts["h1"] == "A debate & a vote"
        assert document.texts["title"].startswith("A debate & a vote · ")
        assert document.meta(name="description") == "The summary as sent."
        assert document.meta(property="og:title") == "A debate & a vote"
        day = timezone.localdate(mailing.queued_at)
        assert f"Sent on {day.day} {day:%B %Y} to Open list" in answer.text
        assert "Closed list" not in answer.text
        assert document.all("link", rel="alternate", href="/listserv/feed/")
        assert document.all("a", href="/listserv/")

    def test_editing_it_changes_nothing_of_what_is_shown(self, bulletin, open_list, client):
        send(bulletin, open_list)
        addresses = (bulletin.url, "/listserv/", "/listserv/feed/")
        before = {address: client.get(address).text for address in addresses}
        bulletin.subject = "Edited subject"
        bulletin.title = bulletin.seo_title = "Edited title"
        bulletin.introduction = bulletin.search_description = "Edited summary"
        bulletin.body = body_of(("text", "<p>Edited</p>"))
        bulletin.save_revision().publish()
        _next_generation()
        for address, text in before.items():
            assert client.get(address).text == text, address

    def test_a_draft_of_it_changes_nothing_either(self, bulletin, open_list, client):
        send(bulletin, open_list)
        bulletin.body = body_of(("text", "<p>Edited</p>"))
        bulletin.save_revision()
        assert "Hippocampus" in client.get(bulletin.url).text
        assert "Edited" not in client.get(bulletin.url).text

    def test_what_it_linked_to_may_change_its_title(self, content, open_list, client):
        bulletin = BulletinPageFactory(with_every_block=True)
        mailing = send(bulletin, open_list)
        page = bulletin.body[2].value["page"].specific
        page.title = "Another title of the development"
        page.save_revision().publish()
        _next_generation()
        text = client.get(bulletin.url).text
        assert mailing.web in text
        assert "Another title of the development" not in text

    def test_sent_twice_it_is_the_latest(self, bulletin, open_list, client):
        send(bulletin, open_list, days_ago=3)
        bulletin.body = body_of(("text", "<p>Second edition</p>"))
        bulletin.save_revision().publish()
        send(bulletin, open_list, days_ago=1)
        assert "Second edition" in client.get(bulletin.url).text
        assert "Hippocampus" not in client.get(bulletin.url).text

    def test_a_later_letter_to_a_closed_list_is_not_shown(
        self, bulletin, open_list, closed_list, client
    ):
        send(bulletin, open_list, days_ago=3)
        bulletin.body = body_of(("text", "<p>For members only</p>"))
        bulletin.save_revision().publish()
        send(bulletin, closed_list)
        assert "Hippocampus" in client.get(bulletin.url).text
        assert "For members only" not in client.get(bulletin.url).text

    def test_unpublished_it_is_gone(self, bulletin, open_list, client):
        send(bulletin, open_list)
        bulletin.unpublish()
        _next_generation()
        assert client.get(bulletin.url).status_code == 404
        assert entries(client) == []
        assert bulletin.slug not in client.get("/listserv/").text

    def test_visitors_find_it(self, bulletin, open_list, client):
        send(bulletin, open_list)
        assert bulletin.url in client.get("/sitemap.xml").text
        assert bulletin.url in client.get("/search/?q=hippocampus").text

    def test_they_find_it_by_what_was_sent_and_not_by_what_was_written_since(
        self, bulletin, open_list, client
    ):
        send(bulletin, open_list)
        bulletin.body = body_of(("text", "<p>Cerebellum</p>"))
        bulletin.save_revision().publish()
        _next_generation()
        assert bulletin.url in client.get("/search/?q=hippocampus").text
        assert bulletin.url not in client.get("/search/?q=cerebellum").text

    def test_it_leads_to_the_ones_before_and_after(self, content, open_list, client):
        first, second, third = (
            BulletinPageFactory(subject=f"Subject {number}") for number in ("one", "two", "three")
        )
        for bulletin, days in ((third, 1), (first, 9), (second, 5)):
            send(bulletin, open_list, days_ago=days)
        document = Document(client.get(second.url).text)
        assert document.all("a", rel="prev")[0]["href"] == first.url
        assert document.all("a", rel="next")[0]["href"] == third.url
        assert not Document(client.get(first.url).text).all("a", rel="prev")
        assert not Document(client.get(third.url).text).all("a", rel="next")

    def test_one_in_arabic_says_so(self, content, open_list, client):
        bulletin = BulletinPageFactory(language="ar", subject="نشرة")
        send(bulletin, open_list)
        document = Document(client.get(bulletin.url).text)
        assert document.all("html")[0]["lang"] == "en"
        assert document.all("h1")[0] == {"lang": "ar", "dir": "rtl"}
        assert document.all("div", lang="ar", dir="rtl")

    def test_the_page_cache_is_left_behind_when_it_goes_out(
        self, bulletin, open_list, django_capture_on_commit_callbacks
    ):
        assert Client().get("/listserv/")["X-Cache"] == "miss"
        assert Client().get("/listserv/")["X-Cache"] == "hit"
        with django_capture_on_commit_callbacks(execute=True):
            went_out(MailingFactory(bulletin=bulletin, lists=[open_list]))
        assert bulletin.url in Client().get("/listserv/").text
        assert "to Open list" in Client().get(bulletin.url).text
        open_list.name = "List of another name"
        with django_capture_on_commit_callbacks(execute=True):
            open_list.save()
        assert "to List of another name" in Client().get(bulletin.url).text

    def test_it_costs_a_visitor_little(self, content, open_list, client):
        bulletin = BulletinPageFactory(with_every_block=True)
        send(bulletin, open_list)
        html = client.get(bulletin.url).text
        sizes = {one: packed_size(path) for one, path in all_resources(html).items()}
        styles = sum(size for one, size in sizes.items() if one.endswith(".css"))
        assert len(gzip.compress(html.encode())) + styles <= MOST_HTML_AND_CSS


class TestTheIndex:
    def test_says_that_nothing_was_sent_yet(self, content, client):
        answer = client.get("/listserv/")
        assert answer.status_code == 200
        assert "No bulletin has been sent yet." in answer.text
        assert "<select" not in answer.text
        assert Document(answer.text).all("a", href="/subscribe/")

    def test_lists_the_latest_first_by_the_day_they_were_sent(self, content, open_list, client):
        for days in (20, 1, 7):
            send(BulletinPageFactory(subject=f"Sent {days} days ago"), open_list, days_ago=days)
        answer = client.get("/listserv/")
        titles = re.findall(r'class="item-title"><a[^>]*>([^<]+)', answer.text)
        assert titles == ["Sent 1 days ago", "Sent 7 days ago", "Sent 20 days ago"]
        assert Document(answer.text).all("link", rel="alternate", href="/listserv/feed/")

    def test_can_be_narrowed_to_a_year(self, content, open_list, client):
        now = timezone.now()
        old, new = BulletinPageFactory(), BulletinPageFactory()
        send(new, open_list)
        MailingFactory(bulletin=old, lists=[open_list], queued_at=now.replace(year=2019))
        _next_generation()
        items = client.get("/listserv/?year=2019").context["items"]
        assert [one.pk for one in items] == [old.pk]
        years = client.get("/listserv/").context["filters"][0].choices
        assert [value for value, _label in years] == [str(now.year), "2019"]
        assert len(client.get("/listserv/?year=x").context["items"]) == 2

    def test_shows_a_page_at_a_time(self, content, open_list, client):
        size = BulletinIndexPage.per_page
        for number in range(size + 1):
            send(BulletinPageFactory(), open_list, days_ago=number)
        assert len(client.get("/listserv/").context["items"]) == size
        assert len(client.get("/listserv/?page=2").context["items"]) == 1

    @pytest.mark.parametrize("query", ["page=999", "page=x", "year=%00", "year=99999"])
    def test_no_query_breaks_it(self, query, content, client):
        assert client.get(f"/listserv/?{query}").status_code == 200


class TestTheFeed:
    def test_is_valid_and_has_the_whole_text(self, content, open_list, client):
        bulletin = BulletinPageFactory(with_every_block=True, subject="Fish & <chips>")
        mailing = send(bulletin, open_list)
        answer = client.get("/listserv/feed/")
        assert answer["Content-Type"].startswith("application/atom+xml")
        (entry,) = entries(client)
        assert entry.findtext(f"{ATOM}title") == "Fish & <chips>"
        assert entry.findtext(f"{ATOM}id").startswith("urn:uuid:")
        assert entry.find(f"{ATOM}link").get("href") == f"{settings.BASE_URL}{bulletin.url}"
        assert parse_datetime(entry.findtext(f"{ATOM}published")) == mailing.queued_at
        content = entry.find(f"{ATOM}content")
        assert (content.get("type"), content.get(LANG)) == ("html", "en")
        assert "Words that were said" in content.text
        for address in re.findall(r'(?:href|src)="([^"]+)"', content.text):
            assert address.startswith(("https://", "http://", "mailto:")), address

    def test_no_sign_makes_it_invalid(self, content, open_list, client):
        body = body_of(("quotation", {"text": "a\x0bb ]]> & <i>"}))
        send(BulletinPageFactory(body=body), open_list)
        assert len(entries(client)) == 1

    def test_has_the_latest_first(self, content, open_list, client):
        for days in (20, 1, 7):
            send(BulletinPageFactory(subject=f"{days} days"), open_list, days_ago=days)
        titles = [entry.findtext(f"{ATOM}title") for entry in entries(client)]
        assert titles == ["1 days", "7 days", "20 days"]


@pytest.mark.parametrize("kind", ["index", "bulletin", "feed"])
def test_few_queries_uncached_and_none_cached(
    kind, content, open_list, django_assert_max_num_queries
):
    for days in (9, 5, 1):
        last = BulletinPageFactory(body=every_block())
        send(last, open_list, days_ago=days)
    address = {"index": "/listserv/", "bulletin": last.url, "feed": "/listserv/feed/"}[kind]
    Client().get("/contact/")
    with django_assert_max_num_queries(10):
        assert Client().get(address)["X-Cache"] == "miss"
    with django_assert_max_num_queries(0):
        assert Client().get(address)["X-Cache"] == "hit"


def test_no_bulletin_stands_where_the_feed_answers(content, secretariat):
    index = BulletinIndexPage.objects.get()
    answer = secretariat.get(f"/admin/pages/add/newsletter/bulletinpage/{index.pk}/")
    assert answer.status_code == 200
    form = answer.context["form"].__class__(
        {"title": "x", "slug": "feed", "body-count": "0"},
        instance=BulletinPage(),
        parent_page=index,
    )
    form.is_valid()
    assert "slug" in form.errors
