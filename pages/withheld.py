"""Pages that are live and yet not for visitors, such as a bulletin before it is sent.

A page type that has such pages has a class method `withheld()`, which returns them as a queryset.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, QuerySet
from wagtail.models import Page
from wagtail.query import PageQuerySet

Withheld = Callable[[], QuerySet[Any]]


@cache
def _withholding() -> tuple[Withheld, ...]:
    """What gives the withheld pages, of each type that has any."""
    return tuple(
        model.withheld
        for model in apps.get_models()
        if issubclass(model, Page) and hasattr(model, "withheld")
    )


def without_withheld[Pages: PageQuerySet](pages: Pages) -> Pages:
    """The pages but for those that are withheld from visitors, without a query of its own."""
    for withheld in _withholding():
        pages = pages.filter(~Exists(withheld().filter(pk=OuterRef("pk"))))
    return pages


def is_shown(page: Page) -> bool:
    """Whether a page is live and not withheld; a query only for types that withhold some."""
    withheld: Withheld | None = getattr(page.specific_class, "withheld", None)
    return bool(page.live) and not (withheld and withheld().filter(pk=page.pk).exists())
