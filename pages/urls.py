from collections.abc import Callable

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from pages import feeds, views


def serve(feed: type[Feed]) -> Callable[[HttpRequest], HttpResponse]:
    """A view that makes a feed anew for each request, as a feed keeps what it was asked."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return feed()(request)

    return view


urlpatterns = [
    path("search/", views.search, name="search"),
    path("developments/feed/", serve(feeds.Developments), name="developments_feed"),
    path("developments/rss/", serve(feeds.DevelopmentsRSS), name="developments_rss"),
    path("publications/feed/", serve(feeds.Publications), name="publications_feed"),
    path("publications/rss/", serve(feeds.PublicationsRSS), name="publications_rss"),
]
