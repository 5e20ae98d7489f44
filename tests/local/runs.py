"""Starting the launcher in a process of its own, and seeing what it leaves."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from icrtop.local.folders import outside_folder

ROOT = Path(__file__).resolve().parent.parent.parent
QUICK_SITE = Path(__file__).with_name("quick_site.py")
READY = re.compile(r"Ready: http://([^/:]+):(\d+)/ +admin \S+ +login (\S+) / (\S+)")
WAIT_SECONDS = 120


def environment(var: Path, **more: str) -> dict[str, str]:
    """What the launcher finds in a newcomer's shell, with local data in a folder of the test."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"VAR_DIR": str(var), "PORT": "0", "PYTHONPATH": str(ROOT)} | more


def launch(*command: str, var: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the launcher to its end."""
    return subprocess.run(
        [sys.executable, "-m", "icrtop.local", *command],
        cwd=ROOT,
        env=environment(var, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )


class Run:
    """A running site; `port` is where it answers, `said` what it has printed."""

    def __init__(self, var: Path, *what: str, **more: str) -> None:
        self.var = var
        self.process = subprocess.Popen(
            [sys.executable, str(QUICK_SITE), *what],
            cwd=ROOT,
            env=environment(var, **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if ready := READY.search(line):
                self.host, self.port, self.email, self.password = ready.groups()
                return
        raise AssertionError(f"not ready:\n{self.said}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.said += self.process.communicate(timeout=WAIT_SECONDS)[0]
        return self.process.returncode


def left_running(var: Path) -> list[psutil.Process]:
    """The processes that belong to local data in a folder."""
    places = (str(var), str(outside_folder(var)))
    return [process for process in psutil.process_iter() if _belongs(process, places)]


def _belongs(process: psutil.Process, places: tuple[str, str]) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        known = [process.cwd(), *process.cmdline(), process.environ().get("VAR_DIR", "")]
    except psutil.Error:
        return False
    return process.status() != psutil.STATUS_ZOMBIE and any(
        place in text for place in places for text in known
    )


def wait_until_none_is_left(var: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while left := left_running(var):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
