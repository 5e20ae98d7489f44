"""`make bench-…`: a benchmark on a PostgreSQL and a Valkey of its own, as durable as a server's."""

import os
import signal
import sys

from icrtop.local import folders
from icrtop.local.output import say
from icrtop.local.parent import follow_make
from icrtop.local.postgres import Postgres
from icrtop.local.supervisor import Supervisor
from icrtop.local.valkey import start_valkey


def run(arguments: list[str]) -> int:
    """Run bench/<first argument>.py with the other arguments and return its exit code."""
    name, *rest = arguments
    var = folders.make_folder(folders.var_folder() / "bench")
    folders.make_folder(var / "static")
    logs = folders.make_folder(var / "log")
    with folders.lock(var), Supervisor(logs, follow_make()) as supervisor:
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "icrtop.settings.test",
            "VAR_DIR": str(var),
            "DATABASE_URL": Postgres(supervisor, var).start(),
            "REDIS_URL": start_valkey(supervisor, var),
        }
        say("Benchmark", name)
        return supervisor.run(
            "benchmark",
            [sys.executable, folders.CHECKOUT / "bench" / f"{name}.py", *rest],
            env=env,
            cwd=folders.CHECKOUT,
            stop_with=signal.SIGINT,
            log=False,
        )
