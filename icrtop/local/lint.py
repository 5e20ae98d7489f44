"""`make lint`: every check that needs no server."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from icrtop.local.folders import CHECKOUT
from icrtop.local.output import say

PACKAGES = ("icrtop", "pages", "members", "events", "newsletter")
# Enough for Django to start with; nothing listens there.
NOWHERE = {
    "DATABASE_URL": "postgres://nobody@/icrtop?host=/nonexistent",
    "REDIS_URL": "unix:///nonexistent/valkey.sock",
}
PRODUCTION = {
    **NOWHERE,
    "DJANGO_SETTINGS_MODULE": "icrtop.settings.production",
    "SECRET_KEY": "for-checks-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
    "ALLOWED_HOSTS": "www.example.org",
    "BASE_URL": "https://www.example.org",
}
TEST = {
    **NOWHERE,
    "DJANGO_SETTINGS_MODULE": "icrtop.settings.test",
    # That no database answers is known.
    "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history",
}


def run(_arguments: list[str]) -> int:
    """Run all checks, print what those that fail say, and return 1 if any did."""
    programs = Path(sysconfig.get_path("scripts"))
    manage = [sys.executable, "manage.py"]
    checks: list[tuple[str, list[str | Path], dict[str, str]]] = [
        ("ruff check", [programs / "ruff", "check", "."], {}),
        ("ruff format", [programs / "ruff", "format", "--check", "."], {}),
        ("djhtml", [programs / "djhtml", "--check", *_templates()], {}),
        ("import-linter", [programs / "lint-imports"], {}),
        ("migrations", [*manage, "makemigrations", "--check", "--dry-run"], TEST),
        (
            "deployment",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            PRODUCTION,
        ),
        ("mypy", [programs / "mypy", *PACKAGES], TEST),
    ]
    failed = []
    for name, command, env in checks:
        done = subprocess.run(
            command, cwd=CHECKOUT, env=os.environ | env, capture_output=True, text=True, check=False
        )
        say("FAILED" if done.returncode else "ok", name)
        if done.returncode:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return int(bool(failed))


def _templates() -> list[Path]:
    return sorted(
        path for folder in ("templates", *PACKAGES) for path in (CHECKOUT / folder).rglob("*.html")
    )
