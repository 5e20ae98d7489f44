"""`make test`: pytest on a PostgreSQL and a Valkey of its own, which keep nothing dear."""

import os
import platform
import signal
import sys

from icrtop.local import folders
from icrtop.local.browser import find_browser
from icrtop.local.output import say
from icrtop.local.parent import follow_make
from icrtop.local.postgres import Postgres
from icrtop.local.supervisor import Supervisor
from icrtop.local.valkey import start_valkey

# These start processes, listen on ports, or measure how others wait: they run one after another.
ALONE = ("tests/browser", "tests/faults", "tests/local", "tests/test_compose.py")
SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4", *(f"--ignore={path}" for path in ALONE))


def run(arguments: list[str]) -> int:
    """Run pytest with these arguments and return its exit code.

    Without any the whole suite is run: what can be side by side first, then the rest.
    """
    say("Environment", f"Python {platform.python_version()} in .venv")
    var = folders.make_folder(folders.var_folder() / "test")
    folders.make_folder(var / "static")  # Whitenoise complains of a folder that is not there.
    logs = folders.make_folder(var / "log")
    with folders.lock(var), Supervisor(logs, follow_make()) as supervisor:
        browser = find_browser(supervisor)
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "icrtop.settings.test",
            "VAR_DIR": str(var),
            "CHROMIUM": browser or "",
        }
        # What may be set for a site that somebody works on is not for the tests.
        for name in ("BASE_URL", "SECRET_KEY", "SMTP_URL", "DEBUG", "ALLOWED_HOSTS"):
            env.pop(name, None)
        if "DATABASE_URL" not in env:
            env["DATABASE_URL"] = Postgres(supervisor, var, throwaway=True).start()
            say("PostgreSQL", "answers")
        if "REDIS_URL" not in env:
            env["REDIS_URL"] = start_valkey(supervisor, var)
            say("Valkey", "answers")
        codes = []
        for each in [arguments] if arguments else [SIDE_BY_SIDE, ALONE]:
            say("Tests", " ".join(["pytest", *each]))
            code = supervisor.run(
                "pytest",
                [sys.executable, "-m", "pytest", *each],
                env=env,
                cwd=folders.CHECKOUT,
                stop_with=signal.SIGINT,
                log=False,
            )
            codes.append(code)
        return max(codes, key=abs)
