"""`make reset`: delete the local data, so that the next start is a first one."""

import os
import sys
from pathlib import Path

from icrtop.local import folders
from icrtop.local.output import Failure, say
from icrtop.local.site import ENVIRONMENT_FILE

DATA = (
    *(
        "postgres",
        "mail",
        "media",
        "static",
        "log",
        "test",
        "bench",
        "static.stamp",
        "celerybeat-schedule",
    ),
    *("secret-key", "staff-password", ENVIRONMENT_FILE),
)


def run(_arguments: list[str]) -> int:
    """Ask, then delete. Raises Failure while something runs on the data."""
    var = folders.var_folder()
    if not var.exists():
        say("Nothing", f"there is no {var}")
        return 0
    with folders.lock(var), folders.lock(var / "test"):
        if os.environ.get("FORCE") != "1" and not _agreed(var):
            print("Nothing was deleted.")
            return 1
        try:
            for path in _all_data(var):
                folders.remove(path)
        except OSError as error:
            raise Failure(f"{error.filename} cannot be deleted: {error.strerror}.") from error
        (var / "lock").unlink()
    if not any(var.iterdir()):
        var.rmdir()
    say("Deleted", f"the local data in {var}; .venv stays")
    return 0


def _agreed(var: Path) -> bool:
    if not sys.stdin.isatty():
        raise Failure("Nobody to ask. To delete without asking: make reset FORCE=1")
    answer = input(f"Delete the database, letters and media in {var}? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _all_data(var: Path) -> list[Path]:
    paths = [var / name for name in DATA]
    for folder in (var, var / "test"):
        # Each server's folder of sockets may be elsewhere, see folders.socket_folder.
        paths += [folders.socket_folder(folder, folder, name) for name in ("postgres", "valkey")]
        if os.geteuid() == 0:
            paths.append(folders.outside_folder(folder))
    paths += var.glob("celerybeat-schedule*")
    # The lock of the tests is in a folder that goes: last, so that it is held until then.
    return sorted(paths, key=lambda path: path == var / "test")
