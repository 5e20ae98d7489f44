"""How much a request may bring along: more is refused before it is read.

Django takes what a form sends apart as soon as its CSRF token is looked for, before any view is
called, and writes files of whatever size to the disk.
"""

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.cache import add_never_cache_headers

type View = Callable[..., HttpResponseBase]

# Of forms without files: Django refuses more than 2.5 MB of fields too.
MOST_BYTES = 3 * 1024 * 1024
# Of documents and pictures that staff upload; docs/operations.md tells the proxy the same.
MOST_ADMIN_BYTES = 50 * 1024 * 1024
ADMIN = "/admin/"

# A browser shows the answer only once it was let finish sending, or nearly so: a file that is not
# very much too large is read and thrown away.
SPARED_BYTES = 20 * 1024 * 1024
SPARED_SECONDS = 15.0
PIECE = 64 * 1024


def takes_at_most(size: int, template: str = "413.html") -> Callable[[View], View]:
    """For views to which more than the usual may be sent: at most `size` bytes, all in all.

    The page that says that it was too much is `template`; its context is `limit`, in words. The
    outermost decorator of a view.
    """

    def decorate(view: View) -> View:
        view.body_limit = (size, template)  # type: ignore[attr-defined] # Read below.
        return view

    return decorate


class BodyLimitMiddleware:
    """Refuses what says it is too long, or does not say how long it is.

    What says it is shorter than it is, is cut: Django reads no more of it than was said. Stands
    before CsrfViewMiddleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH"):
            # RFC 9110, 15.5.12: whoever sends has to say how long it is.
            return _refuse(request, "411.html", 411)
        limit, template = _limit(request, view)
        length = _length(request)
        if length <= limit:
            return None
        if length <= limit + SPARED_BYTES:
            _read_and_forget(request)
        return _refuse(request, template, 413, limit=filesizeformat(limit))


def _limit(request: HttpRequest, view: View) -> tuple[int, str]:
    usual = MOST_ADMIN_BYTES if request.path.startswith(ADMIN) else MOST_BYTES
    limit: tuple[int, str] = getattr(view, "body_limit", (usual, "413.html"))
    return limit


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _read_and_forget(request: HttpRequest) -> None:
    until = time.monotonic() + SPARED_SECONDS
    try:
        while time.monotonic() < until and request.read(PIECE):
            pass
    except OSError:
        pass  # They have gone.


def _refuse(request: HttpRequest, template: str, status: int, **context: str) -> HttpResponse:
    response = render(request, template, context, status=status)
    # What is still on its way is not to be taken for the next request.
    response["Connection"] = "close"
    add_never_cache_headers(response)
    return response
