"""Paths of the old site, which are still printed, cited and linked.

Staff keep them as redirects (Settings → Redirects). A redirect whose old path ends in `/*` stands
for that path and everything below it, so that one row answers a whole category of articles of the
old Joomla site, with any article number and any query such as the one of its print view.
"""

from urllib.parse import urlsplit

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

LONGEST = Redirect._meta.get_field("old_path").max_length or 255


class OldPathMiddleware(RedirectMiddleware):
    """Wagtail's redirects, and after them those that stand for everything below a path."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        if response.status_code != 404 or "\0" in request.path:
            return response
        site = Site.find_for_request(request)
        below = Redirect.get_for_site(site).filter(old_path__in=patterns(request.get_full_path()))
        # The longest says most; of two that are as long, the one for this site alone comes first.
        for redirect in sorted(below, key=lambda one: (-len(one.old_path), one.site_id is None)):
            if redirect.link:
                answer = (
                    HttpResponsePermanentRedirect if redirect.is_permanent else HttpResponseRedirect
                )
                return answer(redirect.link)
        return response


def patterns(full_path: str) -> list[str]:
    """The old paths ending in `/*` that stand for a path: `/a?b` gives `/a/*` and `/*`."""
    path = uri_to_iri(urlsplit(Redirect.normalise_path(full_path, decode_unicode=False)).path)
    parts = [part for part in path.split("/") if part]
    found = ["/".join(["", *parts[:length], "*"]) for length in range(len(parts), -1, -1)]
    return [one for one in found if len(one) <= LONGEST]
