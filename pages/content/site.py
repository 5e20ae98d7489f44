"""The site's row, its settings and menus."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from wagtail.models import Page, Site

from pages.content.markup import FindPage
from pages.content.sketch import HERE, read_toml
from pages.models import HomePage, SiteSettings


def make_room(root: Page) -> None:
    """Move Wagtail's "Welcome" page off the home page's place, until `adopt` deletes it."""
    for welcome in _welcome_pages(root):
        welcome.slug = "welcome-to-wagtail"
        welcome.save()


def adopt(home: HomePage) -> None:
    """Make the home page the site's root, name the site and its address, and drop "Welcome"."""
    address = urlsplit(settings.BASE_URL)
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    site.hostname = address.hostname or "localhost"
    site.port = address.port or (443 if address.scheme == "https" else 80)
    site.site_name = settings.WAGTAIL_SITE_NAME
    site.root_page = home
    site.save()
    for welcome in _welcome_pages(home.get_parent()):
        welcome.delete()


def _welcome_pages(root: Page) -> list[Page]:
    """Wagtail's own first page: of no type of ours, and with nothing below it."""
    children = root.get_children().exact_type(Page)
    return [page for page in children if page.numchild == 0]


def load_settings(find_page: FindPage) -> bool:
    """Fill the site's settings, if nobody has set any yet; whether that was so."""
    site = Site.objects.get(is_default_site=True)
    row = SiteSettings.for_site(site)
    names = [field.name for field in SiteSettings._meta.fields if field.name not in ("id", "site")]
    if any(getattr(row, name) for name in names):
        return False
    for name, value in read_toml(HERE / "settings.toml").items():
        if name in ("main_menu", "footer_menu"):
            value = _menu(value, find_page)
        elif name == "donors":
            value = [{"type": "donor", "value": donor} for donor in value]
        setattr(row, name, _as_stored(name, value))
    row.save()
    return True


def _menu(entries: list[dict[str, str]], find_page: FindPage) -> list[dict[str, Any]]:
    """The blocks of a menu; an entry whose page is not there is left out."""
    linked = ((find_page(entry["page"]), entry.get("label", "")) for entry in entries)
    return [
        {"type": "page", "value": {"page": page, "label": label}} for page, label in linked if page
    ]


def _as_stored(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return SiteSettings._meta.get_field(name).stream_block.to_python(value)
    return value
