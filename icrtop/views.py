"""Answers that belong to no app: health, robots.txt and failures."""

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from icrtop.accounts.keeping import keep_from_old_tab


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers and health checks: 200 while the database answers, else 503."""
    try:
        # Not one of the pool's: while the database is away those are waited for, which takes long.
        with psycopg.connect(**connection.get_connection_params(), connect_timeout=3) as database:
            database.execute("SELECT 1")
    except psycopg.Error:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For those who do not read the pages that name the icon, such as feed readers."""
    return redirect(static("img/favicon.ico"))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", "Disallow: /account/", "Disallow: /admin/", "Disallow: /search/"]
    lines += ["", f"Sitemap: {settings.BASE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: sent from elsewhere, or from a browser that refuses cookies.

    Or from a tab that was open before somebody signed in anew, which replaces the token: then what
    was typed is not lost, where the page takes it up.
    """
    return keep_from_old_tab(request) or render(request, "403_csrf.html", status=403)
