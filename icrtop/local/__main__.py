"""`python -m icrtop.local COMMAND`, which the Makefile runs."""

import importlib
import sys

from icrtop.local.output import Failure, report
from icrtop.local.supervisor import Interrupted


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    command, *rest = arguments or [""]
    try:
        match command:
            case "run" | "dev":
                from icrtop.local.site import run

                run(debug=command == "dev")
            case "manage":
                from icrtop.local.site import manage

                manage(rest)
            case "test" | "lint" | "lock" | "reset" | "bench":
                return int(importlib.import_module(f"icrtop.local.{command}").run(rest))
            case _:
                print("One of: run, dev, test, lint, lock, manage, reset, bench", file=sys.stderr)
                return 2
    except Failure as failure:
        report(failure)
        return 1
    except OSError as error:  # A full disk, say.
        report(Failure(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")))
        return 1
    except Interrupted as interrupted:
        print("Stopped.", flush=True)
        return interrupted.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
