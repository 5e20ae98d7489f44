"""A real site for real browsers: the processes of `make run`, on a database of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from psycopg import sql
from redis import Redis

from icrtop.local.redis_urls import numbered

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE = "icrtop_browser"
# Another numbered database than that of the tests, so that nobody empties the other's.
REDIS_URL = numbered(settings.REDIS_URL, 7)
READY = re.compile(r"Ready: (\S+)/ +admin \S+ +login (\S+) / (\S+)")

# Chromium's own calls home, which these machines may not make.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Site(NamedTuple):
    url: str
    staff_email: str
    staff_password: str
    var: Path

    def manage(self, *arguments: str) -> str:
        """Run a Django command on the site, and return what it says."""
        command = [sys.executable, "-m", "icrtop.local", "manage", *arguments]
        env = os.environ | {"VAR_DIR": str(self.var)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not os.environ.get("CHROMIUM"):
                item.add_marker(pytest.mark.skip(reason="no Chromium"))


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The address of an empty database on the server of the tests."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(_named(server, "postgres"), autocommit=True) as connection:
        name = sql.Identifier(DATABASE)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name)
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield _named(server, DATABASE)
        connection.execute(drop)


def _named(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()


@pytest.fixture(scope="session")
def site(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    var = tmp_path_factory.mktemp("site")
    env = os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": REDIS_URL,
        "VAR_DIR": str(var),
        "HOST": "127.0.0.1",
        "PORT": "0",
    }
    for name in ("DJANGO_SETTINGS_MODULE", "MAKELEVEL", "SMTP_URL", "BASE_URL"):
        env.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "icrtop.local", "run"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if ready := READY.search(line):
            break
    else:
        pytest.fail("The site did not start:\n" + "".join(said))
    try:
        yield Site(*ready.groups(), var)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(autouse=True)
def no_limits_yet() -> None:
    """All browsers here have one address: what one test sent limits no other."""
    with Redis.from_url(REDIS_URL) as client:
        for key in client.scan_iter("LIMITS*"):
            client.delete(key)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=QUIET, headless=True
        )
        yield browser
        browser.close()


class Complaints:
    """What a browser complained of while a test used it: errors, refusals, foreign addresses."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.seen: list[str] = []
        self.site = site
        context.on("console", self._console)
        context.on("weberror", lambda error: self.seen.append(f"error: {error.error}"))
        context.on("request", self._request)

    def _console(self, message) -> None:
        if message.type == "error":
            self.seen.append(f"console: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:", "about:")):
            self.seen.append(f"foreign address: {request.url}")


@pytest.fixture
def visitor(chromium: Browser, site: Site) -> Iterator[Page]:
    """A page in a new browser; whatever the browser complains of fails the test."""
    context = chromium.new_context(base_url=site.url)
    complaints = Complaints(context, site)
    yield context.new_page()
    context.close()
    assert complaints.seen == []


@pytest.fixture
def plain_visitor(chromium: Browser, site: Site) -> Iterator[Page]:
    """As `visitor`, without JavaScript."""
    context = chromium.new_context(base_url=site.url, java_script_enabled=False)
    complaints = Complaints(context, site)
    yield context.new_page()
    context.close()
    assert complaints.seen == []


@pytest.fixture
def staff(chromium: Browser, site: Site) -> Iterator[Page]:
    """A page of somebody who has logged in to the admin."""
    context = chromium.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/admin/")
    page.get_by_label("E-mail address").fill(site.staff_email)
    page.get_by_label("Password").fill(site.staff_password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")
    yield page
    context.close()
