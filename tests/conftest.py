"""What the whole suite stands on: the site's real content, a cache of its own, and no network.

Tests that use `content` come after those that do not, and so each finds the database as it expects:
with the site in it, or with what the migrations leave. Every test runs in a transaction that is
rolled back. Those that need real transactions come after them, as pytest-django puts them, and
leave an empty database behind; those that drive a browser come last.
"""

import io
import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, override_settings

from icrtop.breaker import redis_breaker

NEEDS_CONTENT = "content"
REAL_TRANSACTIONS = {"transactional_db", "live_server"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        mark = item.get_closest_marker("django_db")
        names = set(getattr(item, "fixturenames", ()))
        if "browser" in item.path.parts:  # They leave an event loop behind.
            return 3
        if names & REAL_TRANSACTIONS or (mark and mark.kwargs.get("transaction")):
            return 2
        return int(NEEDS_CONTENT in names)

    items.sort(key=turn)


@pytest.fixture(scope="session", autouse=True)
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Uploads go into a folder of this run; static files come from where they are written."""
    media, static = tmp_path_factory.mktemp("media"), tmp_path_factory.mktemp("static")
    with override_settings(MEDIA_ROOT=str(media), STATIC_ROOT=str(static)):
        yield media


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Whatever reaches for a machine that is not this one fails, and says what it reached for."""
    connect = socket.socket.connect
    known = {"localhost", "127.0.0.1", "::1", urlsplit(django_settings.REDIS_URL).hostname}
    known |= {one[4][0] for host in known if host for one in socket.getaddrinfo(host, None)}

    def connect_here(self: socket.socket, address: tuple[str, int] | str) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in known:
            raise OSError(f"The tests may not reach {address[0]}.")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield


@pytest.fixture(autouse=True)
def empty_cache(request: pytest.FixtureRequest) -> None:
    """No test finds what another left in the cache, or is limited by what another sent."""
    redis_breaker.reset()
    client = cache._cache.get_client(write=True)
    prefix = django_settings.CACHES["default"]["KEY_PREFIX"]
    for pattern in (f"{prefix}:*", "LIMITS*"):
        if keys := list(client.scan_iter(pattern, count=1000)):
            client.delete(*keys)


@pytest.fixture(scope="session")
def _loaded_content(django_db_setup: None, django_db_blocker) -> None:
    with django_db_blocker.unblock():
        call_command("load_content", stdout=io.StringIO())


@pytest.fixture
def content(_loaded_content: None, db: None) -> None:
    """The site as `make run` shows it: pages, settings, redirects, groups."""


@pytest.fixture
def home(content: None):
    from pages.models import HomePage

    return HomePage.objects.get()


@pytest.fixture
def staff_of(content: None) -> Callable[[str], Client]:
    """Give it the name of a group for a browser in which a member of that group is logged in."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    def log_in(group: str) -> Client:
        user = get_user_model().objects.create_user(
            f"{group.lower().replace(' ', '.')}@example.org", "a long password", is_active=True
        )
        user.groups.add(Group.objects.get(name=group))
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def secretariat(staff_of: Callable[[str], Client]) -> Client:
    """A browser in which someone of the secretariat is logged in."""
    return staff_of("Secretariat")


@pytest.fixture
def editor(staff_of: Callable[[str], Client]) -> Client:
    """A browser in which an editor is logged in, who submits what others publish."""
    return staff_of("Editors")


@pytest.fixture
def administrator(content: None) -> Client:
    """A browser in which a superuser is logged in."""
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.create_superuser("admin@example.org", "a long password")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Background tasks log a line at every step; a test that fails shows what went wrong."""
    logging.getLogger("django_tasks").setLevel(logging.WARNING)
