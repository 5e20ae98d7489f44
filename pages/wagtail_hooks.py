"""The admin as this site's staff need it."""

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permissions import register_permission_policy
from wagtail.rich_text.feature_registry import FeatureRegistry

from icrtop.mail.permissions import LimitedPolicy
from icrtop.places.models import Country, Region
from pages import admin
from pages.links import PageLink

for place in (Country, Region):
    register_permission_policy(place, LimitedPolicy(place, {"view", "change"}))


@hooks.register("register_admin_viewset")
def register_listings() -> list[ViewSet]:
    return [admin.SituationListing(), admin.DevelopmentListing(), admin.PublicationListing()]


@hooks.register("register_admin_viewset")
def register_places() -> list[ViewSet]:
    return [admin.CountryViewSet(), admin.RegionViewSet()]


@hooks.register("construct_homepage_panels")
def show_what_waits(request: HttpRequest, panels: list[Component]) -> None:
    panels.append(admin.WaitingPanel())


@hooks.register("construct_help_menu")
def hide_news_of_wagtail(request: HttpRequest, items: list[MenuItem]) -> None:
    items[:] = [item for item in items if not item.name.startswith("whats-new")]


@hooks.register("register_rich_text_features", order=100)
def limit_rich_text(features: FeatureRegistry) -> None:
    """What a text may hold where its field does not say: nothing that a block does better."""
    features.register_link_type(PageLink)
    features.default_features = [
        "h3",
        "bold",
        "italic",
        "superscript",
        "ol",
        "ul",
        "link",
        "document-link",
    ]
