"""Paths of the old site, which are still printed, cited and linked.

Staff keep them as redirects (Settings → Redirects). A redirect whose old path ends in `/*` stands for
everything below it, so that one row answers a whole category of articles of the old Joomla site,
with any article number and any query such as the one of its print view.
"""

from urllib.parse import urlsplit

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from wagtail.contrib.redirects.middleware import RedirectMiddleware, get_redirect
from wagtail.contrib.redirects.models import Redirect


class OldPathMiddleware(RedirectMiddleware):
    """Wagtail's redirects, and after them those that stand for everything below a path."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        if response.status_code != 404:
            return response
        path = urlsplit(Redirect.normalise_path(request.get_full_path(), decode_unicode=False)).path
        while path.strip("/"):
            path = path.rpartition("/")[0]
            redirect = get_redirect(request, f"{path}/*")
            if redirect and redirect.link:
                answer = (
                    HttpResponsePermanentRedirect if redirect.is_permanent else HttpResponseRedirect
                )
                return answer(redirect.link)
        return response
