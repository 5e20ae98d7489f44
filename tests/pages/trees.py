"""The page types of the site, and small pages for tests that need one of their own."""

from django.apps import apps

from pages.models import BasePage


def page_types() -> list[type[BasePage]]:
    """Every page type of every app."""
    return [model for model in apps.get_models() if issubclass(model, BasePage)]
