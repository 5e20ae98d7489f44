"""Admin views of what the site itself writes: to be searched and read, not edited."""

from datetime import datetime
from typing import Any

from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet


class ReadOnlyInspectView(generic.InspectView):
    def get_field_display_value(self, field_name: str, field: Any) -> Any:
        value = super().get_field_display_value(field_name, field)
        if value in (None, ""):
            return _("None")
        # Wagtail shows what the database holds, which is UTC, as if it were local time.
        if isinstance(value, datetime):
            return date_format(timezone.localtime(value), "j F Y, H:i")
        return value


class ReadOnlyViewSet(ModelViewSet):
    """A list, a search, a page for each row. Register a LimitedPolicy for the model beside it."""

    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_class = ReadOnlyInspectView
    search_backend_name = None
    form_fields: list[str] = []
    list_per_page = 50

    def get_urlpatterns(self) -> list[URLPattern]:
        shown = {"index", "index_results", "inspect"}
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in shown]

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # The views for what nobody may do have no addresses, so nothing may link to them.
        missing = ("add", "edit", "delete", "history", "usage")
        return super().get_common_view_kwargs(
            **{f"{name}_url_name": None for name in missing}, **kwargs
        )

    def register_admin_url_finder(self) -> None:
        """Nothing is edited here, so there is no page to find."""
