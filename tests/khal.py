"""khal, a calendar program that people use, as one reader has it set up."""

import subprocess
import sys
from datetime import date
from pathlib import Path

CONFIG = """
[calendars]
[[coalition]]
path = {calendar}
type = calendar
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[default]
default_calendar = coalition
"""


class Khal:
    """A reader's calendar, empty at first."""

    def __init__(self, folder: Path, zone: str) -> None:
        self.folder = folder
        self.calendar = folder / "calendar"
        self.calendar.mkdir(parents=True)
        self.config = folder / "config"
        self.config.write_text(CONFIG.format(folder=folder, calendar=self.calendar, zone=zone))

    def subscribe(self, feed: bytes) -> None:
        """Take in what a feed says now; what it no longer has goes."""
        for old in self.calendar.iterdir():
            old.unlink()
        copy = self.folder / "feed.ics"
        copy.write_bytes(feed)
        self._run("import", "--batch", "--include-calendar", "coalition", str(copy))

    def agenda(self, day: date) -> str:
        """What the reader sees of a day, a line for each event: `11:00-13:00 Training`."""
        return self._run("list", "--format", "{start-end-time-style} {title}", f"{day}", "1d")

    def _run(self, command: str, *arguments: str) -> str:
        program = Path(sys.executable).parent / "khal"
        done = subprocess.run(
            [program, "-c", self.config, command, *arguments],
            capture_output=True,
            text=True,
            env={"HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
