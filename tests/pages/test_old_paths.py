"""The old site's paths: each leads for good to where its content lives now."""

from urllib.parse import unquote

import pytest
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from pages.old_paths import LONGEST, patterns

pytestmark = pytest.mark.django_db

ARTICLE = "/index.php/component/content/article"
LAUNCH = (
    f"{ARTICLE}/35-r2pcs-topics/"
    "2144-launch-of-the-international-coalition-for-the-responsibility-to-protect-icrtop"
)
NEWS = (
    f"{ARTICLE}/136-latest-news/"
    "5404--security-council-resolutions-on-thematic-issues-referencing-rtop"
)
PRINTED = "?tmpl=component&print=1"


@pytest.fixture
def redirect(db, content):
    """A redirect in place of the content's own."""
    Redirect.objects.all().delete()

    def add(old_path: str, link: str = "/there/", **fields):
        return Redirect.objects.create(old_path=old_path, redirect_link=link, **fields)

    return add


@pytest.mark.parametrize(
    "path",
    [
        "/about-coalition/founding-purposes",
        "/about-coalition/our-understanding-of-rtop",
        "/crises",
        "/crises/crisis-in-syria",
        "/africa",
        "/publications/rtop-educational-tools",
        "/reports-and-statements/any-report-at-all",
        LAUNCH,
        NEWS,
        f"{ARTICLE}/35-r2pcs-topics/1-any-other",
        f"{ARTICLE}/42-learn-about-the-responsibility-to-protect/99-anything",
        f"{ARTICLE}/129-africa/2-a-b-c",
        f"{ARTICLE}/136-latest-news/3-x",
    ],
)
@pytest.mark.parametrize("ending", ["", "/", PRINTED, f"/{PRINTED}", "?Itemid=1"])
def test_every_known_path_leads_to_a_page(path, ending, client, content):
    answer = client.get(path + ending)
    assert answer.status_code == 301
    assert Page.objects.live().filter(url_path=f"/home{answer.url}").exists()


def test_one_hop_is_enough(client, content):
    answer = client.get(LAUNCH, follow=True)
    assert len(answer.redirect_chain) == 1
    assert answer.status_code == 200


def test_a_category_leads_where_its_articles_do_not_lead_further(client, content):
    assert client.get(f"{ARTICLE}/129-africa/1-x").url != client.get(LAUNCH).url


class TestPatterns:
    def test_one_row_stands_for_everything_below(self, client, redirect):
        redirect("/old/*")
        for path in ("/old/a", "/old/a/b/c/", "/old/a?b=c", "/old"):
            assert client.get(path).url == "/there/"

    def test_it_stands_for_nothing_beside(self, client, redirect):
        redirect("/old/*")
        for path in ("/older/a/", "/a/old/b/", "/ol/"):
            assert client.get(path).status_code == 404

    def test_the_longest_wins_and_a_whole_path_before_all(self, client, redirect):
        redirect("/old/*", "/short/")
        redirect("/old/a/*", "/long/")
        redirect("/old/a/b", "/exact/")
        assert client.get("/old/x").url == "/short/"
        assert client.get("/old/a/c").url == "/long/"
        assert client.get("/old/a/b").url == "/exact/"

    def test_staff_may_make_it_temporary(self, client, redirect):
        redirect("/old/*", is_permanent=False)
        assert client.get("/old/a").status_code == 302

    def test_signs_of_any_script(self, client, redirect):
        redirect("/älter/*")
        assert client.get("/%C3%A4lter/%D8%B3").url == "/there/"

    def test_what_leads_nowhere_is_passed_over(self, client, redirect):
        redirect("/old/a/*", "")
        assert client.get("/old/a/b/").status_code == 404
        redirect("/old/*")
        assert client.get("/old/a/b").url == "/there/"

    def test_pages_come_first(self, client, redirect):
        redirect("/situations/*")
        assert client.get("/situations/syria/").status_code == 200

    def test_browsers_ask_again_as_staff_may_change_it(self, client, redirect):
        redirect("/old/*")
        assert client.get("/old/a")["Cache-Control"] == "no-cache"

    def test_what_they_are(self):
        assert patterns("/a/b/?c=d/e") == ["/a/b/*", "/a/*", "/*"]
        assert patterns("/") == ["/*"]
        assert all(len(one) <= LONGEST for one in patterns("/a" * 4000))


@pytest.mark.parametrize(
    "path", ["/%00", "/a%00b/c", "/[", "/;[/", "/%ff%fe", "/a" * 2000, "/" * 500, "/%2f%2f"]
)
def test_no_path_breaks_it_or_costs_much(path, client, content, django_assert_max_num_queries):
    client.get("/no-such-page/")
    with django_assert_max_num_queries(14):
        assert client.get(path).status_code in (301, 302, 404)


def raw(client, path):
    """What a path is answered with as it stands, two slashes in front included."""
    path, _mark, query = path.partition("?")
    return client.generic("GET", "/", PATH_INFO=unquote(path), QUERY_STRING=query)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/CRISES/Crisis-in-Syria", "/situations/syria/"),
        ("//about-coalition/founding-purposes", "/coalition/founding-purposes/"),
        ("/about-coalition//founding-purposes/", "/coalition/founding-purposes/"),
        ("/%2Fabout-coalition/founding%2Dpurposes", "/coalition/founding-purposes/"),
        ("/index.php/crises/crisis-in-syria?print=1", "/situations/syria/"),
        ("/component/content/article/129-africa/2-x/", "/rtop/regions/africa/"),
        (f"{LAUNCH.upper()}/{PRINTED}", "/developments/the-coalition-is-launched/"),
        ("/Subscribe/", "/subscribe/"),
        ("//subscribe", "/subscribe/"),
        ("/subscribe//", "/subscribe/"),
        ("/Join-The-Coalition/", "/join-the-coalition/"),
        ("/Situations/?region=africa", "/situations/?region=africa"),
    ],
)
def test_spelling_makes_no_difference(path, where, client, content):
    answer = raw(client, path)
    assert (answer.status_code, answer.url) == (301, where)


@pytest.mark.parametrize("path", ["//evil.example/", "/Nope/", "/Situations/NOPE/", "/CRISES%00"])
def test_what_nobody_knows_is_missing(path, client, content):
    assert raw(client, path).status_code == 404


def test_capitals_of_a_form_do_not_lead_away_from_it(client, content):
    assert client.post("/Contact/", {"name": "Jo"}).status_code == 404


def test_what_says_most_wins_whatever_its_spelling(client, redirect):
    redirect("/a/*", "/below/")
    redirect("/A/B", "/exact/")
    assert raw(client, "/a//b").url == "/exact/"
    assert raw(client, "/A/c").url == "/below/"
