"""What is served at an address of its own and is not a page of the tree."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pages.search import MAX_LENGTH, Search, clean

PER_PAGE = 10


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The pages that hold all the words of `q`, of one `kind` and `country`, ten to a `page`.

    `query` is understood as well as `q`.
    """
    typed = clean(request.GET.get("q") or request.GET.get("query", ""))
    query = typed[:MAX_LENGTH].strip()
    one = Search(query, request.GET.get("kind", ""), request.GET.get("country", ""))
    # Links to further results repeat what was searched for, not whatever was sent.
    request.GET = request.GET.copy()  # type: ignore[assignment] # a QueryDict like any other
    request.GET.pop("query", None)
    for name in ("kind", "country"):
        request.GET[name] = getattr(one, name)
    request.GET["q"] = query
    context = {"title": gettext("Search"), "query": query, "kind": one.kind, "country": one.country}
    return render(request, "pages/search.html", context | found_by(one, request, len(typed)))


def found_by(one: Search, request: HttpRequest, typed: int) -> dict[str, Any]:
    """What the page of results shows: `results`, `kinds`, `countries`, `is_close`, `message`.

    `typed` is how many characters the visitor sent.
    """
    if not one.query:
        return {"message": ""}
    if not one.is_telling:
        return {"message": gettext("Write at least one word of two letters or more.")}
    paginator = Paginator(one.found, PER_PAGE)
    paginator.count = one.total  # type: ignore[method-assign] # known without a query of its own
    results = paginator.get_page(request.GET.get("page"))
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
