"""Child processes that start, are watched, and stop together.

Everything here runs in one thread: a child is told of its parent's death by the kernel, which takes
the *thread* that started it for the parent.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from icrtop.local.output import Failure

PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# How long a child may take to stop before it is killed: longer than a worker's stretch of sending.
GRACE_SECONDS = 30.0
SAME_WISH_SECONDS = 1.0
POLL_SECONDS = 0.03
LONGEST_SLEEP_SECONDS = 0.5
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Interrupted(Exception):
    """The user, or the system, asked us to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@dataclass(frozen=True)
class Account:
    """The system user that a child runs as."""

    uid: int
    gid: int


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path | None
    stop_with: signal.Signals
    serves_others: bool

    @property
    def running(self) -> bool:
        return self.process.poll() is None


def die_with_parent(number: int, parent: int) -> None:
    """Have the kernel send us a signal when our parent dies (Linux; elsewhere nothing)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # It died before we asked.
            os.kill(os.getpid(), number)


class Supervisor:
    """Starts children, each in a session of its own, and stops them, last started first.

    Use as a context manager: whatever happens inside, nothing is left running. Besides signals,
    `interrupted` may say that we are to stop.
    """

    def __init__(self, log_dir: Path, interrupted: Callable[[], bool] = lambda: False) -> None:
        self.log_dir = log_dir
        self.interrupted = interrupted
        self.children: list[Child] = []
        self._asked_to_stop: list[int] = []
        self._last_asked = float("-inf")

    def __enter__(self) -> "Supervisor":
        self._wake_read, self._wake_write = os.pipe()
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP_SIGNALS:
            # Under nohup a closed terminal stops nothing.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_stop)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def _on_stop(self, number: int, _frame: FrameType | None) -> None:
        # The terminal and `make` may both pass on one wish.
        if time.monotonic() - self._last_asked > SAME_WISH_SECONDS:
            self._asked_to_stop.append(number)
        self._last_asked = time.monotonic()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        account: Account | None = None,
        serves_others: bool = False,
        stop_with: signal.Signals = signal.SIGTERM,
        orphaned: signal.Signals | None = None,
        cwd: Path | None = None,
        log: bool = True,
        pass_fds: Sequence[int] = (),
    ) -> Child:
        """Start a child; its output goes to a log file of its name, or with log=False to ours.

        What serves others stops after all that do not. stop_with ends a child in peace; orphaned
        (the same unless given) is what it gets when we are killed. Raises Failure if it cannot be
        started.
        """
        self.raise_if_interrupted()
        parent = os.getpid()
        number = orphaned or stop_with
        options: dict[str, Any] = {}
        if account is not None:
            options = {"user": account.uid, "group": account.gid, "extra_groups": []}
        path = self.log_dir / f"{name.lower().replace(' ', '-')}.log" if log else None
        output: BinaryIO | None = _new_log(path) if path else None
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL if log else None,
                stdout=output,
                stderr=subprocess.STDOUT if log else None,
                start_new_session=True,
                pass_fds=pass_fds,
                # Runs in the child, after it has changed its user, which would undo it.
                preexec_fn=lambda: die_with_parent(number, parent),
                **options,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Failure(f"{name} cannot be started: {error}.") from error
        finally:
            if output:
                output.close()
        child = Child(name, process, path, stop_with, serves_others)
        self.children.append(child)
        return child

    def run(self, name: str, command: Sequence[str | Path], **options: Any) -> int:
        """Start a child, wait for its end, and return its exit code."""
        child = self.start(name, command, **options)
        while child.running:
            self.wait()
        self._bury(child)
        return child.process.returncode

    def wait_for(
        self, child: Child, condition: Callable[[], bool], seconds: float, doing: str = "start"
    ) -> None:
        """Wait until a condition holds. Raises Failure if the child ends first, or time is up."""
        deadline = time.monotonic() + seconds
        while not condition():
            if not child.running:
                raise Failure(f"{child.name} did not {doing} ({_end(child)}).", child.log)
            if time.monotonic() > deadline:
                raise Failure(f"{child.name} did not {doing} in {seconds:.0f} s.", child.log)
            self.wait(POLL_SECONDS)

    def watch(self) -> None:
        """Wait until we are asked to stop (Interrupted) or any child ends by itself (Failure)."""
        while True:
            for child in self.children:
                if not child.running:
                    raise Failure(f"{child.name} ended by itself ({_end(child)}).", child.log)
            self.wait()

    def wait(self, seconds: float | None = None) -> None:
        """Sleep until a signal arrives, a child ends, or time is up."""
        self.raise_if_interrupted()
        self._sleep(LONGEST_SLEEP_SECONDS if seconds is None else seconds)
        self.raise_if_interrupted()

    def raise_if_interrupted(self) -> None:
        if not self._asked_to_stop and self.interrupted():
            self._on_stop(signal.SIGINT, None)
        if self._asked_to_stop:
            raise Interrupted(self._asked_to_stop[0])

    def stop_all(self) -> None:
        """Stop every child, the last started first; another signal meanwhile kills what is left."""
        signals_before = len(self._asked_to_stop)
        latest_first = self.children[::-1]
        together = [child for child in latest_first if not child.serves_others]
        for group in (together, *([child] for child in latest_first if child.serves_others)):
            for child in group:
                _signal(child, child.stop_with)
            deadline = time.monotonic() + GRACE_SECONDS
            for child in group:
                while child.running:
                    left = deadline - time.monotonic()
                    if left <= 0 or len(self._asked_to_stop) > signals_before:
                        _signal(child, signal.SIGKILL)
                        child.process.wait()
                        break
                    self._sleep(min(left, 1.0))
                self._bury(child)

    def _bury(self, child: Child) -> None:
        """Forget a child that has ended, and end what it left of its process group."""
        self.children.remove(child)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)

    def _sleep(self, seconds: float | None) -> None:
        if self._selector.select(seconds):
            with contextlib.suppress(BlockingIOError):
                while os.read(self._wake_read, 512):
                    pass


def _signal(child: Child, number: signal.Signals) -> None:
    if child.running:
        child.process.send_signal(number)


def _end(child: Child) -> str:
    code = child.process.returncode
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _new_log(path: Path) -> BinaryIO:
    """A new, empty log; the one of the time before is kept beside it as .1."""
    try:
        if path.exists() and path.stat().st_size:
            path.replace(path.with_suffix(".log.1"))
        return path.open("wb", buffering=0)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}.") from error
