"""The search index while many pages are made: once for each page, not at every step of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db.models.signals import post_save
from modelsearch.signal_handlers import post_save_signal_handler
from wagtail.models import Page
from wagtail.search.backends import get_search_backend


@contextmanager
def index_left_alone(models: Iterable[type[Page]]) -> Iterator[None]:
    """Within it, what is saved of these models does not reach the search index."""
    silenced = [
        model for model in set(models) if post_save.disconnect(post_save_signal_handler, model)
    ]
    try:
        yield
    finally:
        for model in silenced:
            post_save.connect(post_save_signal_handler, sender=model)


def index_pages(pages: Iterable[Page]) -> None:
    """Put pages into the search index."""
    by_model = defaultdict(list)
    for page in pages:
        by_model[type(page)].append(page.pk)
    for model, numbers in by_model.items():
        indexed = model.get_indexed_objects().filter(pk__in=numbers)
        get_search_backend().add_bulk(model, indexed)
