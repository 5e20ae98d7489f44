from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents import urls as wagtaildocs_urls

from icrtop import views
from pages.serving import serve

handler400 = "icrtop.views.bad_request"

urlpatterns = [
    path("healthz", views.health, name="health"),
    path("robots.txt", views.robots),
    path("sitemap.xml", sitemap),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
]

if hasattr(settings, "DEV_MAIL_DIR"):
    from django.views.static import serve as serve_file

    urlpatterns += [path("dev/mail/", include("icrtop.local.urls"))]
    # On a server the proxy does this; Django's own helper does it in debug mode only.
    media = {"document_root": settings.MEDIA_ROOT}
    urlpatterns += [path("media/<path:path>", serve_file, media)]

urlpatterns += i18n_patterns(
    # Printed in the brochure without a slash, and so answered without one too.
    path("subscribe", serve, {"path": "subscribe/"}),
    path("join-the-coalition", serve, {"path": "join-the-coalition/"}),
    path("listserv/", include("newsletter.urls")),
    path("", include("pages.urls")),
    # Wagtail's own addresses, but for the last, at which it serves pages.
    path("", include(wagtail_urls.urlpatterns[:-1])),
    re_path(wagtail_urls.serve_pattern, serve, name="wagtail_serve"),
    prefix_default_language=False,
)
