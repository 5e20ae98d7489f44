"""What the pages that signed links lead to have in common."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from newsletter import links

type LinkView = Callable[[HttpRequest, str], HttpResponse]


def for_link(view: LinkView) -> LinkView:
    """A page that a signed link leads to: in no cache and no search engine, clear when it fails."""

    @wraps(view)
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except links.PreferencesExpired:
            context = {"token": token}
            response = render(request, "newsletter/renew.html", context, status=410)
        except links.LinkExpired:
            response = render(request, "newsletter/link_expired.html", status=410)
        except links.LinkOfTest:
            response = render(request, "newsletter/link_of_test.html")
        except links.LinkToNothing:
            response = render(request, "newsletter/link_to_nothing.html", status=410)
        except links.LinkInvalid:
            response = render(request, "newsletter/link_invalid.html", status=404)
        response["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


def see(view: str, *args: str, done: str = "") -> HttpResponse:
    """After a button: a page that can be reloaded, and may say what was done."""
    url = reverse(f"newsletter:{view}", args=args, query={"done": done} if done else None)
    return HttpResponseRedirect(url, status=303)
