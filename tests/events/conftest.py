import pytest
from wagtail.models import Page, Site

from events.models import EventIndexPage
from pages.models import HomePage


@pytest.fixture
def home(db):
    """A home page at /."""
    home = Page.objects.get(depth=1).add_child(instance=HomePage(title="Home", slug="events-home"))
    Site.objects.filter(is_default_site=True).update(root_page=home)
    Site.clear_site_root_paths_cache()
    return home


@pytest.fixture
def index(home):
    return home.add_child(instance=EventIndexPage(title="Events", slug="events"))
