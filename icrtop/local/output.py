"""What the person at the terminal reads."""

from pathlib import Path


class Failure(Exception):
    """Something that the user must know and can act on, in one line; a log may say more."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log


def say(step: str, text: str) -> None:
    """Print one line of progress."""
    print(f"  {step:<12} {text}", flush=True)


def report(failure: Failure) -> None:
    """Print why we stop: one line, then the end of the log that explains it."""
    print(f"Stopped: {failure}", flush=True)
    if failure.log is None:
        return
    lines = last_lines(failure.log)
    print(f"  The end of {failure.log}:" if lines else f"  {failure.log} is empty.")
    for line in lines:
        print(f"    {line}")
    print(end="", flush=True)


def last_lines(log: Path, count: int = 12) -> list[str]:
    """The last lines of a log file, none if there is no such file."""
    try:
        return log.read_text(errors="replace").rstrip().splitlines()[-count:]
    except OSError:
        return []
