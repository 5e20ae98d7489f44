"""A Chromium for the browser tests: the machine's, else Debian's, else Playwright's."""

import os
import shutil
import subprocess
import sys

from icrtop.local.output import Failure, say
from icrtop.local.supervisor import Supervisor

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser(supervisor: Supervisor) -> str | None:
    """The path of a Chromium that runs, or None. Raises Failure where BROWSER=required and none."""
    if named := os.environ.get("CHROMIUM"):
        if not _runs(named):
            raise Failure(f"CHROMIUM={named} does not run.")
        return named
    browser = _installed() or _from_debian(supervisor) or _from_playwright(supervisor)
    if browser is None:
        if os.environ.get("BROWSER") == "required":
            raise Failure("No Chromium was found, none could be installed, and BROWSER=required.")
        print("\n  *** NO CHROMIUM: THE BROWSER TESTS ARE SKIPPED ***\n", flush=True)
        return None
    say("Browser", browser)
    return browser


def _installed() -> str | None:
    for name in NAMES:
        path = shutil.which(name)
        if path and _runs(path):
            return path
    return None


def _from_debian(supervisor: Supervisor) -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    say("Browser", "installing Debian's chromium")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    supervisor.run("apt-get update", ["apt-get", "update"], env=env)
    command = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    supervisor.run("apt-get install", command, env=env)
    return _installed()


def _from_playwright(supervisor: Supervisor) -> str | None:
    say("Browser", "installing Playwright's chromium")
    install = [sys.executable, "-m", "playwright", "install", "chromium"]
    supervisor.run("playwright install", install)
    program = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    path = answer.stdout.strip()
    return path if path and _runs(path) else None


def _runs(path: str) -> bool:
    try:
        return not subprocess.run(
            [path, "--version"], capture_output=True, timeout=60, check=False
        ).returncode
    except (OSError, subprocess.SubprocessError):
        return False
