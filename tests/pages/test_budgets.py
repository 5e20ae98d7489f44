"""What a visitor's first look at any page may cost: queries, bytes, requests."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page

from icrtop.cache import _next_generation
from tests.pages.trees import page_types

pytestmark = pytest.mark.django_db

MOST_QUERIES = 10
MOST_HTML_AND_CSS = 30 * 1024
MOST_IN_ALL = 100 * 1024
MOST_REQUESTS = 10
# These are compressed already, and sent as they are.
PACKED = {".woff2", ".png", ".jpg", ".jpeg", ".webp", ".avif", ".ico", ".gif"}
# What a browser fetches for each, and by what; an <a> or a canonical link it does not.
FETCHED = {
    "link": ("href", {"stylesheet", "preload", "modulepreload", "icon", "manifest"}),
    "script": ("src", None),
    "img": ("src", None),
    "image": ("href", None),
    "source": ("src", None),
    "use": ("href", None),
    "object": ("data", None),
    "iframe": ("src", None),
}
URL_IN_CSS = re.compile(r"""url\(\s*["']?([^"')]+)""")
IMPORT_IN_JS = re.compile(r"""^\s*(?:import|export)[^"']*["']([^"']+)["']""", re.MULTILINE)


class Resources(HTMLParser):
    """The addresses that a browser fetches to show a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in FETCHED:
            return
        name, relations = FETCHED[tag]
        values = dict(attrs)
        address = (values.get(name) or "").partition("#")[0]
        wanted = relations is None or relations & set((values.get("rel") or "").split())
        # A browser takes one icon, and the vector one where it can.
        is_second_icon = values.get("rel") == "icon" and values.get("sizes")
        if address and wanted and not address.startswith("data:") and not is_second_icon:
            self.found.add(address)


def packed_size(path: Path) -> int:
    content = path.read_bytes()
    return len(content) if path.suffix in PACKED else len(gzip.compress(content))


def static_file(address: str) -> Path:
    """The file behind an address; whatever is not our own static or uploaded file is a defect."""
    for prefix, find in (
        (settings.STATIC_URL, finders.find),
        (settings.MEDIA_URL, lambda name: Path(settings.MEDIA_ROOT) / name),
    ):
        if address.startswith(prefix):
            path = find(address.removeprefix(prefix))
            assert path, f"{address} is nowhere"
            return Path(path)
    raise AssertionError(f"{address} is not served from this site's own files")


def all_resources(html: str) -> dict[str, Path]:
    """What a page needs, and what that needs in turn: fonts of a style sheet, imported modules."""
    found: dict[str, Path] = {}
    waiting = Resources(html).found
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        path = found[address] = static_file(address)
        folder = address.rpartition("/")[0]
        if path.suffix == ".css":
            inner = URL_IN_CSS.findall(path.read_text(encoding="utf-8"))
        elif path.suffix == ".js":
            inner = IMPORT_IN_JS.findall(path.read_text(encoding="utf-8"))
        else:
            inner = []
        for one in inner:
            if not one.startswith(("data:", "#")):
                waiting.add(resolve(folder, one))
    return found


def resolve(folder: str, address: str) -> str:
    if address.startswith("/"):
        return address
    parts = folder.split("/")
    for part in address.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def addresses() -> list[str]:
    """Every page of the tree, and listings as visitors narrow them."""
    pages = [page.get_url() for page in Page.objects.live().filter(depth__gt=1)]
    return [
        *pages,
        "/search/?q=responsibility",
        "/situations/?status=3",
        "/developments/?country=SY&level=un",
        "/publications/?kind=report&page=2",
        "/events/?page=2",
        "/developments/feed/",
        "/publications/rss/",
        "/listserv/feed/",
    ]


@pytest.fixture
def warm(content) -> None:
    """A site that runs: it knows where its pages are, and the types of its content."""
    for address in ("/contact/", "/", "/search/?q=peace"):
        Client().get(address)


def test_few_queries_uncached_and_none_cached(warm):
    needed: dict[str, list[str]] = {}
    for address in addresses():
        _next_generation()
        with CaptureQueriesContext(connection) as queries:
            answer = Client().get(address)
        assert answer.status_code == 200, address
        assert answer["X-Cache"] == "miss", address
        needed[address] = [one["sql"] for one in queries]
        if answer.cookies:  # A page with a form is not kept.
            continue
        with CaptureQueriesContext(connection) as queries:
            again = Client().get(address)
        assert (again["X-Cache"], len(queries)) == ("hit", 0), address
    too_many = {
        path: len(queries) for path, queries in needed.items() if len(queries) > MOST_QUERIES
    }
    assert too_many == {}


@pytest.mark.parametrize("model", page_types(), ids=lambda model: model.__name__)
def test_small_and_in_few_requests(model, warm):
    for page in model.objects.live():
        html = Client().get(page.get_url()).content
        resources = all_resources(html.decode())
        sizes = {address: packed_size(path) for address, path in resources.items()}
        packed = len(gzip.compress(html))
        styles = sum(size for address, size in sizes.items() if address.endswith(".css"))
        assert packed + styles <= MOST_HTML_AND_CSS, (page.get_url(), packed, styles)
        assert packed + sum(sizes.values()) <= MOST_IN_ALL, (page.get_url(), packed, sizes)
        assert 1 + len(sizes) <= MOST_REQUESTS, (page.get_url(), sorted(sizes))


def test_resources_of_resources_are_found(content):
    found = all_resources(Client().get("/").text)
    suffixes = {path.suffix for path in found.values()}
    assert {".css", ".woff2"} <= suffixes


def test_what_is_elsewhere_is_a_defect():
    with pytest.raises(AssertionError, match="not served from this site"):
        all_resources('<script src="https://cdn.example/a.js"></script>')
    with pytest.raises(AssertionError, match="is nowhere"):
        all_resources(f'<link rel="stylesheet" href="{settings.STATIC_URL}css/none.css">')
