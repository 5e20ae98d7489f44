"""Lists that staff take away as a spreadsheet: long ones too, and harmless to open."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped] # no types
from wagtail.admin import messages
from wagtail.admin.views import generic

# Rows that are in memory at a time.
ROWS = 2000
# A workbook cannot be sent while it is written, and takes seconds for each ten thousand rows.
MOST_IN_WORKBOOK = 50_000
# What a spreadsheet takes for a formula: in any width, and behind white space.
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def harmless(value: Any) -> str:
    """Text that no spreadsheet takes for a formula: anyone may begin a name with "="."""
    text = str(value)
    return f"'{text}" if FORMULA.match(text) else text


def printable(value: Any) -> str:
    """Text that can stand in XLSX, where it is marked as text and so is no formula."""
    return ILLEGAL_CHARACTERS_RE.sub(" ", str(value))


class _Rows:
    """A query that is read bit by bit, however often it is looked through."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.queryset = queryset
        self.model = queryset.model

    def __iter__(self) -> Iterator[Any]:
        return self.queryset.iterator(chunk_size=ROWS)


class ExportingIndexView(generic.IndexView):
    """A list that those may export who have a further permission."""

    export_permission = "manage"
    # More than one kind of text comes from outside, so every text is made harmless.
    custom_value_preprocess = {
        **generic.IndexView.custom_value_preprocess,
        (str, Promise): {"csv": harmless, "xlsx": printable},
    }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.is_export:
            return super().get(request, *args, **kwargs)
        if not self.user_has_permission(self.export_permission):
            raise PermissionDenied
        rows = self.get_export_queryset()
        if request.GET["export"] == self.FORMAT_XLSX and rows.count() > MOST_IN_WORKBOOK:
            return self.refuse_workbook(request)
        return self.as_spreadsheet(_Rows(rows), request.GET["export"])

    def refuse_workbook(self, request: HttpRequest) -> HttpResponse:
        text = _(
            "A workbook (XLSX) holds %(most)s rows here. Download CSV, which has no such limit, "
            "or choose fewer rows by the filters."
        )
        messages.warning(request, text % {"most": f"{MOST_IN_WORKBOOK:,}"})
        query = request.GET.copy()
        del query["export"]
        return redirect(f"{request.path}?{query.urlencode()}")

    def get_export_queryset(self) -> QuerySet[Any]:
        """What is exported: the list as it is searched, filtered and sorted."""
        return self.get_queryset()

    @property
    def show_export_buttons(self) -> bool:
        return bool(self.user_has_permission(self.export_permission))
