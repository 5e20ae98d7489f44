"""What editors fill in to make a page."""

from typing import Any

from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.forms.pages import CopyForm

TAKEN = _("This address belongs to another part of the site. Choose another one.")


class PageForm(WagtailAdminPageForm):
    """Refuses an address at which the site answers with something other than the page."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        slug = cleaned.get("slug")
        if slug and self.parent_page and is_taken(f"{self.parent_page.url_path}{slug}/"):
            self.add_error("slug", TAKEN)
        return cleaned


class PageCopyForm(CopyForm):
    """Offers no aliases, and refuses the addresses that PageForm does.

    An alias repeats everything, also what only one page can have: a UN document symbol.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("alias", None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        slug, parent = cleaned.get("new_slug"), cleaned.get("new_parent_page")
        if slug and parent and is_taken(f"{parent.url_path}{slug}/"):
            self.add_error("new_slug", TAKEN)
        return cleaned


def is_taken(url_path: str) -> bool:
    """Whether something else answers where a page of this url_path (of its tree) would."""
    _root, _home, path = url_path.split("/", 2)
    try:
        return bool(path) and resolve(f"/{path}").url_name != "wagtail_serve"
    except Resolver404:
        return False
