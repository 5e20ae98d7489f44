"""Finding pages for visitors with few queries.

Wagtail finds a page level by level, then asks for its ancestors twice more, for restrictions, and
for a language at every step. Here the whole way down to a page is one query, which also says
whether anything on it is private, and brings the pages of the menus along; the page itself is
another.
"""

from itertools import accumulate

from django.conf import settings
from django.db.models import Case, Exists, OuterRef, Q, When
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from wagtail import views
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.url_routing import RouteResult

from pages.models import BasePage, SiteSettings

# No page lies deeper; what follows in an address is for the page itself to make sense of.
DEEPEST = 20


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """Wagtail's view for pages, with the page found as `route` does."""
    # Where Wagtail remembers what it found for a request, and looks first.
    request._wagtail_route_for_request = route(request, path)  # type: ignore[attr-defined]
    return views.serve(request, path)


def route(request: HttpRequest, path: str) -> RouteResult | None:
    """The page at a path of the site that the request is for, as `Page.route_for_request` does.

    The page knows its breadcrumbs, and whether everything on the way to it is public.
    """
    site = Site.find_for_request(request)
    if site is None:
        return None
    root = site.root_page
    if get_language() != settings.LANGUAGE_CODE:
        root = root.localized
    parts = [part for part in path.split("/") if part]
    addresses = accumulate((f"{part}/" for part in parts[:DEEPEST]), initial=root.url_path)
    menu = SiteSettings.for_request(request).menu_page_ids
    on_the_way = Q(url_path__in=list(addresses), path__startswith=root.path)
    found = list(
        Page.objects.filter(on_the_way | Q(pk__in=menu))
        .annotate(
            is_on_the_way=Case(When(on_the_way, then=True), default=False),
            is_private=Exists(PageViewRestriction.objects.filter(page=OuterRef("pk"))),
        )
        .order_by("depth")
    )
    request._menu_pages = {  # type: ignore[attr-defined] # for the navigation
        page.pk: page for page in found if page.pk in menu
    }
    way = [page for page in found if page.is_on_the_way]
    model = way[-1].specific_class
    if not (model and issubclass(model, BasePage)):  # Wagtail's own, before there is any content.
        return None
    page = model.for_visitors().get(pk=way[-1].pk)
    page.breadcrumbs = [one for one in way[:-1] if one.live]
    page.is_known_public = not any(one.is_private or one.alias_of_id for one in way)
    try:
        return page.route(request, parts[len(way) - 1 :])
    except Http404:
        return None
