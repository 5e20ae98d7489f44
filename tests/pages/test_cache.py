"""The page cache: exact, emptied by every change, and of no use to those it must not serve."""

import gzip
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisConnectionError
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Locale, Page, PageViewRestriction, Site
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from icrtop import cache as page_cache
from icrtop.middleware import may_be_kept, settle_encoding
from icrtop.places.models import Country, Region
from pages.models import (
    DevelopmentPage,
    SectionPage,
    SiteDocument,
    SiteSettings,
    SituationPage,
)
from tests.pages.trees import add_page

pytestmark = pytest.mark.django_db

PATH = "/search/"


@pytest.fixture
def visitor(content) -> Client:
    return Client()


@pytest.fixture
def is_emptied(django_capture_on_commit_callbacks):
    """Whether what is done within it empties the cache, once it is committed."""

    def check(action) -> bool:
        page_cache.page_key(RequestFactory().get("/"), "identity")
        before = cache.get(page_cache.GENERATION_KEY)
        with django_capture_on_commit_callbacks(execute=True):
            action()
            assert cache.get(page_cache.GENERATION_KEY) == before, "emptied before the commit"
        return cache.get(page_cache.GENERATION_KEY) > before

    return check


class TestServing:
    def test_the_second_visitor_gets_the_same_bytes_without_a_query(
        self, visitor, django_assert_num_queries
    ):
        first = visitor.get(PATH)
        assert first["X-Cache"] == "miss"
        with django_assert_num_queries(0):
            second = Client().get(PATH)
        assert second["X-Cache"] == "hit"
        assert second.content == first.content
        ignored = {"X-Cache"}
        assert {k: v for k, v in second.items() if k not in ignored} == {
            k: v for k, v in first.items() if k not in ignored
        }

    def test_what_is_kept_is_what_rendering_would_give(self, visitor):
        kept = visitor.get(PATH).content
        page_cache._next_generation()
        again = visitor.get(PATH)
        assert again["X-Cache"] == "miss"
        assert again.content == kept

    def test_each_address_has_its_own(self, visitor):
        one = visitor.get("/search/?q=syria")
        other = visitor.get("/search/?q=libya")
        assert other["X-Cache"] == "miss"
        assert one.content != other.content
        assert visitor.get(PATH, headers={"host": "other.example"})["X-Cache"] == "miss"
        assert visitor.get(PATH, secure=True)["X-Cache"] == "miss"

    def test_head_is_answered_from_what_get_left_and_leaves_nothing(self, visitor):
        assert visitor.head(PATH)["X-Cache"] == "miss"
        assert visitor.get(PATH)["X-Cache"] == "miss"
        head = visitor.head(PATH)
        assert head["X-Cache"] == "hit"
        assert head.content == b""

    @pytest.mark.parametrize("path", ["/no-such-page/", "/africa", "/healthz", "/admin/login/"])
    def test_what_is_no_page_is_not_kept(self, path, visitor):
        visitor.get(path)
        assert visitor.get(path).get("X-Cache") != "hit"

    def test_pages_with_a_form_are_not_kept(self, visitor):
        first = visitor.get("/contact/")
        assert settings.CSRF_COOKIE_NAME in first.cookies
        assert Client().get("/contact/")["X-Cache"] == "miss"

    def test_nor_is_what_was_made_for_a_visitor_with_a_cookie(self, visitor):
        visitor.get("/contact/")
        assert visitor.cookies
        visitor.get(PATH)
        assert Client().get(PATH)["X-Cache"] == "miss"
        assert visitor.get(PATH)["X-Cache"] == "hit"

    def test_who_has_a_session_passes_by_it(self, visitor, secretariat):
        visitor.get(PATH)
        assert "X-Cache" not in secretariat.get(PATH)

    def test_what_staff_see_is_not_kept(self, secretariat):
        assert "wagtail-userbar" in secretariat.get(PATH).text
        assert Client().get(PATH)["X-Cache"] == "miss"
        assert "wagtail-userbar" not in Client().get(PATH).text


class TestEncodings:
    @pytest.mark.parametrize(
        ("accepted", "encoding"),
        [
            ("gzip, deflate, br", "gzip"),
            ("gzip;q=0.5", "gzip"),
            ("gzip;q=0", "identity"),
            ("br, gzip; q=0.000, *", "identity"),
            ("deflate", "identity"),
            ("x-gzipped", "identity"),
            ("", "identity"),
        ],
    )
    def test_what_is_settled(self, accepted, encoding):
        request = RequestFactory().get("/", headers={"accept-encoding": accepted})
        assert settle_encoding(request) == encoding

    def test_each_visitor_gets_what_they_can_read(self, visitor):
        plain = visitor.get(PATH)
        packed = visitor.get(PATH, headers={"accept-encoding": "gzip, br"})
        assert packed["X-Cache"] == "miss"
        assert packed["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.content) == plain.content
        refused = visitor.get(PATH, headers={"accept-encoding": "gzip;q=0"})
        assert refused["X-Cache"] == "hit"
        assert "Content-Encoding" not in refused
        assert "accept-encoding" in refused["Vary"].lower()
        kept = visitor.get(PATH, headers={"accept-encoding": "gzip"})
        assert kept["X-Cache"] == "hit"
        assert kept.content == packed.content


class TestAskingAgain:
    """Browsers keep pages too, and ask whether they are still the same (RFC 9110, section 13)."""

    @pytest.mark.parametrize("accepted", ["gzip", "identity"])
    def test_what_is_the_same_is_not_sent_again(self, accepted, visitor):
        headers = {"accept-encoding": accepted}
        first = visitor.get(PATH, headers=headers)
        assert first["Cache-Control"] == "no-cache"
        for state in ("hit", "miss"):
            again = visitor.get(PATH, headers=headers | {"if-none-match": first["ETag"]})
            assert again.status_code == 304
            assert again.content == b""
            assert again["ETag"] == first["ETag"]
            assert state
            page_cache._next_generation()

    def test_what_changed_is(self, visitor, home):
        first = visitor.get(PATH)
        SiteSettings.objects.update(footer_text="Another footer.")
        page_cache._next_generation()
        again = visitor.get(PATH, headers={"if-none-match": first["ETag"]})
        assert again.status_code == 200
        assert again["ETag"] != first["ETag"]


class TestEmptying:
    def test_publishing_in_the_admin(
        self, visitor, administrator, django_capture_on_commit_callbacks
    ):
        page = DevelopmentPage.objects.live().first()
        path = page.get_url()
        before = visitor.get(path)
        assert visitor.get(path)["X-Cache"] == "hit"
        form = nested_form_data(
            {
                "title": "A title that nobody saw before",
                "slug": page.slug,
                "level": page.level,
                "date": page.date,
                "body": streamfield([]),
                "comments": inline_formset([]),
                "action-publish": "1",
            }
        )
        with django_capture_on_commit_callbacks(execute=True):
            saved = administrator.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), form)
        assert saved.status_code == 302
        after = visitor.get(path)
        assert after["X-Cache"] == "miss"
        assert "A title that nobody saw before" in after.text
        assert after.content != before.content

    def test_a_draft_empties_nothing(self, content, is_emptied):
        page = SituationPage.objects.first()
        page.title = "A draft"
        assert not is_emptied(page.save_revision)
        assert is_emptied(page.get_latest_revision().publish)

    @pytest.mark.parametrize(
        "action",
        [
            lambda page: page.save(),
            lambda page: page.unpublish(),
            lambda page: page.delete(),
            lambda page: page.move(page.get_parent(), pos="first-child"),
            lambda page: page.copy(update_attrs={"slug": "copied"}),
            lambda page: PageViewRestriction.objects.create(page=page, restriction_type="login"),
        ],
    )
    def test_what_is_done_to_pages(self, action, content, is_emptied):
        page = SectionPage.objects.last()
        assert is_emptied(lambda: action(page))

    @pytest.mark.parametrize(
        "action",
        [
            lambda: SiteSettings.objects.get().save(),
            lambda: Redirect.objects.create(old_path="/x", redirect_link="/"),
            lambda: Redirect.objects.first().delete(),
            lambda: Country.objects.first().save(),
            lambda: Region.objects.first().save(),
            lambda: Site.objects.get().save(),
            lambda: Locale.objects.get().save(),
            lambda: SiteDocument(title="A", file=ContentFile(b"a", "a.txt")).save(),
        ],
    )
    def test_what_is_done_to_what_pages_show(self, action, content, is_emptied):
        assert is_emptied(action)

    def test_what_visitors_do_not_see(self, content, is_emptied):
        assert not is_emptied(lambda: Group.objects.create(name="X"))

    def test_nothing_is_emptied_by_what_is_rolled_back(
        self, content, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks() as callbacks:
            SiteSettings.objects.get().save()
        assert callbacks, "the emptying must wait for the commit"


class TestPrivatePages:
    @pytest.mark.parametrize("kind", ["login", "password", "groups"])
    def test_they_are_never_kept(self, kind, visitor, home):
        page = add_page(home, SectionPage, "Behind a door")
        PageViewRestriction.objects.create(page=page, restriction_type=kind, password="sesame")
        visitor.get(page.get_url())
        again = Client().get(page.get_url())
        assert again.get("X-Cache") != "hit"
        assert "Behind a door</h1>" not in again.text

    def test_a_password_is_asked_for_without_a_word_of_the_page(self, visitor, home):
        page = add_page(home, SectionPage, "Behind a door")
        PageViewRestriction.objects.create(
            page=page, restriction_type="password", password="sesame"
        )
        asked = visitor.get(page.get_url())
        assert "This page needs a password" in asked.text
        assert "Behind a door" not in asked.text
        form = {"password": "sesame", "return_url": page.get_url()}
        action = re.search(r'action="(/_util/[^"]+)"', asked.text).group(1)
        opened = visitor.post(action, form, follow=True)
        assert "Behind a door</h1>" in opened.text

    def test_a_page_that_becomes_private_is_at_once(
        self, visitor, home, django_capture_on_commit_callbacks
    ):
        page = add_page(home, SectionPage, "Behind a door")
        visitor.get(page.get_url())
        assert visitor.get(page.get_url())["X-Cache"] == "hit"
        with django_capture_on_commit_callbacks(execute=True):
            PageViewRestriction.objects.create(page=page, restriction_type="login")
        assert visitor.get(page.get_url()).status_code == 302


class TestRoom:
    def test_queries_without_end_take_no_room_from_plain_addresses(self, visitor, monkeypatch):
        size = len(visitor.get("/search/?q=a").content)
        monkeypatch.setattr(page_cache, "ROOM_BYTES", 3 * size)
        for number in range(6):
            visitor.get(f"/search/?q=a{number}")
        assert visitor.get("/search/?q=a5")["X-Cache"] == "miss"
        visitor.get(PATH)
        assert visitor.get(PATH)["X-Cache"] == "hit"

    def test_nothing_is_kept_for_ever(self, visitor):
        visitor.get(PATH)
        client = cache._cache.get_client(write=True)
        keys = list(client.scan_iter("icrtop*page*"))
        assert len(keys) >= 3
        endless = [key for key in keys if client.ttl(key) == -1]
        assert [key.decode().rpartition(":")[2] for key in endless] == [page_cache.GENERATION_KEY]


class TestWithoutRedis:
    @pytest.fixture
    def away(self, monkeypatch):
        def fail(*args, **kwargs):
            raise RedisConnectionError("away")

        monkeypatch.setattr("redis.client.Redis.execute_command", fail)

    def test_pages_are_served(self, visitor, away):
        for _time in range(2):
            answer = visitor.get(PATH)
            assert answer.status_code == 200
            assert answer["X-Cache"] == "miss"

    def test_staff_can_publish(self, visitor, away, django_capture_on_commit_callbacks):
        page = SectionPage.objects.first()
        with django_capture_on_commit_callbacks(execute=True):
            page.save_revision().publish()
        assert visitor.get(PATH).status_code == 200

    def test_a_lost_number_is_followed_by_a_greater_one(self, visitor):
        visitor.get(PATH)
        page_cache._next_generation()
        before = cache.get(page_cache.GENERATION_KEY)
        cache.delete(page_cache.GENERATION_KEY)
        visitor.get(PATH)
        assert cache.get(page_cache.GENERATION_KEY) > before
        cache.delete(page_cache.GENERATION_KEY)
        page_cache._next_generation()
        assert cache.get(page_cache.GENERATION_KEY) > before


def answer(**headers: str) -> HttpResponse:
    return HttpResponse("x", headers={name.replace("_", "-"): one for name, one in headers.items()})


def with_cookie() -> HttpResponse:
    response = answer()
    response.set_cookie("a", "b")
    return response


def with_policy() -> HttpResponse:
    response = answer()
    response._csp_config = {}
    return response


class TestWhatMayBeKept:
    @pytest.mark.parametrize(
        "response",
        [
            HttpResponse(status=404),
            HttpResponse(status=301),
            HttpResponse(status=500),
            StreamingHttpResponse(["x"]),
            with_cookie(),
            with_policy(),
            answer(Cache_Control="private"),
            answer(Cache_Control="No-Store"),
            answer(Cache_Control="no-cache"),
            answer(Cache_Control="max-age=0, public"),
            answer(Vary="*"),
            answer(Vary="Accept-Encoding, User-Agent"),
        ],
    )
    def test_not_these(self, response):
        assert not may_be_kept(response)

    @pytest.mark.parametrize(
        "response",
        [answer(), answer(Vary="Cookie, Accept-Encoding"), answer(Cache_Control="max-age=9")],
    )
    def test_but_these(self, response):
        assert may_be_kept(response)


class TestPolicy:
    """The security policy is Django's for visitors, and loosened only where staff see the admin."""

    def test_visitors(self, visitor):
        policy = visitor.get(PATH)["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert visitor.get(PATH)["Content-Security-Policy"] == policy

    def test_a_cookie_alone_loosens_nothing(self, visitor):
        visitor.cookies[settings.SESSION_COOKIE_NAME] = "made-up"
        assert "unsafe" not in visitor.get(PATH)["Content-Security-Policy"]

    def test_staff(self, secretariat):
        for path in (PATH, "/admin/"):
            assert "unsafe-inline" in secretariat.get(path)["Content-Security-Policy"]

    def test_the_page_of_signing_in(self, visitor):
        assert "unsafe-inline" in visitor.get("/admin/login/")["Content-Security-Policy"]


def test_every_page_of_the_tree_is_kept_but_those_with_forms(visitor):
    """What is never kept is known, so that a page does not slip out of the cache unseen."""
    forms = set()
    for page in Page.objects.live().filter(depth__gt=1):
        path = page.get_url()
        visitor.cookies.clear()
        if visitor.get(path).cookies:
            forms.add(page.specific_class.__name__)
            continue
        assert visitor.get(path)["X-Cache"] == "hit", path
    assert forms == {"ContactPage", "SubscribePage"}


def test_pages_hold_no_nonce(visitor):
    assert not re.search(r"nonce", visitor.get(PATH).text)
