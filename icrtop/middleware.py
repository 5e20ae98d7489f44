"""What every answer passes through: the security policy, compression, the cache of whole pages."""

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware import csp, gzip
from django.utils.cache import get_max_age, set_response_etag

from icrtop.cache import keep_page, kept_page, page_key

NEVER_KEPT = ("/admin/", "/dev/", "/documents/", "/healthz", "/media/", "/static/")
# What a kept page may vary on: the encoding is part of its key, nothing is kept of requests with a
# cookie, and the language follows from the address.
KNOWN_VARIATIONS = {"accept-encoding", "accept-language", "cookie"}
REFUSED_GZIP = re.compile(r"\bgzip\s*;\s*q=0(\.0*)?\s*(,|$)", re.IGNORECASE)


class ContentSecurityPolicyMiddleware(csp.ContentSecurityPolicyMiddleware):
    """Django's policy, loosened where staff see Wagtail's own interface."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not hasattr(response, "_csp_config") and shows_admin_interface(request):
            response._csp_config = settings.ADMIN_CSP  # type: ignore[attr-defined] # read by Django
        return super().process_response(request, response)


def shows_admin_interface(request: HttpRequest) -> bool:
    """Whether the answer is a page of the admin, or one with Wagtail's user bar on it."""
    if request.path.startswith("/admin/"):
        return True
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    user = getattr(request, "user", None)
    return user is not None and user.has_perm("wagtailadmin.access_admin")


class CompressionMiddleware(gzip.GZipMiddleware):
    """Django's compression; what is compressed bears an ETag of what it was before.

    The compressed bytes differ each time, by a little noise against guessing secrets from lengths.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.method == "GET" and response.status_code == 200 and "ETag" not in response:
            set_response_etag(response)
        return super().process_response(request, response)


class PageCacheMiddleware:
    """Serve whole pages from the cache to visitors without a session.

    Kept are answers to GET requests without any cookie that set none and do not forbid it; a page
    with a form sets the CSRF cookie, and is so never kept. The header X-Cache says hit or miss.
    Browsers may keep every page too, but ask each time whether it is still the same; so may shared
    caches on the way, unless the page is one visitor's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        encoding = settle_encoding(request)
        response = self.answer(request, encoding)
        is_personal = is_for_one_visitor(request, response)
        policy = "private, no-cache" if is_personal else "no-cache"
        response.headers.setdefault("Cache-Control", policy)
        return response

    def answer(self, request: HttpRequest, encoding: str) -> HttpResponse:
        if (
            request.method not in ("GET", "HEAD")
            or request.path.startswith(NEVER_KEPT)
            or settings.SESSION_COOKIE_NAME in request.COOKIES
        ):
            return self.get_response(request)
        key = page_key(request, encoding)
        if key and (kept := kept_page(key)):
            kept["X-Cache"] = "hit"
            return kept
        response = self.get_response(request)
        if key and request.method == "GET" and not request.COOKIES and may_be_kept(response):
            keep_page(request, key, response)
        response["X-Cache"] = "miss"
        return response


def is_for_one_visitor(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether an answer holds a token, or what was typed, or what only staff see."""
    return bool(
        response.cookies
        or request.method not in ("GET", "HEAD")
        or settings.SESSION_COOKIE_NAME in request.COOKIES
    )


def settle_encoding(request: HttpRequest) -> str:
    """Reduce Accept-Encoding to what it means here, `gzip` or `identity`, and return it.

    Django compresses for whoever names gzip, also for those who refuse it (`gzip;q=0`, RFC 9110,
    section 12.5.3).
    """
    accepted = request.META.get("HTTP_ACCEPT_ENCODING", "")
    wants_gzip = gzip.re_accepts_gzip.search(accepted) and not REFUSED_GZIP.search(accepted)
    encoding = "gzip" if wants_gzip else "identity"
    request.META["HTTP_ACCEPT_ENCODING"] = encoding
    return encoding


def may_be_kept(response: HttpResponse) -> bool:
    """Whether an answer is the same for everybody who asks for the same address."""
    forbidden = {"private", "no-store", "no-cache"} & set(
        re.findall(r"[a-z-]+", response.get("Cache-Control", "").lower())
    )
    varies_on = set(re.findall(r"[^\s,]+", response.get("Vary", "").lower()))
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not forbidden
        and get_max_age(response) != 0
        and varies_on <= KNOWN_VARIATIONS
        and not hasattr(response, "_csp_config")
    )


class Utf8Middleware:
    """Refuse what is sent in another encoding than UTF-8, which every browser uses for our forms.

    Python knows encodings, such as unicode_escape, that make text which cannot be written back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8", "us-ascii"):
            request.encoding = "utf-8"
            raise BadRequest(f"What was sent is encoded as {charset!r}, not as UTF-8.")
        return self.get_response(request)
