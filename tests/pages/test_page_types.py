"""Every page of the site as a visitor gets it, and every listing at its edges."""

from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from wagtail.models import Page, PageViewRestriction

from icrtop.cache import _next_generation
from pages.models import (
    BackgroundPage,
    DevelopmentIndexPage,
    DevelopmentPage,
    ListingPage,
    PublicationIndexPage,
    PublicationPage,
    SectionPage,
    SituationIndexPage,
    SituationPage,
)
from tests.pages.trees import add_page, page_types

pytestmark = pytest.mark.django_db

VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr", "path", "circle", "rect", "use", "line", "polygon", "polyline", "ellipse",
}  # fmt: skip
LISTINGS = {"/situations/", "/developments/", "/publications/", "/rtop/core-documents/"}


class Document(HTMLParser):
    """A page's parts, and whether its elements are closed in the order they were opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str] = []
        self.texts: dict[str, str] = {}
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        if "id" in values:
            self.ids.append(values["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data

    def all(self, tag: str, **attrs: str) -> list[dict[str, str]]:
        return [
            values
            for name, values in self.tags
            if name == tag and all(values.get(key) == value for key, value in attrs.items())
        ]

    def meta(self, **attrs: str) -> str:
        (one,) = self.all("meta", **attrs)
        return one["content"]


def test_every_page_of_the_site(content):
    addresses = {page.get_url(): page for page in Page.objects.live().filter(depth__gt=1)}
    titles: dict[str, str] = {}
    for path, page in addresses.items():
        answer = Client().get(path)
        assert answer.status_code == 200, path
        document = Document(answer.text)
        assert len(document.all("h1")) == 1, path
        assert len(document.all("main")) == 1, path
        assert document.all("html")[0]["lang"] == "en", path
        assert len(document.ids) == len(set(document.ids)), (path, sorted(document.ids))
        title = document.texts["title"]
        assert (page.seo_title or page.title) in title, path
        assert titles.setdefault(title, path) == path, f"{path} and {titles[title]} share a title"
        assert document.meta(name="description"), path
        (canonical,) = document.all("link", rel="canonical")
        assert canonical["href"] == f"{settings.BASE_URL}{path}"
        assert document.meta(property="og:url") == canonical["href"]
        assert document.meta(property="og:title"), path
        assert document.meta(property="og:description"), path
        assert document.meta(property="og:image").startswith(settings.BASE_URL), path
        for image in document.all("img"):
            assert "alt" in image, path
        if page.depth > 2:
            assert document.all("nav", **{"class": "breadcrumbs"}), path
    assert len(addresses) > 90


def test_every_link_within_the_site_leads_somewhere(content):
    links: dict[str, str] = {}
    for page in Page.objects.live().filter(depth__gt=1):
        for one in Document(Client().get(page.get_url()).text).all("a"):
            address = one.get("href", "")
            if address.startswith("/") and not address.startswith("//"):
                links.setdefault(urlsplit(address)._replace(fragment="").geturl(), page.get_url())
    sign_in = reverse("account:sign_in")
    broken = {}
    for address, found_on in links.items():
        answer = Client().get(address)
        asks_who = answer.status_code == 302 and answer.url.startswith(sign_in)
        if answer.status_code not in (200, 301) and not asks_who:
            broken[address] = found_on
    assert broken == {}
    assert len(links) > 50


def test_the_content_has_a_page_of_every_type(content):
    missing = [model.__name__ for model in page_types() if not model.objects.live().exists()]
    # Nothing was sent yet.
    assert missing == ["BulletinPage"]


class TestListings:
    @pytest.mark.parametrize("path", sorted(LISTINGS))
    @pytest.mark.parametrize(
        "query",
        ["page=2", "page=999", "page=0", "page=x", "page=%00", "page=" + "9" * 5000, "unknown=1",
         "status=3", "status=x", "level=un", "country=SY", "country=%00", "kind=report", "kind=%27",
         "region=002", "crime=genocide&crime=x", "body=%00", "status=" + "9" * 100],
    )  # fmt: skip
    def test_no_query_breaks_one(self, path, query, client, content):
        assert client.get(f"{path}?{query}").status_code == 200

    @pytest.mark.parametrize(
        ("index", "model", "fields"),
        [
            (SituationIndexPage, SituationPage, {"country_id": "KE"}),
            (DevelopmentIndexPage, DevelopmentPage, {"level": "un", "date": "2009"}),
            (PublicationIndexPage, PublicationPage, {"kind": "report", "date": "2009"}),
        ],
    )
    def test_pages_of_one(self, index, model, fields, client, content):
        model.objects.all().update(live=False)
        page = index.objects.order_by("depth").first()
        size = page.per_page
        for number in range(size + 1):
            model_page = model(title=f"Entry {number:03}", slug=f"entry-{number}", **fields)
            page.add_child(instance=model_page)
        first = client.get(page.get_url())
        assert len(first.context["items"]) == size
        second = client.get(f"{page.get_url()}?page=2")
        assert len(second.context["items"]) == 1
        assert 'rel="next"' in first.text
        assert 'rel="prev"' in second.text
        both = [one.title for items in (first, second) for one in items.context["items"]]
        assert len(set(both)) == size + 1

    @pytest.mark.parametrize(
        "index", [SituationIndexPage, DevelopmentIndexPage, PublicationIndexPage]
    )
    def test_an_empty_one_says_so(self, index, client, content):
        for model in (SituationPage, DevelopmentPage, PublicationPage):
            model.objects.all().update(live=False)
        for page in index.objects.live():
            answer = client.get(page.get_url())
            assert "Nothing is published here yet." in answer.text
            Document(answer.text)

    def test_filters_that_leave_nothing_say_how_to_leave_them(self, client, content):
        answer = client.get("/situations/?status=0&crime=genocide")
        if not answer.context["items"]:
            assert "Nothing matches what you chose." in answer.text
        assert answer.context["is_filtered"]

    def test_filters_narrow(self, client, content):
        for path, query, field, wanted in (
            ("/developments/", "level=regional", "level", "regional"),
            ("/publications/", "kind=resolution", "kind", "resolution"),
        ):
            items = client.get(f"{path}?{query}").context["items"]
            assert items.paginator.count > 0
            assert {getattr(one, field) for one in items} == {wanted}

    def test_countries_narrow(self, client, content):
        items = client.get("/developments/?country=SY").context["items"]
        assert items.paginator.count > 0
        for one in items:
            assert "SY" in [country.code for country in one.countries.all()]

    def test_listings_know_all_listing_pages(self, content):
        assert {page.get_url() for page in Page.objects.type(ListingPage).live()} >= LISTINGS


class TestWhoMayReadWhat:
    def test_drafts_are_not_served(self, client, home):
        page = add_page(home, SectionPage, "Hippocampus")
        assert client.get(page.get_url()).status_code == 200
        page.unpublish()
        _next_generation()
        assert client.get(page.get_url()).status_code == 404

    def test_what_is_below_a_private_page_is_private(self, client, home):
        parent = add_page(home, SectionPage, "Door")
        child = add_page(parent, BackgroundPage, "Hippocampus")
        PageViewRestriction.objects.create(page=parent, restriction_type="login")
        for page in (parent, child):
            assert client.get(page.get_url()).status_code == 302

    def test_private_pages_are_in_no_list(self, client, content):
        page = DevelopmentPage.objects.live().newest_first().first()
        assert page.title in client.get("/").text.replace("&#x27;", "'")
        PageViewRestriction.objects.create(page=page, restriction_type="login")
        _next_generation()
        for path in ("/", "/developments/"):
            assert page.get_url() not in client.get(path).text

    def test_a_copy_that_follows_a_private_page_is_private(self, client, home):
        page = add_page(home, SectionPage, "Door")
        PageViewRestriction.objects.create(page=page, restriction_type="login")
        copy = page.create_alias(parent=home, update_slug="window")
        assert client.get(copy.get_url()).status_code == 302


class TestLinksInTexts:
    def test_many_need_one_query(self, home, django_assert_max_num_queries):
        targets = list(Page.objects.live().filter(depth__gt=2)[:12])
        text = '<p><a linktype="page" id="{}">there</a></p>'
        body = [("paragraph", text.format(page.pk)) for page in targets]
        page = add_page(
            home,
            BackgroundPage,
            "Links",
            body=BackgroundPage.body.field.to_python(
                [{"type": kind, "value": value} for kind, value in body]
            ),
        )
        Client().get("/contact/")
        with django_assert_max_num_queries(8):
            answer = Client().get(page.get_url())
        for target in targets:
            assert f'<a href="{target.get_url()}">there</a>' in answer.text

    def test_what_is_gone_is_no_link(self, home):
        body = [{"type": "paragraph", "value": '<p><a linktype="page" id="999999">there</a></p>'}]
        page = add_page(
            home, BackgroundPage, "Links", body=BackgroundPage.body.field.to_python(body)
        )
        answer = Client().get(page.get_url())
        assert answer.status_code == 200
        assert "<a>there</a>" in answer.text


class TestForMachines:
    def test_sitemap_names_every_public_page(self, client, content):
        answer = client.get("/sitemap.xml")
        assert answer["Content-Type"] == "application/xml"
        space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
        entries = ElementTree.fromstring(answer.content).findall(f"{space}url")  # noqa: S314 # Ours.
        found = {one.findtext(f"{space}loc"): one.findtext(f"{space}lastmod") for one in entries}
        pages = Page.objects.live().public().filter(depth__gt=1)
        wanted = {f"{settings.BASE_URL}{page.get_url()}" for page in pages}
        # What is not a page are the members' profiles.
        profiles = found.keys() - wanted
        assert wanted <= found.keys()
        assert len(profiles) == 8
        assert all(one.startswith(f"{settings.BASE_URL}/members/") for one in profiles)
        assert all(found[one] for one in wanted)

    def test_sitemap_leaves_out_what_is_private_or_a_draft(self, client, home):
        private = add_page(home, SectionPage, "Door")
        draft = add_page(home, SectionPage, "Hippocampus")
        draft.unpublish()
        PageViewRestriction.objects.create(page=private, restriction_type="login")
        _next_generation()
        listed = client.get("/sitemap.xml").text
        assert private.slug not in listed
        assert draft.slug not in listed

    def test_robots(self, client, content):
        answer = client.get("/robots.txt")
        assert answer["Content-Type"].startswith("text/plain")
        lines = answer.text.splitlines()
        assert f"Sitemap: {settings.BASE_URL}/sitemap.xml" in lines
        assert "Disallow: /admin/" in lines
        assert "Disallow: /" not in lines

    def test_feeds_are_announced(self, client, content):
        links = Document(client.get("/").text).all("link", rel="alternate")
        assert {one["href"]: one["type"] for one in links} == {
            "/developments/feed/": "application/atom+xml",
            "/publications/feed/": "application/atom+xml",
        }


@pytest.mark.parametrize("path", ["/no-such-page/", "/situations/no-such-page/", "/a/" * 40])
def test_what_is_not_there(path, client, content):
    answer = client.get(path)
    assert answer.status_code == 404
    document = Document(answer.text)
    assert len(document.all("h1")) == 1
    assert document.meta(name="robots") == "noindex"


@pytest.mark.parametrize("path", ["/subscribe", "/join-the-coalition"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_addresses_in_the_brochure_answer_as_printed(path, slash, client, content):
    assert client.get(path + slash).status_code == 200
