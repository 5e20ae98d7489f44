"""What every answer passes through: the security policy and the cache of whole pages."""

from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.middleware import csp
from django.utils.cache import get_max_age

from icrtop.cache import PAGE_SECONDS, page_key

NEVER_CACHED = ("/admin/", "/dev/", "/documents/", "/media/", "/static/")


def is_staff_request(request: HttpRequest) -> bool:
    return request.path.startswith("/admin/") or settings.SESSION_COOKIE_NAME in request.COOKIES


class ContentSecurityPolicyMiddleware(csp.ContentSecurityPolicyMiddleware):
    """Django's policy, loosened where Wagtail's own interface is shown."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if is_staff_request(request) and not hasattr(response, "_csp_config"):
            response._csp_config = settings.ADMIN_CSP  # type: ignore[attr-defined] # read by Django
        return super().process_response(request, response)


class PageCacheMiddleware:
    """Serve whole pages from the cache to visitors without a session.

    Kept are answers to GET that set no cookie and do not forbid it; a page with a form sets the CSRF
    cookie and is so never kept. The header X-Cache says hit or miss.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.method not in ("GET", "HEAD")
            or request.path.startswith(NEVER_CACHED)
            or settings.SESSION_COOKIE_NAME in request.COOKIES
        ):
            return self.get_response(request)
        encoding = "gzip" if "gzip" in request.headers.get("Accept-Encoding", "") else ""
        key = page_key(request)
        key = key and f"{key}:{encoding}"
        if key and (kept := cache.get(key)) is not None:
            response: HttpResponse = kept
            response["X-Cache"] = "hit"
            return response
        response = self.get_response(request)
        if key and request.method == "GET" and may_be_kept(response):
            cache.set(key, response, PAGE_SECONDS)
        response["X-Cache"] = "miss"
        return response


def may_be_kept(response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "private" not in response.get("Cache-Control", "")
        and get_max_age(response) != 0
    )
