"""On a developer's machine: /dev/mail/, the letters that this site has sent, and uploads."""

import ipaddress
import posixpath
from collections.abc import Callable
from functools import wraps
from itertools import islice

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.static import serve

from icrtop.local import letters

SHOWN = 100
# A letter's own HTML: no script, nothing from elsewhere, no access to this site.
LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


def for_developers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show a view to this machine, and to staff from elsewhere: letters hold secrets."""

    @never_cache
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        local = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "0.0.0.0").is_loopback  # noqa: S104
        if not local and not request.user.is_staff:
            return render(request, "local/letters_closed.html", status=403)
        return view(request, *args, **kwargs)

    return guarded


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file that staff uploaded; not a document: Wagtail serves those to whom they are for."""
    if posixpath.normpath(path).lstrip("/").startswith("documents/"):
        raise Http404
    return serve(request, path, document_root=str(settings.MEDIA_ROOT))


@for_developers
def letter_list(request: HttpRequest) -> HttpResponse:
    """All letters, newest first; ?q= keeps those whose sender or recipient contains it."""
    words = request.GET.get("q", "")
    found = list(islice(letters.entries(settings.DEV_MAIL_DIR, words), SHOWN + 1))
    context = {"letters": found[:SHOWN], "more": len(found) > SHOWN, "shown": SHOWN, "q": words}
    return render(request, "local/letters.html", context)


@for_developers
def letter(request: HttpRequest, name: str) -> HttpResponse:
    """One letter: its headers, its text, and its HTML in a frame that can do nothing."""
    return render(request, "local/letter.html", {"letter": _read(name)})


@for_developers
def letter_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part of a letter alone."""
    html = _read(name).html
    if html is None:
        raise Http404
    response = HttpResponse(f'<base target="_blank">{html}')
    response["Content-Security-Policy"] = LETTER_POLICY
    return response


@for_developers
def letter_source(request: HttpRequest, name: str) -> HttpResponse:
    """The letter as a file, byte for byte, under its envelope."""
    try:
        content = letters.raw(settings.DEV_MAIL_DIR, name)
    except FileNotFoundError:
        raise Http404 from None
    return HttpResponse(
        content,
        content_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}.eml"'},
    )


def _read(name: str) -> letters.Letter:
    try:
        return letters.read(settings.DEV_MAIL_DIR, name)
    except FileNotFoundError:
        raise Http404 from None
