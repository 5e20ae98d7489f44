"""What must be done before the site can start, in one process as Django takes its time to load.

Run by the supervisor as `python -m icrtop.local.prepare`; prints a line of progress per step.
"""

import hashlib
import os
import sys
import time
import traceback
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings

from icrtop.local.output import Failure, report, say


def main() -> int:
    """Run every step; return the exit code."""
    log = Path(os.environ["VAR_DIR"]) / "log" / "preparation.log"
    step = "The settings"
    try:
        django.setup()
        for step, function in STEPS.items():  # noqa: B007 # read where an error is reported
            function()
    except Failure as failure:
        report(failure)
        return 1
    except Exception as error:
        log.write_text(traceback.format_exc())
        lines = str(error).strip().splitlines()
        reason = f"{type(error).__name__}{f': {lines[0]}' if lines else ''}"
        report(Failure(f"{step} failed. {reason} (more in {log})"))
        return 1
    return 0


def check_servers() -> None:
    """Raise Failure if a server that the environment names does not answer."""
    import psycopg
    import redis
    from django.db import connection

    parameters = connection.get_connection_params()
    try:
        psycopg.connect(**parameters, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        database = settings.DATABASES["default"]
        where = f"{database['HOST'] or 'localhost'}:{database['PORT'] or 5432}/{database['NAME']}"
        raise Failure(
            f"PostgreSQL does not answer at {where}: {str(error).strip().splitlines()[-1]}"
        ) from None
    try:
        redis.from_url(settings.REDIS_URL, socket_connect_timeout=5, socket_timeout=5).ping()
    except (redis.RedisError, OSError, ValueError) as error:
        address = urlsplit(settings.REDIS_URL)
        where = address.netloc.rpartition("@")[2] or address.path
        raise Failure(f"Redis does not answer at {where}: {error}") from None


def migrate() -> None:
    """Bring the database's tables up to date."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    started = time.monotonic()
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        say("Migrations", f"applying {len(plan)}")
        call_command("migrate", interactive=False, verbosity=0)
        say("Migrations", f"applied ({time.monotonic() - started:.1f} s)")
    else:
        say("Migrations", "none to apply")


def load_content() -> None:
    """Fill a database that has no content yet."""
    from django.core.management import call_command

    from pages.models import HomePage

    if HomePage.objects.exists():
        say("Content", "there")
        return
    started = time.monotonic()
    say("Content", "loading")
    call_command("load_content")
    say("Content", f"loaded ({time.monotonic() - started:.1f} s)")


def make_staff() -> None:
    """Make the login that the last line tells."""
    from django.core.management import call_command

    call_command("ensure_local_staff", verbosity=0)
    say("Login", os.environ["LOCAL_STAFF_EMAIL"])


def collect_static() -> None:
    """Collect static files, if any has changed since the last time."""
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    if settings.DEBUG:
        return
    started = time.monotonic()
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    stamp = Path(settings.VAR_DIR) / "static.stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        say("Static files", "unchanged")
        return
    say("Static files", "collecting and compressing")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest.hexdigest())
    say("Static files", f"collected ({time.monotonic() - started:.1f} s)")


STEPS = {
    "Connecting": check_servers,
    "Migrating": migrate,
    "Loading the content": load_content,
    "Making the login": make_staff,
    "Collecting static files": collect_static,
}

if __name__ == "__main__":
    sys.exit(main())
