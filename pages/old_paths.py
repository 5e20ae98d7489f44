"""Paths of the old site, which are still printed, cited and linked.

Staff keep them as redirects (Settings → Redirects). A redirect whose old path ends in `/*` stands
for that path and everything below it, so that one row answers a whole category of articles of the
old Joomla site, with any article number and any query such as the one of its print view.

Links are retyped from paper, and pasted together: capitals, double slashes, and the `/index.php` in
front that Joomla itself wrote or left out, make no difference.
"""

import re
from urllib.parse import urlsplit

from django.db.models.functions import Lower
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.utils.encoding import uri_to_iri
from wagtail.contrib.redirects.middleware import RedirectMiddleware
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site

from pages.serving import route

LONGEST = Redirect._meta.get_field("old_path").max_length or 255
SCRIPT = "/index.php"


class OldPathMiddleware(RedirectMiddleware):
    """Wagtail's redirects; then those for the same path in other words, or for all below a path.

    Last, a page of this site whose address was spelled in another way leads to its own address.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        if response.status_code != 404 or "\0" in request.path:
            return response
        return old_path_answer(request) or respelled_answer(request) or response


def old_path_answer(request: HttpRequest) -> HttpResponse | None:
    """Where the redirect leads that says most of the path."""
    wanted = candidates(request.get_full_path())
    site = Site.find_for_request(request)
    found = Redirect.get_for_site(site).annotate(lower=Lower("old_path")).filter(lower__in=wanted)
    # Of two that say as much, the one for this site alone comes first.
    for redirect in sorted(found, key=lambda one: (wanted.index(one.lower), one.site_id is None)):
        if redirect.link:
            answer = (
                HttpResponsePermanentRedirect if redirect.is_permanent else HttpResponseRedirect
            )
            return answer(redirect.link)
    return None


def respelled_answer(request: HttpRequest) -> HttpResponse | None:
    """Where the page is of which the address was written with capitals or too many slashes."""
    path = tidy(request.get_full_path())
    if request.method not in ("GET", "HEAD") or request.path in (path, f"{path}/"):
        return None
    found = route(request, path)
    address = found.page.get_url(request) if found and not found.args and not found.kwargs else ""
    if not address or address == request.path:
        return None
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)


def candidates(full_path: str) -> list[str]:
    """The old paths that stand for a path, in lower case, those that say most of it first."""
    path = tidy(full_path)
    other = path.removeprefix(SCRIPT) if path.startswith(f"{SCRIPT}/") else f"{SCRIPT}{path}"
    longest_first = sorted({*patterns(path), *patterns(other)}, key=len, reverse=True)
    return [one for one in (path, other, *longest_first) if len(one) <= LONGEST]


def patterns(full_path: str) -> list[str]:
    """The old paths ending in `/*` that stand for a path: `/a?b` gives `/a/*` and `/*`."""
    parts = [part for part in tidy(full_path).split("/") if part]
    found = ["/".join(["", *parts[:length], "*"]) for length in range(len(parts), -1, -1)]
    return [one for one in found if len(one) <= LONGEST]


def tidy(full_path: str) -> str:
    """A path in lower case, without its query, its last slash and what is doubled of the others."""
    # Django writes a second slash in front as %2F, so that it does not look like a host.
    single = re.sub(r"^(/|%2F)+", "/", full_path, flags=re.IGNORECASE)
    path = uri_to_iri(urlsplit(Redirect.normalise_path(single, decode_unicode=False)).path)
    return "/" + "/".join(part for part in path.lower().split("/") if part)
