"""The page types of the site, and small pages for tests that need one of their own."""

from typing import Any

from django.apps import apps
from wagtail.models import Page

from pages.models import BasePage


def page_types() -> list[type[BasePage]]:
    """Every page type of every app."""
    return [model for model in apps.get_models() if issubclass(model, BasePage)]


def add_page[Model: BasePage](parent: Page, model: type[Model], title: str, **fields: Any) -> Model:
    """A live page below another."""
    page = model(title=title, **fields)
    parent.add_child(instance=page)
    page.save_revision().publish()
    return page
