"""What editors fill in to make a page."""

from typing import Any

from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm


class PageForm(WagtailAdminPageForm):
    """Refuses an address at which the site answers with something other than the page."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        slug = cleaned.get("slug")
        if slug and self.parent_page and is_taken(f"{self.parent_page.url_path}{slug}/"):
            self.add_error(
                "slug", _("This address belongs to another part of the site. Choose another one.")
            )
        return cleaned


def is_taken(url_path: str) -> bool:
    """Whether something else answers where a page of this url_path (of its tree) would."""
    _root, _home, path = url_path.split("/", 2)
    try:
        return bool(path) and resolve(f"/{path}").url_name != "wagtail_serve"
    except Resolver404:
        return False
