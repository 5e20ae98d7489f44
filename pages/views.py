"""What is served at an address of its own and is not a page of the tree."""

from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from wagtail.contrib.sitemaps import Sitemap
from wagtail.query import PageQuerySet

from pages.search import MAX_LENGTH, Search, clean
from pages.withheld import without_withheld

PER_PAGE = 10


class PageSitemap(Sitemap):
    """Wagtail's, with the addresses that the pages themselves name as theirs."""

    def items(self) -> PageQuerySet:
        return without_withheld(super().items())

    def _urls(self, page: int | str, protocol: str, domain: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = super()._urls(page, protocol, domain)
        for entry in entries:
            path = urlsplit(entry["location"]).path
            entry["location"] = urljoin(settings.BASE_URL, path)
        return entries


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The pages that hold all the words of `q`, of one `kind` and `country`, ten to a `page`.

    `query` is understood as well as `q`.
    """
    typed = clean(request.GET.get("q") or request.GET.get("query", ""))
    query = typed[:MAX_LENGTH].strip()
    number = request.GET.get("page", "")
    one = Search(query, request.GET.get("kind", ""), request.GET.get("country", ""))
    # Links to further results repeat what was searched for, not whatever was sent.
    kept = {"q": query, "kind": one.kind, "country": one.country}
    request.GET = QueryDict(urlencode({name: value for name, value in kept.items() if value}))
    context = {"title": gettext("Search"), "query": query, "kind": one.kind, "country": one.country}
    return render(request, "pages/search.html", context | found_by(one, number, len(typed)))


def found_by(one: Search, number: str, typed: int) -> dict[str, Any]:
    """What the page of results shows, but for what was asked.

    `number` is the page that was asked for, `typed` how many characters the visitor sent.
    """
    if not one.query:
        return {"message": ""}
    if not one.is_telling:
        return {"message": gettext("Write at least one word of two letters or more.")}
    paginator = Paginator(one.found, PER_PAGE)
    paginator.count = one.total  # Known without a query of its own.
    results = paginator.get_page(number)
    message = ""
    if typed > MAX_LENGTH:
        message = gettext(
            "That is more than %(number)d characters. Only the beginning was searched for."
        ) % {"number": MAX_LENGTH}
    if not one.total:
        results = Paginator(one.close()[:PER_PAGE], PER_PAGE).get_page(1)
    return {
        "results": results,
        "hits": one.hits(results.object_list),
        "is_close": not one.total,
        "kinds": one.kind_options(),
        "countries": one.country_options(),
        "message": message,
    }
