"""Real workers and real clocks, each a group of processes that can be killed, frozen and asked."""

import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import count

from django.conf import settings

from icrtop.local.supervisor import Child
from icrtop.mail import nudging
from tests.faults.servers import Servers
from tests.mail.sink import Sink

PATIENCE_SECONDS = 90
POLL_SECONDS = 0.05


def wait_until(condition: Callable[[], object], why: str, every: float = POLL_SECONDS) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited in vain: {why}")
        time.sleep(every)


class Process:
    """One `celery` command and all that it has started."""

    def __init__(self, child: Child, loads: str = "") -> None:
        self.popen = child.process
        self.log = child.log
        self.loads = loads

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    def wait_until_it_says(self, words: str) -> None:
        def said() -> bool:
            if not self.running:
                raise AssertionError(f"It ended:\n{self.log.read_text()}")
            return words in self.log.read_text()

        wait_until(said, f"{self.log.name} never says {words!r}")

    def wait_until_idle(self) -> None:
        """Wait until it has done every task that it has received."""

        def is_idle() -> bool:
            log = self.log.read_text()
            return log.count("] received") == log.count("] succeeded") + log.count("] raised")

        wait_until(is_idle, f"{self.log.name} is still at work")

    def kill(self) -> None:
        """Kill it and what it has started, so that none of them can do anything more."""
        self.signal_all(signal.SIGKILL)
        self.popen.wait(PATIENCE_SECONDS)

    def freeze(self) -> None:
        self.signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal_all(signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """As an operator does: the first process alone is told."""
        self.popen.send_signal(signal.SIGTERM)

    def wait_for_its_end(self) -> int:
        return self.popen.wait(PATIENCE_SECONDS)

    def signal_all(self, number: signal.Signals) -> None:
        if self.running:
            os.killpg(self.popen.pid, number)


class Staff:
    """The workers and clocks of these tests.

    A worker that a test leaves in peace is there for the next one, as starting one takes seconds.
    """

    def __init__(self, servers: Servers, sink: Sink) -> None:
        self.servers = servers
        self.sink = sink
        self.number = count(1)
        self.everybody: list[Process] = []
        self.idle: Process | None = None

    def worker(self, loads: str = "") -> Process:
        """A worker as in production, or one that also loads a module of ours: kept, or new."""
        if self.idle is None or self.idle.loads != loads or not self.idle.running:
            return self.new_worker(loads=loads)
        worker, self.idle = self.idle, None
        return worker

    def new_worker(
        self, *, pool: str = "prefork", loads: str = "", env: dict[str, str] | None = None
    ) -> Process:
        """A worker beside those that a test has already."""
        if self.idle:
            # It would do the work of this one.
            self.idle.kill()
            self.idle = None
        number = next(self.number)
        arguments = [
            *("worker", f"--pool={pool}", "--concurrency=2", "--loglevel=INFO"),
            *(f"--hostname=w{number}@%h", "--without-gossip", "--without-mingle"),
            *([f"--include={loads}"] if loads else []),
        ]
        worker = self._start(f"worker-{number}", arguments, env, loads)
        worker.wait_until_it_says(" ready.")
        return worker

    def new_beat(self) -> Process:
        number = next(self.number)
        schedule = self.servers.var / f"schedule-{number}"
        arguments = ["beat", "--loglevel=INFO", "--pidfile=", f"--schedule={schedule}"]
        beat = self._start(f"beat-{number}", arguments)
        beat.wait_until_it_says("beat: Starting...")
        return beat

    def keep(self, worker: Process) -> None:
        """Let this one serve the next test, as soon as it has nothing left to do."""
        nudging.app.control.purge()
        worker.wait_until_idle()
        self.idle = worker

    def send_home(self) -> None:
        """End everybody but who is kept, and show what they have said."""
        for process in self.everybody:
            if process is not self.idle:
                process.thaw()
                process.kill()
            sys.stdout.write(f"--- {process.log.name}\n{process.log.read_text()[-8000:]}\n")
        self.everybody = [self.idle] if self.idle else []

    def _start(
        self, name: str, arguments: list[str], env: dict[str, str] | None = None, loads: str = ""
    ) -> Process:
        child = self.servers.children.start(
            name,
            [sys.executable, "-m", "celery", "-A", "icrtop", *arguments],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
                "DATABASE_URL": self.servers.database_url,
                "REDIS_URL": self.servers.redis_url,
                "SMTP_URL": self.sink.url,
                "VAR_DIR": str(self.servers.var),
            }
            | (env or {}),
            orphaned=signal.SIGKILL,
        )
        process = Process(child, loads)
        self.everybody.append(process)
        return process
