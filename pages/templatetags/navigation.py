"""The menus, and what staff set for the whole site."""

from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.template import Context
from wagtail.fields import StreamValue
from wagtail.models import Page

from pages.models import SiteSettings
from pages.withheld import is_shown

register = template.Library()


@dataclass(frozen=True)
class MenuItem:
    """A link of a menu; `current` is the value of aria-current, or empty."""

    label: str
    url: str
    current: str


@dataclass(frozen=True)
class Navigation:
    settings: SiteSettings
    main: list[MenuItem]
    footer: list[MenuItem]

    @property
    def name(self) -> str:
        """What the site calls itself where there is little room."""
        return self.settings.acronym or self.settings.organisation


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> Navigation:
    """The site's settings with its menus, loaded once for a request."""
    request: HttpRequest = context["request"]
    found: Navigation | None = getattr(request, "_navigation", None)
    if found is None:
        found = load(request)
        request._navigation = found  # type: ignore[attr-defined] # kept for the request's life
    return found


def load(request: HttpRequest) -> Navigation:
    settings = SiteSettings.for_request(request)
    menus = {name: entries(getattr(settings, name)) for name in ("main_menu", "footer_menu")}
    # For a page of the tree, they were fetched on the way to it.
    pages = getattr(request, "_menu_pages", None)
    if pages is None:
        pages = Page.objects.in_bulk(settings.menu_page_ids)

    def items(name: str) -> list[MenuItem]:
        return [
            menu_item(request, pages[pk], label)
            for pk, label in menus[name]
            if pk in pages and is_shown(pages[pk])
        ]

    return Navigation(settings, items("main_menu"), items("footer_menu"))


def entries(menu: StreamValue) -> list[tuple[int, str]]:
    """Primary key and label of each page of a menu, without a query for either."""
    values = [one["value"] for one in menu.raw_data if one["type"] == "page"]
    return [(one["page"], one.get("label") or "") for one in values if one.get("page")]


def menu_item(request: HttpRequest, page: Page, label: str) -> MenuItem:
    url = page.get_url(request) or ""
    current = ""
    if request.path == url:
        current = "page"
    elif page.depth > 2 and request.path.startswith(url):
        current = "true"
    return MenuItem(label or page.title, url, current)
