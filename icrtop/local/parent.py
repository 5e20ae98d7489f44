"""What `make` does not tell us: that it was killed, or alone interrupted."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from icrtop.local.supervisor import die_with_parent


def follow_make() -> Callable[[], bool]:
    """Be stopped when the `make` that started us is killed; return whether it was interrupted.

    A terminal interrupts us as well as make. Who interrupts make alone, as a program that started
    it may, has it wait for us without a word: all that can be seen is that it handles the signal.
    """
    parent = os.getppid()
    if "MAKELEVEL" not in os.environ or not _name(parent).endswith("make"):
        return lambda: False
    die_with_parent(signal.SIGTERM, parent)
    caught = _caught(parent)  # Not those that it was started to ignore, as under nohup.
    return lambda: _caught(parent) != caught


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:  # Not on Linux.
        return ""


def _caught(process: int) -> int:
    """Which of SIGINT and SIGHUP a process has a handler for: make drops it when it runs."""
    wanted = 1 << (signal.SIGINT - 1) | 1 << (signal.SIGHUP - 1)
    try:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            name, _, mask = line.partition(":")
            if name == "SigCgt":
                return int(mask, 16) & wanted
    except OSError:  # It is gone, which is told otherwise.
        pass
    return wanted
