from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents import urls as wagtaildocs_urls

from icrtop import views
from icrtop.accounts.views import authenticate_with_password
from pages.serving import serve
from pages.views import PageSitemap

handler400 = "icrtop.views.bad_request"

urlpatterns = [
    path("healthz", views.health, name="health"),
    path("favicon.ico", views.favicon),
    path("robots.txt", views.robots),
    path("sitemap.xml", sitemap, {"sitemaps": {"pages": PageSitemap}}),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
]

if hasattr(settings, "DEV_MAIL_DIR"):
    from icrtop.local.views import media

    urlpatterns += [path("dev/mail/", include("icrtop.local.urls"))]
    # On a server the proxy does this; Django's own helper does it in debug mode only.
    urlpatterns += [path("media/<path:path>", media)]

urlpatterns += i18n_patterns(
    # Printed in the brochure without a slash, and so answered without one too.
    path("subscribe", serve, {"path": "subscribe/"}),
    path("join-the-coalition", serve, {"path": "join-the-coalition/"}),
    path("join-the-coalition/apply/", include("members.applying.urls")),
    path("account/organisations/", include("members.self_service.urls")),
    path("committee/", include("members.committee.urls")),
    path("members/", include("members.directory.urls")),
    path("account/", include("icrtop.accounts.urls")),
    path("events/", include("events.urls")),
    path("listserv/", include("newsletter.urls")),
    path("", include("pages.urls")),
    # Wagtail's own addresses: the two at which passwords are tried, of which one door is enough.
    path(
        "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/",
        authenticate_with_password,
        name="wagtailcore_authenticate_with_password",
    ),
    path(
        "_util/login/",
        RedirectView.as_view(pattern_name="wagtailadmin_login", query_string=True),
        name="wagtailcore_login",
    ),
    re_path(wagtail_urls.serve_pattern, serve, name="wagtail_serve"),
    prefix_default_language=False,
)
