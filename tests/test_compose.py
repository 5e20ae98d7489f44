"""docker-compose.yml: valid, without default secrets, and what it starts really runs.

No container engine is needed: the commands run here, in the order, with the environment and under
the health checks that the file gives, with the test servers in the place of its own.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import psycopg
import pytest
import yaml

from icrtop.local.redis_urls import numbered

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"
DATABASE = "icrtop_compose"
WAIT_SECONDS = 90
# Stand-ins for what is in .env on a server.
DOTENV = {
    "SECRET_KEY": "compose-test-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
    "BASE_URL": "https://www.example.org",
    "ALLOWED_HOSTS": "www.example.org",
    "POSTGRES_PASSWORD": "database0password",
    "REDIS_PASSWORD": "broker0password",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "DEFAULT_FROM_EMAIL": "ICRtoP <info@example.org>",
}
VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:[-?])([^}]*))?\})")


class MissingVariableError(Exception):
    pass


def interpolated(text: str, variables: dict[str, str]) -> str:
    """Replace ${NAME}, ${NAME:-default} and ${NAME:?complaint}, and $$ by one $."""

    def value(match: re.Match[str]) -> str:
        dollar, name, kind, rest = match.groups()
        if dollar:
            return "$"
        if variables.get(name):
            return variables[name]
        if kind == ":-":
            return rest
        raise MissingVariableError(name)

    return VARIABLE.sub(value, text)


def load(variables: dict[str, str]) -> dict:
    """The file as Compose sees it: values are interpolated, keys are not."""

    def walk(node):
        match node:
            case dict():
                return {key: walk(value) for key, value in node.items() if key != "<<"}
            case list():
                return [walk(value) for value in node]
            case str():
                return interpolated(node, variables)
        return node

    return walk(yaml.safe_load(FILE.read_text()))


@pytest.fixture(scope="module")
def compose() -> dict:
    return load(DOTENV)


def test_file_obeys_the_compose_specification():
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(yaml.safe_load(FILE.read_text()), json.loads(schema.read_text()))


@pytest.mark.parametrize("name", DOTENV)
def test_nothing_starts_without_its_own_secrets_and_names(name):
    with pytest.raises(MissingVariableError, match=name):
        load({key: value for key, value in DOTENV.items() if key != name})


def test_services_name_each_other_rightly(compose):
    database = compose["services"]["postgres"]["environment"]
    for name in ("migrate", "web", "worker", "beat"):
        env = compose["services"][name]["environment"]
        url = urlsplit(env["DATABASE_URL"])
        assert (url.hostname, url.username, url.password, url.path) == (
            "postgres",
            database["POSTGRES_USER"],
            database["POSTGRES_PASSWORD"],
            f"/{database['POSTGRES_DB']}",
        )
        broker = urlsplit(env["REDIS_URL"])
        assert (broker.hostname, broker.password) == ("redis", DOTENV["REDIS_PASSWORD"])
    assert DOTENV["REDIS_PASSWORD"] in compose["services"]["redis"]["command"]


def test_images_are_pinned_and_the_site_does_not_run_as_root(compose):
    dockerfile = (ROOT / "Dockerfile").read_text()
    images = [
        service["image"] for service in compose["services"].values() if "build" not in service
    ]
    images += re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert len(images) == 4
    for image in images:
        assert re.search(r":\d+\.\d+", image), image
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE)[-1] == "icrtop"
    assert "--require-hashes" in dockerfile


def start_order(services: dict) -> list[str]:
    """Names of the services, each after those that it depends on."""
    order: list[str] = []

    def visit(name: str) -> None:
        for needed in services[name].get("depends_on", {}):
            visit(needed)
        if name not in order:
            order.append(name)

    for name in services:
        visit(name)
    return order


class Containers:
    """Runs services as plain processes, with stand-ins for the two servers."""

    REPLACED = ("postgres", "redis")

    def __init__(self, compose: dict, folder: Path, servers: dict[str, str]) -> None:
        self.services = compose["services"]
        self.folder = folder
        self.servers = servers
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def env(self, name: str) -> dict[str, str]:
        """What the file gives, on top of what the image gives; nothing of ours."""
        image = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "VAR_DIR": str(self.folder / "var"),
        }
        given = {key: str(value) for key, value in self.services[name]["environment"].items()}
        assert all(key in given for key in self.servers)
        return image | given | self.servers

    def command(self, words: list[str]) -> list[str]:
        """A command of the file, on a port that is free here."""
        match words:
            case ["CMD", *rest]:
                words = rest
            case ["CMD-SHELL", line]:
                # The image's VAR_DIR is below its working directory.
                words = ["sh", "-c", line.replace("find var", 'find "$VAR_DIR"')]
        return [word.replace(":8000", f":{self.port}") for word in words]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                self.command(self.services[name]["command"]),
                cwd=ROOT,
                env=self.env(name),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, name: str, condition: str) -> None:
        """Wait for what `depends_on` may ask of a service."""
        if name in self.REPLACED:
            return
        if condition == "service_completed_successfully":
            assert self.running[name].wait(WAIT_SECONDS) == 0, self.log(name)
        else:
            self.until(name, lambda: self.is_healthy(name))

    def until(self, name: str, holds) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert self.running[name].poll() is None, f"{name} ended:\n{self.log(name)}"
            assert time.monotonic() < deadline, f"{name} was not ready:\n{self.log(name)}"
            time.sleep(0.1)

    def is_healthy(self, name: str) -> bool:
        test = self.services[name]["healthcheck"]["test"]
        done = subprocess.run(
            self.command(test), cwd=ROOT, env=self.env(name), capture_output=True, timeout=60
        )
        return done.returncode == 0

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        for process in self.running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """A new database, and another numbered one for the broker, on the servers of the tests."""
    database = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(database._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
        yield {
            "DATABASE_URL": database._replace(path=f"/{DATABASE}").geturl(),
            "REDIS_URL": numbered(os.environ["REDIS_URL"], 9),
        }
        server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.mark.faults
def test_every_service_runs_with_what_the_file_gives(compose, servers, tmp_path):
    containers = Containers(compose, tmp_path, servers)
    (tmp_path / "var").mkdir()
    services = compose["services"]
    try:
        for name in start_order(services):
            for needed, how in services[name].get("depends_on", {}).items():
                containers.wait(needed, how["condition"])
            if name not in containers.REPLACED:
                containers.start(name)
        # Asking costs a worker's start each time.
        containers.until("worker", lambda: " ready." in containers.log("worker"))
        for name in ("web", "worker", "beat"):
            containers.wait(name, "service_healthy")
        # What the clock sends, the worker does.
        containers.until("beat", lambda: "Sending due task" in containers.log("beat"))
        containers.until("worker", lambda: " succeeded in " in containers.log("worker"))
        # Who comes without TLS is sent to where it is.
        plain = http.client.HTTPConnection("127.0.0.1", containers.port, timeout=10)
        plain.request("GET", "/", headers={"Host": "www.example.org"})
        answer = plain.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, "https://www.example.org/")
        plain.close()
    finally:
        containers.stop()
    for name in ("web", "worker", "beat"):
        assert containers.running[name].returncode in (0, -signal.SIGTERM), containers.log(name)


def test_what_applicants_send_outlives_the_containers_and_is_the_same_for_all(compose):
    folder = "/srv/icrtop/var/private"
    for name in ("web", "worker"):
        assert f"private:{folder}" in compose["services"][name]["volumes"]
    assert "private" in compose["volumes"]
    # Made in the image, so that the volume belongs to whom the site runs as.
    assert f"--mode 700 {folder}" in (ROOT / "Dockerfile").read_text()
