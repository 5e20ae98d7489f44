"""The links of a bulletin: which there are, and those of our own that lead to nothing public."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation
from django.utils.translation import gettext as _
from wagtail import blocks
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.images.blocks import ImageBlock
from wagtail.models import Page, Site

from newsletter.models.bulletins import BulletinPage
from pages.models.base import without_private
from pages.old_paths import candidates

SCHEMES = {"http", "https", "mailto", "tel"}


@dataclass(frozen=True)
class Found:
    """A link (by address, or by the key of a page) or an image, and the block that it is in."""

    where: str
    url: str = ""
    page: int | None = None
    image: Any = None


def found_in(bulletin: BulletinPage) -> list[Found]:
    """Every link and image of the bulletin's blocks, in order."""
    found = []
    for number, block in enumerate(bulletin.body, start=1):
        where = f"{number}. {block.block.label}"
        found += list(_found(block.block, block.value, where))
    return found


def external_links(bulletin: BulletinPage) -> list[str]:
    """The http and https addresses on other hosts that the bulletin links to, each once."""
    hosts = _own_hosts()
    urls = (one.url for one in found_in(bulletin))
    external = (url for url in urls if _is_web(url) and urlsplit(url).netloc.lower() not in hosts)
    return list(dict.fromkeys(external))


def wrong_links(bulletin: BulletinPage) -> list[tuple[str, str]]:
    """What is wrong with the links that can be judged without asking others: text and block.

    Of our own site, they must lead to what everybody may read. One query, and one for each
    address of ours that is no page's.
    """
    found = [one for one in found_in(bulletin) if one.url or one.page is not None]
    sites = Site.get_site_root_paths()  # Which Wagtail keeps in the cache.
    roots = (each.root_path for each in sites if bulletin.url_path.startswith(each.root_path))
    root = next(roots, "/")
    hosts = _own_hosts()
    paths = {one.url: _own_path(one.url, hosts) for one in found if one.url}
    places = {path: f"{root}{urlsplit(path).path.strip('/')}/" for path in paths.values() if path}
    places = {path: re.sub("//+", "/", place) for path, place in places.items()}
    pages = _Pages(
        {one.page for one in found if one.page is not None}, set(places.values()), root, bulletin
    )
    wrong = []
    for one in found:
        path = paths.get(one.url)
        if one.page is not None:
            reason = pages.reason(one.page)
        elif path is None:
            reason = reason_against(one.url)
        elif places[path] in pages.by_place:
            reason = pages.reason(pages.by_place[places[path]].pk)
        else:
            reason = _reason_against_path(path)
        if reason:
            wrong.append((reason, one.where))
    return list(dict.fromkeys(wrong))


def reason_against(url: str) -> str:
    """Why an address elsewhere cannot be followed from a letter, or empty."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _("“%s” is no address.") % url
    if parts.scheme.lower() not in SCHEMES:
        return _("“%s” does not begin with https://, http://, mailto: or tel:.") % url
    if _is_web(url) and not parts.hostname:
        return _("“%s” names no site.") % url
    if parts.scheme.lower() == "mailto" and "@" not in parts.path:
        return _("“%s” names no mailbox.") % url
    if parts.scheme.lower() == "tel" and not re.search(r"\d", parts.path):
        return _("“%s” is no telephone number.") % url
    return ""


class _Pages:
    """The pages that links lead to, and which of them everybody may read."""

    def __init__(self, keys: set[int], places: set[str], root: str, bulletin: BulletinPage) -> None:
        wanted = Page.objects.filter(pk__in=keys) | Page.objects.filter(url_path__in=places)
        shown = without_private(Page.objects.live().filter(pk=OuterRef("pk")))
        self.by_key = {page.pk: page for page in wanted.annotate(is_shown=Exists(shown))}
        self.by_place = {page.url_path: page for page in self.by_key.values()}
        self.root = root
        self.bulletin = bulletin

    def reason(self, key: int) -> str:
        """Why readers of the letter cannot follow a link to the page, or empty."""
        page = self.by_key.get(key)
        if page is None:
            return _("A link leads to a page that does not exist any more.")
        if not page.url_path.startswith(self.root):
            return _("“%s” is not on this site.") % page.title
        if page.is_shown or (page.pk == self.bulletin.pk and page.live):
            return ""
        if not page.live:
            return _("“%s” is not published.") % page.title
        return _("“%s” is not for everybody to read.") % page.title


def _reason_against_path(path: str) -> str:
    """Why an address of our own, which is no page's, cannot be followed, or empty."""
    plain = urlsplit(path).path
    for prefix in (settings.MEDIA_URL, settings.STATIC_URL):
        if plain.startswith(prefix):
            is_there = prefix == settings.STATIC_URL or default_storage.exists(
                plain.removeprefix(prefix)
            )
            return "" if is_there else _("There is no file at “%s”.") % plain
    if plain.startswith("/admin/"):
        return _("“%s” is for staff only.") % plain
    view = _view_at(plain)
    if view and view.url_name == "wagtaildocs_serve":
        documents = get_document_model().objects.filter(pk=view.args[0])
        return "" if documents.exists() else _("There is no file at “%s”.") % plain
    if view:
        return ""
    redirects = Redirect.objects.annotate(lower=Lower("old_path"))
    if redirects.filter(lower__in=candidates(path)).exists():
        return ""
    return _("There is no page at “%s”.") % plain


def _view_at(path: str) -> ResolverMatch | None:
    """What answers at a path, with or without its last slash, other than the tree of pages."""
    with translation.override(settings.LANGUAGE_CODE):
        for spelling in (path, f"{path}/"):
            with suppress(Resolver404):
                view = resolve(spelling)
                if view.url_name != "wagtail_serve":
                    return view
    return None


def _found(block: blocks.Block, value: Any, where: str) -> Iterator[Found]:
    for inner, content in _leaves(block, value):
        if not content:
            continue
        if isinstance(inner, ImageBlock):
            yield Found(where, image=content)
        elif isinstance(inner, blocks.PageChooserBlock):
            yield Found(where, page=content.pk)
        elif isinstance(inner, blocks.RichTextBlock):
            yield from _Anchors(content.source, where).found
        elif isinstance(inner, blocks.URLBlock):
            yield Found(where, url=content)


def _leaves(block: blocks.Block, value: Any) -> Iterator[tuple[blocks.Block, Any]]:
    """What a block is made of, down to the fields; an image counts as one."""
    if isinstance(block, blocks.StructBlock) and not isinstance(block, ImageBlock):
        for name, child in block.child_blocks.items():
            yield from _leaves(child, value.get(name))
    else:
        yield block, value


class _Anchors(HTMLParser):
    """The links of rich text as Wagtail keeps it."""

    def __init__(self, source: str, where: str) -> None:
        super().__init__()
        self.where = where
        self.found: list[Found] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag != "a":
            return
        if values.get("linktype") == "page":
            self.found.append(Found(self.where, page=int(values.get("id") or 0)))
        else:
            self.found.append(Found(self.where, url=(values.get("href") or "").strip() or "#"))


def _own_hosts() -> set[str]:
    """The hosts, with their ports, under which this site is reached."""
    roots = [settings.BASE_URL, *(site.root_url for site in Site.get_site_root_paths())]
    return {urlsplit(root).netloc.lower() for root in roots}


def _own_path(url: str, hosts: set[str]) -> str | None:
    """Path and query of an address on our own host; None for one elsewhere, or none at all."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if url.startswith("/") and not url.startswith("//"):
        return url
    if _is_web(url) and parts.netloc.lower() in hosts:
        return parts._replace(scheme="", netloc="").geturl() or "/"
    return None


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http:", "https:"))
