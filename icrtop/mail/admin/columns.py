"""Columns that the lists of the outbox share."""

from collections.abc import Callable
from typing import Any

from django.utils.timesince import timesince
from wagtail.admin.ui.tables import Column

from icrtop.mail.admin.wording import moment


class MomentColumn(Column):
    """A date and time in full; how long ago that was shows where the pointer rests."""

    cell_template_name = "mail/admin/moment_cell.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        value = self.get_value(instance)
        context = super().get_cell_context_data(instance, parent_context)
        return {**context, "moment": moment(value), "ago": timesince(value) if value else ""}


class TextColumn(Column):
    """A value, which leads somewhere if `get_url(row, user)` says where.

    On a phone each row is a list, in which the column's label stands before the value.
    """

    cell_template_name = "mail/admin/text_cell.html"

    def __init__(
        self, name: str, *, get_url: Callable[[Any, Any], str | None] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name, **kwargs)
        self.get_url = get_url

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        user = parent_context["request"].user
        if self.get_url and context["value"]:
            context["url"] = self.get_url(instance, user)
        return context
