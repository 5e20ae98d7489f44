"""`make run` and `make dev`: the whole site on this machine, from its database to its letters."""

import hashlib
import json
import os
import platform
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from icrtop.local import folders
from icrtop.local.addresses import Address, free_loopback_socket, listen_address
from icrtop.local.output import Failure, say
from icrtop.local.parent import follow_make
from icrtop.local.postgres import Postgres
from icrtop.local.probes import mail_server_greets, site_is_healthy, worker_answers
from icrtop.local.supervisor import Child, Interrupted, Supervisor
from icrtop.local.valkey import start_valkey

STAFF_EMAIL = "staff@example.org"
# For a site that only this machine reaches; any other gets one that nobody can guess.
LOCAL_PASSWORD = "icrtop-local"  # noqa: S105
START_SECONDS = 90
ENVIRONMENT_FILE = "environment.json"
ENVIRONMENT = (
    *("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "VAR_DIR"),
    *("BASE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG"),
)


def run(*, debug: bool = False) -> None:
    """Start the site, say that it is ready, and keep it running until we are asked to stop."""
    say("Environment", f"Python {platform.python_version()} in .venv")
    var = folders.make_folder(folders.var_folder())
    logs = folders.make_folder(var / "log")
    with folders.lock(var), Supervisor(logs, follow_make()) as supervisor:
        address = listen_address()
        site = Site(supervisor, var, address, debug=debug)
        try:
            site.start()
            try:
                supervisor.watch()
            except Interrupted:  # The way to stop a site that runs.
                supervisor.stop_all()
                print("Stopped.", flush=True)
        finally:
            (var / ENVIRONMENT_FILE).unlink(missing_ok=True)


class Site:
    """The processes of one local site, and the environment that they share."""

    def __init__(self, supervisor: Supervisor, var: Path, address: Address, *, debug: bool) -> None:
        self.supervisor = supervisor
        self.var = var
        self.address = address
        self.debug = debug
        self.own_database = not os.environ.get("DATABASE_URL")
        # Says for what the database was prepared.
        self.prepared: Path | None = None
        self.worker_name = f"local-{os.getpid()}@{socket.gethostname()}"
        self.env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "icrtop.settings.development",
            "DEBUG": str(int(debug)),
            "VAR_DIR": str(var),
            "SECRET_KEY": folders.keep_secret(var / "secret-key", 48),
            "LOCAL_STAFF_EMAIL": STAFF_EMAIL,
            "LOCAL_STAFF_PASSWORD": self._password(),
        }
        self.env.setdefault("BASE_URL", address.url)
        self.env.setdefault("ALLOWED_HOSTS", ",".join(self._hosts()))

    def _password(self) -> str:
        if self.address.only_local and self.own_database:
            return LOCAL_PASSWORD
        return folders.keep_secret(self.var / "staff-password", 12)

    def _hosts(self) -> list[str]:
        hosts = ["localhost", ".localhost", "127.0.0.1", "[::1]", self.address.name]
        if base := urlsplit(self.env["BASE_URL"]).hostname:
            hosts.append(base)
        # Only who listens to the whole world cannot know by what names it is called.
        return ["*"] if self.address.bound_ip.is_unspecified else hosts

    def start(self) -> None:
        """Start everything in order; return when the site answers."""
        sink = None if os.environ.get("SMTP_URL") else self._start_sink()
        self._start_servers()
        self._await_mail(sink)
        # With nothing to prepare the site may start at once, while that is made sure of.
        fingerprint = _fingerprint()
        if self.prepared and self.prepared.exists() and self.prepared.read_text() == fingerprint:
            processes = self._start_processes()
            self._prepare()
        else:
            self._prepare()
            processes = self._start_processes()
        self._await_processes(*processes)
        if self.prepared:
            self.prepared.write_text(fingerprint)
        kept = {name: self.env[name] for name in ENVIRONMENT}
        folders.write_private(self.var / ENVIRONMENT_FILE, json.dumps(kept))
        base = self.env["BASE_URL"]
        print(
            f"Ready: {base}/  admin {base}/admin/  "
            f"login {STAFF_EMAIL} / {self.env['LOCAL_STAFF_PASSWORD']}",
            flush=True,
        )

    def _start_servers(self) -> None:
        if self.own_database:
            started = time.monotonic()
            postgres = Postgres(self.supervisor, self.var)
            self.env["DATABASE_URL"] = postgres.start()
            self.prepared = postgres.home / "prepared"
            say("PostgreSQL", f"answers ({_seconds_since(started)})")
        else:
            say("PostgreSQL", "the one that DATABASE_URL names")
        if not os.environ.get("REDIS_URL"):
            started = time.monotonic()
            self.env["REDIS_URL"] = start_valkey(self.supervisor, self.var)
            say("Valkey", f"answers ({_seconds_since(started)})")
        else:
            say("Redis", "the one that REDIS_URL names")

    def _start_sink(self) -> Child:
        folder = folders.make_folder(self.var / "mail", 0o700)
        with free_loopback_socket() as listener:
            self.mail_port = listener.getsockname()[1]
            self.env["SMTP_URL"] = f"smtp://127.0.0.1:{self.mail_port}"
            fd = listener.fileno()
            return self.supervisor.start(
                "Mail sink",
                [sys.executable, "-m", "icrtop.local.sink", folder, str(fd)],
                env=self.env,
                cwd=folders.CHECKOUT,
                serves_others=True,
                pass_fds=[fd],
            )

    def _await_mail(self, sink: Child | None) -> None:
        if sink is None:
            say("Mail", "sent by the server that SMTP_URL names")
            return
        self.supervisor.wait_for(sink, lambda: mail_server_greets(self.mail_port), 20)
        say("Mail", f"caught, to be read at {self.env['BASE_URL']}/dev/mail/")

    def _prepare(self) -> None:
        """Migrate, load the content, and so on; that process prints its own lines."""
        command = [sys.executable, "-m", "icrtop.local.prepare"]
        code = self.supervisor.run(
            "Preparation", command, env=self.env, cwd=folders.CHECKOUT, log=False
        )
        if code < 0:
            raise Failure(f"Preparation was killed by {signal.Signals(-code).name}.")
        if code:
            raise SystemExit(1)

    def _start_processes(self) -> tuple[Child, Child, Child]:
        self.processes_started = time.monotonic()
        web = self._runserver() if self.debug else self._gunicorn()
        worker = self._celery(
            "Celery worker",
            *("worker", "--concurrency", "2", "--hostname", self.worker_name),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )
        return web, worker, self._celery("Celery beat", "beat", "--pidfile", "")

    def _await_processes(self, web: Child, worker: Child, beat: Child) -> None:
        def is_healthy() -> bool:
            return site_is_healthy(self.address.check_at)

        def worker_is_there() -> bool:
            return worker_answers(self.env["REDIS_URL"], self.worker_name)

        self.supervisor.wait_for(web, is_healthy, START_SECONDS)
        server = "runserver, reloading" if self.debug else "gunicorn, 2 workers"
        say("Web", f"{server} ({_seconds_since(self.processes_started)})")
        self.supervisor.wait_for(worker, worker_is_there, START_SECONDS)
        self.supervisor.wait_for(beat, lambda: beat.running, 1)
        say("Celery", f"worker and beat ({_seconds_since(self.processes_started)})")
        if self.debug:
            say("Note", "changed tasks need a restart; pages and views do not")

    def _gunicorn(self) -> Child:
        fd = self.address.listener.fileno()
        child = self.supervisor.start(
            "gunicorn",
            [
                *(sys.executable, "-m", "gunicorn", "icrtop.wsgi", "--bind", f"fd://{fd}"),
                *("--preload", "--workers", "2", "--threads", "4", "--timeout", "60"),
                *("--graceful-timeout", "5", "--access-logfile", "-"),
                # However long an address is, the site answers it. A proxy would have limits.
                *("--limit-request-line", "0"),
            ],
            env=self.env,
            cwd=folders.CHECKOUT,
            orphaned=signal.SIGQUIT,
            pass_fds=[fd],
        )
        self.address.listener.detach()
        os.close(fd)
        return child

    def _runserver(self) -> Child:
        """Django's own server, which binds the address itself."""
        host, port = self.address.check_at[0], self.address.port
        if self.address.bound_ip.is_unspecified:
            host = str(self.address.bound_ip)
        self.address.listener.close()
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return self.supervisor.start(
            "runserver",
            [
                *(sys.executable, "manage.py", "runserver", where),
                *(["--ipv6"] if ":" in host else []),
            ],
            env=self.env,
            cwd=folders.CHECKOUT,
        )

    def _celery(self, name: str, *arguments: str) -> Child:
        return self.supervisor.start(
            name,
            [sys.executable, "-m", "celery", "-A", "icrtop", *arguments, "--loglevel", "INFO"],
            # The web server checks the same code at the same time.
            env=self.env | {"CELERY_SKIP_CHECKS": "1"},
            cwd=folders.CHECKOUT,
            # A worker that is left alone has no database and no broker to finish anything with.
            orphaned=signal.SIGQUIT if "worker" in arguments else signal.SIGTERM,
        )


def manage(arguments: list[str]) -> None:
    """Become `manage.py` with the environment of the running site."""
    path = folders.var_folder() / ENVIRONMENT_FILE
    try:
        env = json.loads(path.read_text())
    except FileNotFoundError:
        raise Failure("The site is not running. Start it first: make run") from None
    os.chdir(folders.CHECKOUT)
    os.environ.update(env)
    os.execv(sys.executable, [sys.executable, "manage.py", *arguments])  # noqa: S606


def _fingerprint() -> str:
    """What must be as it was the last time for preparation to have nothing to do."""
    files = [
        *folders.CHECKOUT.glob("[a-z]*/**/migrations/*.py"),
        *folders.CHECKOUT.glob("static/**/*"),
    ]
    files.append(folders.CHECKOUT / "requirements-dev.txt")
    digest = hashlib.sha256()
    for path in sorted(files):
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _seconds_since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"
